package town_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/laurel/internal/town"
)

// TestHouseholdsTellWhatTheySpend: on one day, once each, what they spent in the town in the year before, by the orders, and something
// elsewhere. The truth is that of all members: what some say lies within four standard errors of it.
func TestHouseholdsTellWhatTheySpend(t *testing.T) {
	p := town.Of(7, 5000, 2)
	made := town.Make(p)
	truth := made.Planted(p).Asked.Households
	asked, here := p.End().AddDays(-10), map[string]int64{}
	for _, o := range made.Orders {
		if o.Day < asked && o.Day >= asked.AddMonths(-12) {
			here[o.Account] += int64(o.Amount)
		}
	}
	said, spend, wallet := answersOf(t, made, "household"), 0.0, 0.0
	for account, told := range said {
		require.Len(t, told, 1, account)
		require.Equal(t, asked, told[0].Day)
		all, part := told[0].Data["category_spend_minor"].(int64), told[0].Data["wallet_percent"].(int64)
		require.GreaterOrEqual(t, all-here[account], int64(1000))
		require.InDelta(t, 100*float64(here[account])/float64(all), float64(part), 0.5)
		spend += float64(all)
		wallet += float64(part) / 100
	}
	n := float64(len(said))
	require.EqualValues(t, len(said), truth.Answers)
	within(t, 0.3, len(said), p.Members)
	require.InDelta(t, truth.Spend.Of, spend/n, 4*truth.Spend.Deviation/math.Sqrt(n))
	require.InDelta(t, truth.Wallet.Of, wallet/n, 4*truth.Wallet.Deviation/math.Sqrt(n))
	alive := made.Planted(p).Alive
	require.Equal(t, alive, truth.Elsewhere.N)
	require.EqualValues(t, p.Members, truth.Spend.N)
	require.InDelta(t, float64(truth.ElsewhereMinor), truth.Elsewhere.Of*float64(alive), 1)
	// A log-normal of median 1,200.00 and 0.6 across has a mean of 1,200.00 × e^0.18, and half of a step of 10.00 more.
	require.InDelta(t, 120_000*math.Exp(0.18)+500, truth.Elsewhere.Of, 4*truth.Elsewhere.Deviation/math.Sqrt(float64(alive)))
}

// TestTheFivePAreScoredAsPlanted counts again who scored what: members at most once a year, staff once, and what is due by nobody of late.
func TestTheFivePAreScoredAsPlanted(t *testing.T) {
	p := town.Of(7, 5000, 2)
	made := town.Make(p)
	truth := made.Planted(p).Asked.Quality
	type sums struct{ n, sum, before, sumBefore, staff, staffSum int64 }
	counted, middle, latest := map[string]*sums{}, p.End().AddDays(-365), map[string]int{}
	for _, q := range truth {
		counted[q.Of] = &sums{}
	}
	for account, told := range answersOf(t, made, "quality") {
		years := map[bool]bool{}
		for _, a := range told {
			now := a.Day >= middle
			require.False(t, years[now], account)
			years[now] = true
			require.Equal(t, strings.HasPrefix(account, "staff-"), a.Data["by"] == "staff")
			for name, s := range counted {
				score, ok := a.Data["quality_"+name].(int64)
				if !ok {
					continue
				}
				require.True(t, score >= 1 && score <= 5)
				latest[name] = max(latest[name], int(a.Day))
				switch {
				case a.Data["by"] == "staff":
					s.staff++
					s.staffSum += score
				case now:
					s.n++
					s.sum += score
				default:
					s.before++
					s.sumBefore += score
				}
			}
		}
	}
	require.Len(t, truth, 5)
	for _, q := range truth {
		s := counted[q.Of]
		require.Equal(t, []int64{q.Customers, q.CustomersBefore, q.Staff, q.StaffSum}, []int64{s.n, s.before, s.staff, s.staffSum}, q.Of)
		require.InDelta(t, q.Now.Of, float64(s.sum)/float64(s.n), 4*q.Now.Deviation/math.Sqrt(float64(s.n)), q.Of)
		require.InDelta(t, q.Before.Of, float64(s.sumBefore)/float64(s.before), 4*q.Before.Deviation/math.Sqrt(float64(s.before)), q.Of)
		require.EqualValues(t, p.Members, q.Now.N)
		require.Greater(t, q.Now.Of, q.Before.Of, "it rose")
		require.Equal(t, q.Due, int(p.End())-latest[q.Of] > 90, q.Of)
		if !q.Due {
			within(t, 0.2, int(s.n), p.Members)
			require.EqualValues(t, 25, s.staff)
		}
	}
}
