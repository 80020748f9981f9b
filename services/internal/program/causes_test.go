package program

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

func TestACauseIsFoundByItsID(t *testing.T) {
	p := mustParse(t, "causes: {water: {}, trees: {name: Trees for the Valley}}")
	c, ok := p.Cause("trees")
	require.True(t, ok)
	require.Equal(t, &Cause{ID: "trees", Name: "Trees for the Valley"}, c)
	c, ok = p.Cause("water")
	require.True(t, ok)
	require.Equal(t, "water", c.Name)
	_, ok = p.Cause("whales")
	require.False(t, ok)
}

func TestAMatchIsAShareUpToItsCapOnItsDays(t *testing.T) {
	m := mustParse(t, "causes: {trees: {match: {share: 0.5, cap: 100, from: 2026-03-01, until: 2026-04-01}}}").Causes[0].Match
	for given, want := range map[int64]int64{0: 0, 1: 0, 3: 1, 199: 99, 200: 100, 201: 100, 1 << 62: 100} {
		require.Equal(t, want, m.Of(big.NewInt(given)).Int64(), "of %d", given)
	}
	for day, want := range map[calendar.Day]bool{
		calendar.Date(2026, 2, 28): false, calendar.Date(2026, 3, 1): true, calendar.Date(2026, 3, 31): true, calendar.Date(2026, 4, 1): false,
	} {
		require.Equal(t, want, m.On(day), "%s", day)
	}
}

func TestFaultsOfCauses(t *testing.T) {
	var many []string
	for n := range causesMax + 1 {
		many = append(many, fmt.Sprintf("c%d: {}", n))
	}
	for _, c := range []struct{ name, text, want string }{
		{"an id that is no word", "causes: {The Trees: {}}", `"The Trees" is not a cause's id`},
		{"an id of a partner", "partners: {air: {roles: [issue], category: airline}}\ncauses: {air: {}}", "causes.air: is called as a partner is"},
		{"the operator", "causes: {operator: {}}", "causes.operator: is called as a partner is"},
		{"too many", "causes: {" + strings.Join(many, ", ") + "}", "101 causes; write at most 100"},
		{"a match without cap", "causes: {trees: {match: {share: 0.5}}}", "causes.trees.match.cap: is missing"},
		{"a match without share", "causes: {trees: {match: {cap: 5}}}", "causes.trees.match.share: is missing"},
		{"a cap of nothing", "causes: {trees: {match: {share: 0.5, cap: 0}}}", "0 is out of range; write 1 to 1000000000000"},
		{"more than is given", "causes: {trees: {match: {share: 1.5, cap: 5}}}", "causes.trees.match.share"},
		{"an end before the beginning", "causes: {trees: {match: {share: 1, cap: 5, from: 2026-04-01, until: 2026-04-01}}}", "nothing is added to before it begins on 2026-04-01"},
		{"a key that nobody knows", "causes: {trees: {nam: x}}", `did you mean "name"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, faults := parseText(whole(c.text))
			require.Len(t, faults, 1, "%v", lines(faults))
			require.Contains(t, faults[0].String(), c.want)
		})
	}
}
