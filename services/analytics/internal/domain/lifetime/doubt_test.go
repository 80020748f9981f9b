package lifetime_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/bgnbd"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/lifetime"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/paretonbd"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/repeat"
)

// TestIntervalsOfAliveHoldTheTruthAsOftenAsTheySay: many towns of which each knows its own parameters only by a fit; in about 90 %
// of them the probability by the parameters that made it lies inside.
func TestIntervalsOfAliveHoldTheTruthAsOftenAsTheySay(t *testing.T) {
	histories := []repeat.Count{
		{Repeats: 1, Recency: 30, Age: 546}, {Repeats: 2, Recency: 300, Age: 546}, {Repeats: 6, Recency: 350, Age: 546}, {Repeats: 12, Recency: 500, Age: 546},
	}
	for _, c := range []struct {
		name             string
		kind             lifetime.Kind
		towns, customers int
		truth            lifetime.Buying
		stay             func(*rand.Rand, rand.Source) (weeks, chance float64)
	}{
		{"bg_nbd", lifetime.BGNBD, 60, 1000, bgnbd.Model{Kind: bgnbd.BG, R: 0.8, Alpha: 15, A: 0.8, B: 3}, func(_ *rand.Rand, s rand.Source) (float64, float64) {
			return math.Inf(1), distuv.Beta{Alpha: 0.8, Beta: 3, Src: s}.Rand()
		}},
		{"pareto_nbd", lifetime.ParetoNBD, 20, 1000, paretonbd.Model{R: 0.8, Alpha: 15, S: 0.7, Beta: 40}, func(r *rand.Rand, s rand.Source) (float64, float64) {
			return r.ExpFloat64() / distuv.Gamma{Alpha: 0.7, Beta: 40, Src: s}.Rand(), 0
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			held, told, wide := 0, 0, 0.0
			for town := range c.towns {
				fit := fitOf(t, c.kind, live(c.customers, uint64(town)+100, 0.8, 15, c.stay))
				model, ok := fit.Model(c.kind)
				require.True(t, ok, fit.Buying.Why)
				v := lifetime.NewValuer(model, nil, lifetime.Terms{Weeks: 1}, 100)
				for _, h := range histories {
					require.Zero(t, v.Interval(repeat.Customer{Count: h}).AliveHigh, "nothing is said of it without doubt")
				}
				v.Doubting(fit.Doubt(c.kind))
				for _, h := range histories {
					i := v.Interval(repeat.Customer{Count: h})
					require.Positive(t, i.AliveLow)
					require.LessOrEqual(t, i.AliveLow, i.AliveHigh)
					require.LessOrEqual(t, i.AliveHigh, 1.0)
					truth := c.truth.Alive(h)
					count(&held, i.AliveLow <= truth && truth <= i.AliveHigh)
					told++
					wide += i.AliveHigh - i.AliveLow
				}
			}
			share := float64(held) / float64(told)
			t.Logf("%.3f of %d hold, %.3f wide on average", share, told, wide/float64(told))
			require.InDelta(t, 0.9, share, 0.06, "those of one town go together: these are few more than %d", c.towns)
			require.Less(t, wide/float64(told), 0.4, "and not by telling nothing")
		})
	}
}

// TestDoubtWidensWhatIsForecast: of few customers the parameters are hardly known, and so is what one will buy.
func TestDoubtWidensWhatIsForecast(t *testing.T) {
	customers := live(150, 9, 0.8, 15, func(_ *rand.Rand, s rand.Source) (float64, float64) {
		return math.Inf(1), distuv.Beta{Alpha: 0.8, Beta: 3, Src: s}.Rand()
	})
	fit := fitOf(t, lifetime.BGNBD, customers)
	model, ok := fit.Model(lifetime.BGNBD)
	require.True(t, ok, fit.Buying.Why)
	sure, unsure := lifetime.NewValuer(model, nil, lifetime.Terms{Weeks: 200}, 100), lifetime.NewValuer(model, nil, lifetime.Terms{Weeks: 200}, 100)
	unsure.Doubting(fit.Doubt(lifetime.BGNBD))
	var narrow, wide int
	for _, l := range customers {
		a, b := sure.Interval(l.before), unsure.Interval(l.before)
		narrow += a.PurchasesHigh - a.PurchasesLow
		wide += b.PurchasesHigh - b.PurchasesLow
		require.Equal(t, b, unsure.Interval(l.before), "seeded")
	}
	require.Greater(t, wide, narrow)
}

func fitOf(t *testing.T, kind lifetime.Kind, customers []lived) lifetime.Fit {
	t.Helper()
	groups := repeat.NewGroups()
	for _, l := range customers {
		groups.Add(l.before.Count)
	}
	var fit lifetime.Fit
	var err error
	if kind == lifetime.ParetoNBD {
		_, fit.Buying.Estimate, err = paretonbd.Fit(groups.Sorted(), paretonbd.Options{})
	} else {
		_, fit.Buying.Estimate, err = bgnbd.Fit(bgnbd.BG, groups.Sorted(), bgnbd.Options{})
	}
	require.NoError(t, err)
	for _, p := range fit.Buying.Estimate.Parameters() {
		fit.Buying.Parameters = append(fit.Buying.Parameters, lifetime.Parameter{Value: p})
	}
	return fit
}
