package program_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

func onLadder(gold money.Minor) *program.Program {
	return &program.Program{Zone: time.UTC, Ladder: &ladder.Ladder{
		Tiers: []ladder.Tier{{Name: "bronze"}, {Name: "gold", Reach: gold}}, WindowMonths: 12,
	}}
}

func TestPassesFallUnderTheRevisionOfTheirDay(t *testing.T) {
	low, high, none := onLadder(100), onLadder(1000), &program.Program{Zone: time.UTC}
	held := ladder.State{Tier: "gold", Days: []ladder.Spend{{Day: calendar.Date(2025, 1, 20), Amount: 700}}}
	june := time.Date(2025, 6, 15, 9, 0, 0, 0, time.UTC)
	granted := ladder.State{Tier: "gold", Below: "bronze", Grants: []ladder.Grant{
		{ID: "g", Tier: "gold", From: calendar.Date(2025, 1, 20), Until: calendar.Date(2025, 3, 10)},
	}}
	for _, c := range []struct {
		name     string
		schedule program.Schedule
		state    ladder.State
		want     string
	}{
		{"one revision", program.Schedule{{Revision: 1, Program: low}}, held, "2026-02-01"},
		{"a steeper one in June", program.Schedule{{Revision: 1, Program: low}, {Revision: 2, Effective: june, Program: high}}, held, "2025-07-01"},
		{"none before June", program.Schedule{{Revision: 1, Program: none}, {Revision: 2, Effective: june, Program: low}}, held, "2026-02-01"},
		{"none from June", program.Schedule{{Revision: 1, Program: low}, {Revision: 2, Effective: june, Program: none}}, held, ""},
		{"no revision", nil, held, ""},
		{"a grant", program.Schedule{{Revision: 1, Program: low}}, granted, "2025-03-10"},
		{"a grant that was over while there was no ladder", program.Schedule{{Revision: 1, Program: none}, {Revision: 2, Effective: june, Program: low}}, granted, "2025-06-16"},
	} {
		t.Run(c.name, func(t *testing.T) {
			day, ok := c.schedule.NextPass(c.state, calendar.Date(2025, 1, 25))
			require.Equal(t, c.want != "", ok)
			require.Equal(t, c.want, day.String())
			drop, drops := c.schedule.NextDrop(c.state, calendar.Date(2025, 1, 25))
			require.Equal(t, ok, drops, "here each pass is a drop")
			if drops {
				require.Equal(t, c.want+" gold bronze", drop.On.String()+" "+drop.From+" "+drop.To)
			}
		})
	}
}
