package switching_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/switching"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

func date(day int) calendar.Day { return calendar.Date(2025, time.January, day) }

// earner orders for 100 on each of these days and gets a point for each.
func earner(id, tier string, days ...int) history.Customer {
	c := history.Customer{ID: id}
	if tier != "" {
		c.Tiers = []history.TierFrom{{Day: date(1), Tier: tier}}
	}
	for i, d := range days {
		c.Orders = append(c.Orders, history.Order{Day: date(d), Base: 100})
		c.Points = append(c.Points, history.PointsAt{Day: date(d), Active: money.Points(100 * (i + 1)), Issued: 100})
	}
	return c
}

func params() switching.Params {
	tenth, _ := money.NewRatio(1, 10)
	return switching.Params{Rewards: []switching.Wanted{{"mug", 300}, {"tea", 200}}, Near: switching.Near(), Point: tenth}
}

func report(t *testing.T, p switching.Params, customers ...history.Customer) switching.Report {
	t.Helper()
	require.NoError(t, p.Check())
	b := switching.New(date(31), p)
	for _, c := range customers {
		require.NoError(t, b.Add(c))
	}
	return b.Report()
}

func TestF25WhatLeavingForfeits(t *testing.T) {
	cid := earner("cid", "gold", 1, 5, 10)
	cid.Points = append(cid.Points, history.PointsAt{Day: date(12), Active: 250, Spent: 60, Bound: 10})
	r := report(t, params(), earner("ann", "", 2), earner("bob", "silver", 1, 9), cid)
	require.EqualValues(t, 3, r.Customers)
	require.EqualValues(t, 100+200+260, r.Points, "those that wait are lost too")
	require.EqualValues(t, 56, r.Worth)
	require.Equal(t, "200.000000000", r.Median.String())
	require.Equal(t, []switching.Tier{{"", 1, 100}, {"gold", 1, 260}, {"silver", 1, 200}}, r.Tiers)
	require.Equal(t, []switching.Reach{{switching.Wanted{"tea", 200}, 2, 0}, {switching.Wanted{"mug", 300}, 0, 1}}, r.Rewards, "cheapest first; 250 are nearly 300")
	require.Equal(t, "cid", r.Most[0].ID)
	require.EqualValues(t, 1, r.Most[0].Nearly)
	// bob had 200 on the ninth, cid on the fifth.
	require.EqualValues(t, 2, r.First.Customers)
	require.Equal(t, "6.000000000", r.First.Days.String())
	require.Equal(t, "200.000000000", r.First.Spend.String())
	require.EqualValues(t, 1, r.First.NotYet)
	require.Equal(t, "100.000000000", r.First.SpendYet.String())

	p := params()
	p.Rewards = nil
	r = report(t, p, cid, earner("bob", "", 1, 9))
	require.EqualValues(t, 1, r.First.Customers, "without prices it is where points were first spent")
	require.Equal(t, "11.000000000", r.First.Days.String())
}

func TestF25WithoutMuch(t *testing.T) {
	empty := report(t, params())
	require.Zero(t, empty.Customers+empty.Holders)
	require.Empty(t, empty.Median.String()+empty.First.Days.String())
	debtor := earner("ann", "", 1)
	debtor.Points[0].Active = -50
	require.Zero(t, report(t, params(), debtor).Points, "a debt is nothing to forfeit")
	for field, alter := range map[string]func(*switching.Params){
		"rewards":    func(p *switching.Params) { p.Rewards[1] = p.Rewards[0] },
		"near_share": func(p *switching.Params) { p.Near = money.Ratio{} },
	} {
		p := params()
		alter(&p)
		require.ErrorContains(t, p.Check(), field)
	}
	p := params()
	p.Rewards[0].Points = 0
	require.Error(t, p.Check())
}
