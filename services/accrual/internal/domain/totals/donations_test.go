package totals_test

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/totals"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

func withCauses(t require.TestingT, causes string) *program.Program {
	text := "programme: tea\nzone: UTC\ncurrency: USD\nunit: points\nearning: {points: 1, per: 1.00}\nexpiry: {rule: never}\ncauses: " + causes + "\n"
	p, faults := program.Parse([]program.File{{Name: "tea.yaml", Content: []byte(text)}})
	require.Empty(t, faults, text)
	return p
}

func gifts(movements ...ledger.Movement) totals.Tally {
	var t totals.Tally
	t.Add(entry(movements...))
	return t
}

// TestC7WhatWasDonatedAndMatchedIsCredited: half of what is given in March is added, rounded down once, up to 100 points.
func TestC7WhatWasDonatedAndMatchedIsCredited(t *testing.T) {
	t.Parallel()
	p := withCauses(t, "{trees: {name: Trees for the Valley, match: {share: 0.5, cap: 100, from: 2026-03-01, until: 2026-04-01}}, water: {}}")
	var d totals.Donations
	told := func() []string {
		var list []string
		for _, c := range d.Causes(p) {
			require.Equal(t, c.Credited, new(big.Int).Add(c.Donated, c.Matched))
			list = append(list, fmt.Sprintf("%s (%s): %s + %s", c.Cause, c.Name, c.Donated, c.Matched))
		}
		return list
	}
	require.Equal(t, []string{"trees (Trees for the Valley): 0 + 0", "water (water): 0 + 0"}, told())
	d.Add(p, calendar.Date(2026, 2, 28), gifts(moved(ledger.MoveDonate, "cafe", "trees", 1000)))
	d.Add(p, calendar.Date(2026, 3, 1), gifts(moved(ledger.MoveDonate, "cafe", "trees", 15), moved(ledger.MoveDonate, "mill", "water", 40)))
	d.Add(p, calendar.Date(2026, 3, 31), gifts(moved(ledger.MoveDonate, "mill", "trees", 16), moved(ledger.MoveCapture, "mill", "trees", 7)))
	require.Equal(t, []string{"trees (Trees for the Valley): 1031 + 15", "water (water): 40 + 0"}, told())
	d.Add(p, calendar.Date(2026, 3, 31), gifts(moved(ledger.MoveDonate, "mill", "trees", 500)))
	d.Add(p, calendar.Date(2026, 4, 1), gifts(moved(ledger.MoveDonate, "mill", "old", 5)))
	require.Equal(t, []string{"old (old): 5 + 0", "trees (Trees for the Valley): 1531 + 100", "water (water): 40 + 0"}, told())
}

// TestAMatchIsTheSameInWhateverOrderGiftsCame: it is worked out from all of them, never above its cap.
func TestAMatchIsTheSameInWhateverOrderGiftsCame(t *testing.T) {
	t.Parallel()
	p := withCauses(t, "{trees: {match: {share: 0.25, cap: 500}}}")
	rapid.Check(t, func(t *rapid.T) {
		given := rapid.SliceOfN(rapid.Int64Range(1, 400), 0, 12).Draw(t, "given")
		var one, other totals.Donations
		sum := int64(0)
		for i, n := range given {
			sum += n
			one.Add(p, calendar.Day(i), gifts(moved(ledger.MoveDonate, "cafe", "trees", money.Points(n))))
		}
		for i := len(given) - 1; i >= 0; i-- {
			other.Add(p, calendar.Day(i%2), gifts(moved(ledger.MoveDonate, "mill", "trees", money.Points(given[i]))))
		}
		c := one.Causes(p)[0]
		require.Equal(t, c, other.Causes(p)[0])
		require.Equal(t, sum, c.Donated.Int64())
		require.Equal(t, min(sum/4, 500), c.Matched.Int64())
		require.Equal(t, sum+min(sum/4, 500), c.Credited.Int64())
	})
}
