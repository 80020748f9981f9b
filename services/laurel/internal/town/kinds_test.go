package town_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/town"
)

// TestKindsAreWhatTheyAreSaidToBe counts each kind again from the orders, and that who is former buys no more.
func TestKindsAreWhatTheyAreSaidToBe(t *testing.T) {
	p := small(7)
	p.Members, p.Kinds = 302, true
	made := town.Make(p)
	type sum struct {
		members       map[string]bool
		orders, spent float64
	}
	sums := map[string]*sum{}
	first, last := map[string]int{}, map[string]int{}
	for _, o := range made.Orders {
		name, _, _ := strings.Cut(o.Account, "-")
		if sums[name] == nil {
			sums[name] = &sum{members: map[string]bool{}}
		}
		s := sums[name]
		s.members[o.Account], s.orders, s.spent = true, s.orders+1, s.spent+float64(o.Amount)
		if _, seen := first[o.Account]; !seen {
			first[o.Account] = int(o.Day)
		}
		last[o.Account] = int(o.Day)
	}
	truth := made.Planted(p)
	require.Len(t, truth.Kinds, 4)
	all := int64(0)
	for _, k := range truth.Kinds {
		require.Len(t, sums[k.Name].members, int(k.Members), k.Name)
		all += k.Members
	}
	require.EqualValues(t, 302, all)
	require.Zero(t, truth.Purchases.RateShape, "no such distribution is planted")
	for account := range sums["former"].members {
		require.Less(t, last[account]-first[account], 150, account)
	}
	require.InDelta(t, 200, sums["daily"].spent/sums["daily"].orders, 15)
	require.InDelta(t, 1+15*640.0/365, sums["monthly"].orders/76, 2, "from a first order a quarter after the start, on average")
	read, faults := program.Parse([]program.File{{Name: "town.yaml", Content: []byte(p.Program())}})
	require.Empty(t, faults)
	require.Equal(t, "kinds", read.ID)
}
