package pricing_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/pricing"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

func date(month, day int) calendar.Day { return calendar.Date(2025, time.Month(month), day) }

func said(data string, a ...any) history.Customer {
	return history.Customer{Deeds: []history.Deed{{Day: date(3, 1), Type: "survey", Data: fmt.Sprintf(data, a...)}}}
}

const four = `{"too_cheap_minor": %d, "cheap_minor": %d, "expensive_minor": %d, "too_expensive_minor": %d}`

func report(t *testing.T, p pricing.Params, customers ...history.Customer) pricing.Report {
	t.Helper()
	if p.Window == 0 {
		p.Window = pricing.WindowDays
	}
	require.NoError(t, p.Check())
	b := pricing.New(date(7, 1), p)
	for _, c := range customers {
		require.NoError(t, b.Add(c))
	}
	return b.Report()
}

// TestF14VanWestendorp is worked out by hand. At 300 nobody says too cheap any more (100, 200, 200 are below) and one says
// expensive; at 200 two say too cheap, and nobody says expensive. At 500 one says cheap and one too expensive.
func TestF14VanWestendorp(t *testing.T) {
	again := said(four, 1, 2, 3, 4)
	again.Deeds = append(again.Deeds, said(four, 200, 400, 500, 600).Deeds...)
	r := report(t, pricing.Params{}, said(four, 100, 300, 400, 500), again, said(four, 200, 500, 600, 700), said(four, 500, 100, 600, 700), said(`{"cheap_minor": 5}`))
	require.EqualValues(t, 3, r.Answers, "of each the latest; an answer to one question is none")
	require.EqualValues(t, 1, r.Contradicting)
	require.Equal(t, pricing.Price{At: 200, TooCheap: 2, Cheap: 3}, r.Prices[1])
	require.Equal(t, pricing.Price{At: 500, Cheap: 1, Expensive: 2, TooMuch: 1}, r.Prices[4])
	at := func(m money.Minor) *money.Minor { return &m }
	require.Equal(t, pricing.Points{Cheapest: at(300), Dearest: at(500), Best: at(300), Indifferent: at(500)}, r.Points)
	require.Zero(t, report(t, pricing.Params{Product: "tea"}, again).Answers, "of another product")
}

func TestF14WhatIsBorne(t *testing.T) {
	lost := said(`{"cut_to_return_percent": 20}`)
	lost.Orders = []history.Order{{Day: date(1, 5), Base: 1000}, {Day: date(3, 1), Base: 500}}
	slip := said(`{"tolerance_percent": 10.0}`)
	slip.Deeds = append(slip.Deeds, said(`{"tolerance_percent": 1001}`).Deeds...) // says nothing
	r := report(t, pricing.Params{}, said(`{"tolerance_percent": 5}`), slip, lost, said(`{"cut_to_return_percent": 101}`))
	require.Equal(t, "7.500000000", r.Rise.Median.String())
	require.EqualValues(t, 1, r.Cut.Answers)
	require.EqualValues(t, 200, r.CutCost, "20 % of what was spent before the answer")
}

func TestF14AroundAChangeOfPrice(t *testing.T) {
	bought := func(days ...calendar.Day) history.Customer {
		c := history.Customer{}
		for _, d := range days {
			c.Orders = append(c.Orders, history.Order{Day: d, Base: 150, Detail: &history.Detail{Lines: []history.Line{{Category: "tea", Base: 100}, {Category: "cups", Base: 50}}}})
		}
		return c
	}
	p := pricing.Params{Window: 30, Changes: []pricing.Changed{{date(5, 1), "tea", 10}, {date(6, 15), "", -5}, {date(5, 1), "coffee", 10}}}
	r := report(t, p, bought(date(3, 10), date(4, 10), date(5, 10)), bought(date(4, 20)), bought(date(3, 15)))
	tea := r.Around[0]
	require.Equal(t, "2 1 2 1", fmt.Sprint(tea.Before, tea.Stayed, tea.EarlierBefore, tea.EarlierStayed))
	require.EqualValues(t, 200, tea.SpentBefore)
	require.EqualValues(t, 100, tea.SpentAfter)
	require.True(t, tea.Whole)
	require.False(t, r.Around[1].Whole, "the window is not over")
	require.EqualValues(t, 0, r.Around[2].Before)
}

func TestF14WithoutMuch(t *testing.T) {
	empty := report(t, pricing.Params{})
	require.Nil(t, empty.Points.Best)
	require.Empty(t, empty.Rise.Median.String())
	alike := report(t, pricing.Params{}, said(four, 5, 5, 5, 5))
	require.EqualValues(t, 5, *alike.Points.Best)
	for _, p := range []pricing.Params{
		{Window: 0}, {Window: 2000}, {Window: 9, Changes: []pricing.Changed{{date(1, 1), "", 0}}}, {Window: 9, Changes: make([]pricing.Changed, 21)},
	} {
		require.Error(t, p.Check())
	}
}
