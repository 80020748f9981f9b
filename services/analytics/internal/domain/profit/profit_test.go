package profit_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/profit"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func ratio(num, den int64) money.Ratio {
	r, err := money.NewRatio(num, den)
	if err != nil {
		panic(err)
	}
	return r
}

// terms are a margin of 30 %, 20 % on books, 2.00 an order, 45.00 a visit, 0.8 cents a point.
func terms() *program.Economics {
	margin := ratio(3, 10)
	return &program.Economics{
		Margin: &margin, Margins: map[string]money.Ratio{"books": ratio(1, 5)}, Order: 200,
		Actions: map[string]money.Minor{"visit": 4500}, Point: ratio(4, 5),
	}
}

func order(day calendar.Day, points money.Points, lines ...history.Line) history.Order {
	o := history.Order{Day: day, Detail: &history.Detail{Points: points, Lines: lines}}
	for _, l := range lines {
		o.Base += l.Base
	}
	return o
}

func report(t require.TestingT, e *program.Economics, list ...history.Customer) profit.Report {
	b := profit.New(calendar.None, 100, e)
	for _, c := range list {
		require.NoError(t, b.Add(c))
	}
	r, err := b.Report()
	require.NoError(t, err)
	return r
}

func TestF6WhatACustomerBringsAndCosts(t *testing.T) {
	c := history.Customer{
		ID: "ann", Orders: []history.Order{
			order(1, 100, history.Line{Category: "books", Base: 10_000}, history.Line{Category: "tea", Base: 5_000, Cost: 1_000, HasCost: true}),
			order(2, 51, history.Line{Category: "cups", Base: 1_001}),
		},
		Deeds: []history.Deed{{Day: 3, Type: "visit", Points: 10}, {Day: 4, Type: "review"}},
	}
	l, err := profit.Of(c, terms())
	require.NoError(t, err)
	require.Equal(t, profit.Line{
		ID: "ann", Revenue: 16_001, Told: 5_000,
		Goods:  8_000 + 1_000 + 701,              // 30 % of 10.01 is 3.00, rounded down
		Orders: 400, Actions: 4_500, Points: 128, // 161 × 0.8 = 128.8
		Profit: 16_001 - 9_701 - 400 - 4_500 - 128,
	}, l)
}

func TestWhatNobodyTellsTheCostOfIsInNoProfit(t *testing.T) {
	c := history.Customer{ID: "ann", Orders: []history.Order{{Day: 1, Base: 900}, order(2, 0, history.Line{Base: 100, Cost: 30, HasCost: true})}}
	l, err := profit.Of(c, &program.Economics{})
	require.NoError(t, err)
	require.Equal(t, profit.Line{ID: "ann", Revenue: 1_000, Uncosted: 900, Told: 100, Goods: 30, Profit: 70}, l)
}

func TestTheWhaleCurve(t *testing.T) {
	bought := func(id string, base, cost money.Minor) history.Customer {
		return history.Customer{ID: id, Orders: []history.Order{order(1, 0, history.Line{Base: base, Cost: cost, HasCost: true})}}
	}
	r := report(t, &program.Economics{}, bought("a", 100, 150), bought("b", 500, 100), bought("c", 100, 100), bought("d", 300, 200))
	require.EqualValues(t, 450, r.All.Profit)
	require.Equal(t, profit.Point{Customers: 2, Profit: 500}, r.Peak)
	require.Equal(t, profit.Point{Customers: 1, Profit: -50}, r.Losing)
	require.Len(t, r.Whale, profit.Steps+1)
	require.Equal(t, profit.Point{}, r.Whale[0])
	require.Equal(t, profit.Point{Customers: 1, Profit: 400}, r.Whale[25])
	require.Equal(t, profit.Point{Customers: 4, Profit: 450}, r.Whale[100])
	require.Equal(t, "b", r.Best[0].ID)
	require.Equal(t, "a", r.Worst[0].ID)
}

func TestNobodyAndTheGreatest(t *testing.T) {
	require.Equal(t, profit.Report{}, report(t, terms()))
	b := profit.New(calendar.None, 100, &program.Economics{Order: math.MaxInt64})
	require.ErrorIs(t, b.Add(history.Customer{ID: "a", Orders: []history.Order{{Day: 1}, {Day: 1}}}), reason.AmountOutOfRange)
	only := report(t, terms(), history.Customer{ID: "a", Orders: []history.Order{order(1, 0, history.Line{})}}) // returned whole
	require.EqualValues(t, -200, only.All.Profit)
	require.Zero(t, only.Peak.Customers)
}

func draw(t *rapid.T) []history.Customer {
	var list []history.Customer
	for i := range rapid.IntRange(0, 30).Draw(t, "customers") {
		c := history.Customer{ID: fmt.Sprintf("%02d", i)}
		for range rapid.IntRange(1, 4).Draw(t, "orders") {
			l := history.Line{Category: rapid.SampledFrom([]string{"", "books"}).Draw(t, "category"), Base: 100 * money.Minor(rapid.IntRange(0, 50).Draw(t, "base"))}
			if rapid.Bool().Draw(t, "told") {
				l.Cost, l.HasCost = 100*money.Minor(rapid.IntRange(0, 60).Draw(t, "cost")), true
			}
			c.Orders = append(c.Orders, order(1, 0, l))
		}
		list = append(list, c)
	}
	return list
}

// TestProfitsAddUp: the whole is the sum of the customers, revenue less all costs; doubling all amounts doubles it and
// moves nobody; other names change nothing but names.
func TestProfitsAddUp(t *testing.T) {
	e := terms()
	rapid.Check(t, func(t *rapid.T) {
		list := draw(t)
		r := report(t, e, list...)
		require.Equal(t, r.All.Revenue-r.All.Uncosted-r.All.Goods-r.All.Orders-r.All.Actions-r.All.Points, r.All.Profit)
		sum := money.Minor(0)
		for _, c := range list {
			l, err := profit.Of(c, e)
			require.NoError(t, err)
			sum += l.Profit
		}
		require.Equal(t, sum, r.All.Profit)

		twice := *e
		twice.Order *= 2
		var doubled, renamed []history.Customer
		for _, c := range list {
			d, n := history.Customer{ID: c.ID}, c
			for _, o := range c.Orders {
				l := o.Detail.Lines[0]
				l.Base, l.Cost = 2*l.Base, 2*l.Cost
				d.Orders = append(d.Orders, order(1, 0, l))
			}
			n.ID = "x" + c.ID
			doubled, renamed = append(doubled, d), append(renamed, n)
		}
		d, n := report(t, &twice, doubled...), report(t, e, renamed...)
		require.Equal(t, 2*r.All.Profit, d.All.Profit)
		require.Equal(t, r.Peak.Customers, d.Peak.Customers)
		for i := range r.Best {
			require.Equal(t, r.Best[i].ID, d.Best[i].ID)
		}
		for i, at := range r.Whale {
			require.Equal(t, profit.Point{Customers: at.Customers, Profit: 2 * at.Profit}, d.Whale[i])
		}
		require.Equal(t, r.Whale, n.Whale)
		require.Equal(t, r.All, n.All)
	})
}
