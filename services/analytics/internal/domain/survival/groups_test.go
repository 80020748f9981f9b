package survival_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/pareto"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/survival"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// over is a customer whose first order came over a channel.
func over(channel string, days ...calendar.Day) history.Customer {
	c := bought(days...)
	c.Orders[0].Detail = &history.Detail{Channel: channel}
	return c
}

func by(t require.TestingT, what survival.By, list []history.Customer, asOf calendar.Day) survival.Report {
	params := survival.Params{Silent: 180, By: what}
	require.NoError(t, params.Check())
	b := survival.New(asOf, params)
	for _, c := range list {
		require.NoError(t, b.Add(c))
	}
	return b.Report()
}

// trial is remission in weeks of 21 patients on 6-MP and 21 on placebo (Freireich and others 1963).
func trial() []history.Customer {
	var list []history.Customer
	for _, days := range []calendar.Day{6, 6, 6, 7, 10, 13, 16, 22, 23} {
		list = append(list, over("6-MP", 1, 1+days))
	}
	for _, days := range []calendar.Day{6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35} {
		list = append(list, over("6-MP", 100-days)) // observed to day 100
	}
	for _, days := range []calendar.Day{1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23} {
		list = append(list, over("placebo", 1, 1+days))
	}
	return list
}

// TestF11SurvivalByGroupAsInTheTextbooks: the log-rank test of the trial is χ² = 16.79 with 9 against 19.25 and 21 against 10.75
// (Kleinbaum & Klein, Survival Analysis, chapter 2), and its intervals by log(−log S) are those that Stata and others print.
func TestF11SurvivalByGroupAsInTheTextbooks(t *testing.T) {
	r := by(t, survival.Channel, trial(), 101)
	require.Len(t, r.Groups, 2)
	require.Equal(t, []string{"6-MP", "placebo"}, []string{r.Groups[0].Name, r.Groups[1].Name})
	require.Equal(t, []int64{9, 21}, r.RepeatTest.Observed)
	require.InDelta(t, 19.25, float64(r.RepeatTest.Expected[0]), 5e-3)
	require.InDelta(t, 10.75, float64(r.RepeatTest.Expected[1]), 5e-3)
	require.InDelta(t, 16.79, float64(r.RepeatTest.ChiSquare), 5e-3)
	require.Equal(t, 1, r.RepeatTest.Degrees)
	require.InDelta(t, 4.2e-5, float64(r.RepeatTest.P), 1e-6)
	for _, c := range []struct {
		day       int
		low, high float64
	}{
		{6, 0.6197, 0.9516}, {7, 0.5631, 0.9228}, {10, 0.5032, 0.8894}, {13, 0.4316, 0.8491},
		{16, 0.3675, 0.8049}, {22, 0.2678, 0.7468}, {23, 0.1881, 0.6801},
	} {
		at := r.Groups[0].Repeat.At(c.day)
		require.True(t, at.Bounded)
		require.InDelta(t, c.low, float64(at.Low), 6e-5, c.day)
		require.InDelta(t, c.high, float64(at.High), 6e-5, c.day)
	}
	last := r.Groups[1].Repeat.At(23)
	require.Zero(t, last.S)
	require.False(t, last.Bounded, "nobody is left")
	require.Equal(t, r.Repeat, by(t, survival.Nothing, trial(), 101).Repeat, "all together are as without groups")
}

// TestTheLogRankTestByHand: a at 1, one of a censored at 3, b at 2 and 4. Expected of a are 2/4 + 1/3 + 0/1 = 5/6; its variance
// is 1/4 + 2/9 = 17/36; (1 − 5/6)² / (17/36) = 1/17.
func TestTheLogRankTestByHand(t *testing.T) {
	list := []history.Customer{over("a", 1, 2), over("a", 97), over("b", 1, 3), over("b", 1, 5)}
	r := by(t, survival.Channel, list, 101).RepeatTest
	require.True(t, r.Known)
	require.Equal(t, []int64{1, 2}, r.Observed)
	require.InDelta(t, 5.0/6, float64(r.Expected[0]), 1e-12)
	require.InDelta(t, 13.0/6, float64(r.Expected[1]), 1e-12)
	require.InDelta(t, 1.0/17, float64(r.ChiSquare), 1e-12)
	require.InDelta(t, 0.8084, float64(r.P), 5e-5, "2·(1 − Φ(0.2425))")
}

func TestWhatCustomersAreToldApartBy(t *testing.T) {
	c := over("web", 40, 50)
	c.ID = "ann"
	c.Orders[0].Base, c.Orders[1].Base = 900, 100
	c.Orders[0].Detail.Merchant = "shop"
	c.Orders[0].Detail.Lines = []history.Line{{Category: "tea", Base: 300}, {Category: "cups", Base: 500}, {Category: "tea", Base: 200}, {Category: "biscuits", Base: 10}}
	c.Orders[1].Detail = &history.Detail{Channel: "app", Merchant: "other"}
	c.Tiers = []history.TierFrom{{Day: 40, Tier: "silver"}, {Day: 60, Tier: "gold"}}
	for what, name := range map[survival.By]string{
		survival.Channel: "web", survival.Merchant: "shop", survival.Category: "cups", survival.Cohort: "1970-02", survival.Class: "A",
	} {
		r := by(t, what, []history.Customer{c}, 60)
		require.Len(t, r.Groups, 1)
		require.Equal(t, name, r.Groups[0].Name)
		require.Equal(t, r.Repeat, r.Groups[0].Repeat)
		require.Equal(t, r.Loss, r.Groups[0].Loss)
		require.False(t, r.RepeatTest.Known, "one group is compared with nothing")
	}
	require.Equal(t, "silver", by(t, survival.Tier, []history.Customer{c}, 60).Groups[0].Name)
	require.Equal(t, "gold", by(t, survival.Tier, []history.Customer{c}, 61).Groups[0].Name)
	require.Equal(t, survival.None, by(t, survival.Channel, []history.Customer{bought(1)}, 60).Groups[0].Name)
	require.Empty(t, by(t, survival.Tier, nil, 60).Groups)
	require.ErrorIs(t, survival.Params{Silent: 180, By: "shoe size"}.Check(), reason.InvalidArgument)
	require.ErrorIs(t, survival.Params{Silent: 0}.Check(), reason.InvalidArgument)
	require.False(t, survival.Cohort.NeedsDetails() || survival.Class.NeedsDetails() || survival.Nothing.NeedsDetails())
	require.True(t, survival.Tier.NeedsDetails())
	rich := c
	rich.Orders = slices.Clone(c.Orders)
	rich.Orders[1].Base = math.MaxInt64
	b := survival.New(60, survival.Params{Silent: 180, By: survival.Class})
	require.ErrorIs(t, b.Add(rich), reason.AmountOutOfRange)
}

func TestClassesAreThoseOfTheParetoReport(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []history.Customer
		p := pareto.New(100, pareto.Defaults())
		for i := range rapid.IntRange(1, 30).Draw(t, "customers") {
			c := bought(calendar.Day(rapid.IntRange(1, 99).Draw(t, "day")))
			c.ID, c.Orders[0].Base = fmt.Sprintf("%02d", i), money.Minor(rapid.IntRange(0, 50).Draw(t, "spend"))
			list = append(list, c)
			require.NoError(t, p.Add(c))
		}
		want := map[string]int64{}
		for _, c := range p.Report().Classes {
			if c.Customers > 0 {
				want[c.Name] = c.Customers
			}
		}
		got := map[string]int64{}
		for _, g := range by(t, survival.Class, list, 100).Groups {
			got[g.Name] = g.Repeat.Customers
		}
		require.Equal(t, want, got)
	})
}

// TestOfManyGroupsTheRestIsOne: nobody gets lost, whoever has no curve of their own.
func TestOfManyGroupsTheRestIsOne(t *testing.T) {
	var list []history.Customer
	for i := range survival.GroupsMax + 3 {
		for range 20 - i {
			list = append(list, over(fmt.Sprintf("c%02d", i), 1, calendar.Day(3+i)))
		}
	}
	r := by(t, survival.Channel, list, 100)
	require.Len(t, r.Groups, survival.GroupsMax)
	require.Equal(t, "c00", r.Groups[0].Name)
	others := r.Groups[survival.GroupsMax-1]
	require.Equal(t, survival.Others, others.Name)
	require.EqualValues(t, 9+8+7+6, others.Repeat.Customers)
	require.Equal(t, survival.GroupsMax-1, r.RepeatTest.Degrees)
}

// TestTheLogRankTestAgreesWithItsTwin holds it against the same test written customer by customer, of two groups; and with more
// groups it does not matter which of them follows from the others, and as much is expected in all as happened.
func TestTheLogRankTestAgreesWithItsTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := rapid.IntRange(2, 5).Draw(t, "groups")
		var list, turned []history.Customer
		for range rapid.IntRange(2, 40).Draw(t, "customers") {
			g := rapid.IntRange(0, groups-1).Draw(t, "group")
			days := calendar.Day(rapid.IntRange(1, 20).Draw(t, "days"))
			happened := rapid.Bool().Draw(t, "happened")
			one := func(name string) history.Customer {
				if happened {
					return over(name, 1, 1+days)
				}
				return over(name, 100-days)
			}
			list, turned = append(list, one(fmt.Sprint("g", g))), append(turned, one(fmt.Sprint("g", groups-g)))
		}
		r, back := by(t, survival.Channel, list, 101).RepeatTest, by(t, survival.Channel, turned, 101).RepeatTest
		require.Equal(t, r.Known, back.Known)
		require.InDelta(t, float64(r.ChiSquare), float64(back.ChiSquare), 1e-6*(1+float64(r.ChiSquare)))
		observed, expected := int64(0), 0.0
		for i, n := range r.Observed {
			observed, expected = observed+n, expected+float64(r.Expected[i])
		}
		require.InDelta(t, expected, float64(observed), 1e-9)
		require.False(t, math.IsNaN(float64(r.ChiSquare)) || r.ChiSquare < 0 || r.P < 0 || r.P > 1)
		if want, ok := twin(list); ok && len(r.Observed) == 2 {
			require.True(t, r.Known)
			require.InDelta(t, want, float64(r.ChiSquare), 1e-9*(1+want))
		}
	})
}

// twin is χ² of the customers of g0 or of whoever comes first, against the others.
func twin(list []history.Customer) (float64, bool) {
	type one struct {
		first    bool
		days     int
		happened bool
	}
	var all []one
	for _, c := range list {
		o := one{first: c.Orders[0].Detail.Channel == list[0].Orders[0].Detail.Channel, days: int(100 - c.Orders[0].Day)}
		if len(c.Orders) > 1 {
			o.days, o.happened = int(c.Orders[1].Day-c.Orders[0].Day), true
		}
		all = append(all, o)
	}
	off, variance := 0.0, 0.0
	for day := range 101 {
		n, n1, d, d1 := 0.0, 0.0, 0.0, 0.0
		for _, o := range all {
			if o.days < day {
				continue
			}
			n++
			if o.first {
				n1++
			}
			if o.happened && o.days == day {
				d++
				if o.first {
					d1++
				}
			}
		}
		if d == 0 {
			continue
		}
		off += d1 - d*n1/n
		if n > 1 {
			variance += d * (n1 / n) * (1 - n1/n) * (n - d) / (n - 1)
		}
	}
	return off * off / variance, variance > 1e-9
}
