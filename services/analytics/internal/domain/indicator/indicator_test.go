package indicator_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/indicator"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

var asOf = calendar.Date(2026, 1, 1)

func report(t require.TestingT, p indicator.Params, list ...history.Customer) indicator.Report {
	require.NoError(t, p.Check())
	b := indicator.New(asOf, p)
	for _, c := range list {
		require.NoError(t, b.Add(c))
	}
	return b.Report()
}

func who(id string, deeds []history.Deed, days ...calendar.Day) history.Customer {
	c := history.Customer{ID: id, Deeds: deeds}
	for _, d := range days {
		c.Orders = append(c.Orders, history.Order{Day: d, Base: 100})
	}
	return c
}

func said(day calendar.Day, data string) history.Deed {
	return history.Deed{Day: day, Type: "survey", Data: data}
}

// TestF13IndicatorsWorkedOutByHand: ann bought in 2024 and on three days of 2025, so she repeated three times; bob came in
// 2025 and repeated once; cid was here in 2024 alone.
func TestF13IndicatorsWorkedOutByHand(t *testing.T) {
	d := func(month, day int) calendar.Day { return calendar.Date(2025, 1, day).AddMonths(month - 1) }
	ann := who("ann", []history.Deed{
		said(d(2, 1), `{"repurchase":1}`), said(d(3, 1), `{"repurchase":5,"choose_minutes":15,"price_sensitivity":2,"wallet_percent":80}`),
		{Day: d(5, 1), Type: "referral"}, {Day: d(6, 1), Type: "referral"},
	}, calendar.Date(2024, 6, 1), d(1, 5), d(4, 1), d(12, 31))
	bob := who("bob", []history.Deed{said(d(7, 1), `{"repurchase":2,"choose_minutes":90,"wallet_percent":30,"competitors":5}`)}, d(6, 1), d(6, 1), d(7, 1))
	cid := who("cid", []history.Deed{said(calendar.Date(2024, 12, 31), `{"repurchase":5}`), said(asOf, `{"repurchase":5,"wallet_percent":200}`)}, calendar.Date(2024, 3, 1))
	r := report(t, indicator.Defaults(), ann, bob, cid, who("nobody", []history.Deed{said(d(2, 1), `{"repurchase":1}`)}))
	require.EqualValues(t, 3, r.Customers)
	require.Len(t, r.Points, 5)
	require.Equal(t, []calendar.Day{asOf.AddMonths(-12), asOf.AddMonths(-9), asOf.AddMonths(-6), asOf.AddMonths(-3), asOf},
		[]calendar.Day{r.Points[0].Day, r.Points[1].Day, r.Points[2].Day, r.Points[3].Day, r.Points[4].Day})
	want := map[string][3]string{
		indicator.Intent:       {"2", "3.500000000", "62.500000000"}, // (100 + 25) ÷ 2
		indicator.Repeats:      {"2", "2.000000000", "50.000000000"}, // (75 + 25) ÷ 2
		indicator.Choosing:     {"2", "52.500000000", "37.500000000"},
		indicator.Price:        {"1", "2.000000000", "75.000000000"},
		indicator.Competitors:  {"1", "5.000000000", "0.000000000"},
		indicator.Quality:      {"0", "", ""},
		indicator.Referrals:    {"2", "1.000000000", "50.000000000"},
		indicator.Retention:    {"2", "0.500000000", "50.000000000"},
		indicator.ShareOfPurse: {"2", "55.000000000", "55.000000000"},
	}
	last := r.Points[4]
	for i, name := range indicator.Names() {
		v := last.Values[i]
		got := [3]string{fmt.Sprint(v.N), v.Mean.String(), v.Score.String()}
		require.Equal(t, want[name], got, name)
	}
	require.EqualValues(t, 8, last.Weight, "nobody was asked for quality")
	require.Equal(t, "47.500000000", last.Index.String()) // 380 ÷ 8
	p := indicator.Defaults()
	p.Weights = map[string]int64{indicator.Price: 3, indicator.Competitors: 1, indicator.Quality: 100}
	require.Equal(t, "56.250000000", report(t, p, ann, bob, cid).Points[4].Index.String())
	require.Equal(t, "100.000000000", r.Points[0].Values[0].Score.String(), "a year ago cid alone had said something")
}

func TestIndicatorsOfNobody(t *testing.T) {
	r := report(t, indicator.Defaults())
	require.Len(t, r.Points, 5)
	require.Empty(t, r.Points[4].Index.String())
	require.Zero(t, r.Points[4].Weight)
	for field, p := range map[string]indicator.Params{
		"months": {Months: 0, Weights: map[string]int64{indicator.Price: 1}}, "weights": {Months: 12, Weights: map[string]int64{"joy": 1}},
	} {
		refusal, ok := reason.Of(p.Check())
		require.True(t, ok)
		require.Equal(t, field, refusal.Field)
	}
	require.Error(t, indicator.Params{Months: 12}.Check())
	require.Error(t, indicator.Params{Months: 12, Weights: map[string]int64{indicator.Price: -1}}.Check())
	require.Equal(t, indicator.FromEvents, indicator.Source(indicator.Retention))
	require.Equal(t, indicator.FromSurvey, indicator.Source(indicator.Intent))
}

// TestScoresStayWithinAHundred, and neither names nor the order of customers matter.
func TestScoresStayWithinAHundred(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list, other []history.Customer
		for i := range rapid.IntRange(0, 12).Draw(t, "customers") {
			var days []calendar.Day
			for range rapid.IntRange(0, 6).Draw(t, "orders") {
				days = append(days, asOf.AddDays(-rapid.IntRange(1, 900).Draw(t, "ago")))
			}
			slices.Sort(days)
			deeds := []history.Deed{said(asOf-100, fmt.Sprintf(`{"repurchase":%d,"choose_minutes":%d}`, rapid.IntRange(1, 5).Draw(t, "intent"), rapid.IntRange(0, 200).Draw(t, "minutes")))}
			list = append(list, who(fmt.Sprint(i), deeds, days...))
			other = append([]history.Customer{who(fmt.Sprint("x", i), deeds, days...)}, other...)
		}
		a, b := report(t, indicator.Defaults(), list...), report(t, indicator.Defaults(), other...)
		require.Equal(t, fmt.Sprint(a), fmt.Sprint(b))
		for _, p := range a.Points {
			for _, v := range append(p.Values, indicator.Value{Score: p.Index}) {
				if s, ok := v.Score.Rat(); ok {
					f, _ := s.Float64()
					require.True(t, 0 <= f && f <= 100, v.Score)
				}
			}
		}
	})
}
