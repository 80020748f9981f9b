package lifecycle_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/lifecycle"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func bought(days ...calendar.Day) history.Customer {
	c := history.Customer{ID: "ann"}
	for _, d := range days {
		c.Orders = append(c.Orders, history.Order{Day: d, Base: 100})
	}
	return c
}

func TestF10Stages(t *testing.T) {
	p := lifecycle.Defaults()
	monthly := []calendar.Day{0, 30, 60, 90} // an interval of 30 days
	for _, c := range []struct {
		name  string
		of    history.Customer
		asOf  calendar.Day
		stage string
	}{
		{"nobody knows them yet", bought(10), 10, ""},
		{"a survey and no order", history.Customer{Deeds: []history.Deed{{Day: 1}}}, 10, "prospect"},
		{"one order", bought(10), 20, "new"},
		{"one order, 135 days ago", bought(0), 135, "new"},
		{"one order, 136 days ago", bought(0), 136, "at risk"},
		{"in their rhythm", bought(monthly...), 135, "active"},
		{"a day late", bought(monthly...), 136, "at risk"},
		{"silent for three intervals", bought(monthly...), 180, "at risk"},
		{"and a day", bought(monthly...), 181, "lapsed"},
		{"silent for six intervals and a day", bought(monthly...), 271, "lost"},
		{"back after a lapse", bought(0, 30, 60, 90, 200), 210, "won back"},
		{"and again in their rhythm", bought(0, 30, 60, 90, 200, 230), 240, "active"},
		{"thrice in a week: the interval is seven days at least", bought(1, 2, 3), 13, "active"},
		{"more than before", bought(0, 100, 300, 320, 340, 360), 370, "growing"},
		{"as much as before", bought(0, 100, 150, 300, 360), 370, "active"},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.stage, p.Of(c.of, c.asOf).String()) })
	}
}

func TestF10Flows(t *testing.T) {
	p := lifecycle.Defaults()
	p.Months = 2
	b := lifecycle.New(calendar.Date(2026, 3, 15), p)
	require.NoError(t, b.Add(bought(calendar.Date(2026, 1, 10))))
	require.NoError(t, b.Add(bought(calendar.Date(2026, 2, 10))))
	require.NoError(t, b.Add(bought(calendar.Date(2025, 10, 1))))
	r := b.Report()
	require.EqualValues(t, 3, r.Customers)
	require.Equal(t, []lifecycle.Flow{
		{Month: calendar.Date(2026, 1, 1), From: lifecycle.Unknown, To: lifecycle.Newcomer, Customers: 1},
		{Month: calendar.Date(2026, 1, 1), From: lifecycle.Newcomer, To: lifecycle.Newcomer, Customers: 1},
		{Month: calendar.Date(2026, 2, 1), From: lifecycle.Unknown, To: lifecycle.Newcomer, Customers: 1},
		{Month: calendar.Date(2026, 2, 1), From: lifecycle.Newcomer, To: lifecycle.Newcomer, Customers: 1},
		{Month: calendar.Date(2026, 2, 1), From: lifecycle.Newcomer, To: lifecycle.AtRisk, Customers: 1},
	}, r.Flows)
}

// TestFlowsAddUp: who is at a stage when a month ends is who came into it; doubled amounts move nobody.
func TestFlowsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := lifecycle.Defaults()
		p.Months = 4
		asOf := calendar.Date(2026, 3, 1)
		b, twice := lifecycle.New(asOf, p), lifecycle.New(asOf, p)
		for i := range rapid.IntRange(0, 20).Draw(t, "customers") {
			c, d := history.Customer{ID: fmt.Sprint(i)}, history.Customer{ID: fmt.Sprint("x", i)}
			day := asOf - calendar.Day(rapid.IntRange(1, 700).Draw(t, "first"))
			for ; day < asOf; day += calendar.Day(rapid.IntRange(1, 200).Draw(t, "gap")) {
				base := money.Minor(rapid.IntRange(0, 100).Draw(t, "base"))
				c.Orders = append(c.Orders, history.Order{Day: day, Base: base})
				d.Orders = append(d.Orders, history.Order{Day: day, Base: 2 * base})
			}
			require.NoError(t, b.Add(c))
			require.NoError(t, twice.Add(d))
		}
		r, doubled := b.Report(), twice.Report()
		require.Equal(t, r.Flows, doubled.Flows)
		into, last := map[lifecycle.Stage]int64{}, asOf.AddMonths(-1)
		for _, f := range r.Flows {
			if f.Month == last {
				into[f.To] += f.Customers
			}
		}
		for i, h := range r.Stages {
			require.Equal(t, h.Customers, into[h.Stage], "%s", h.Stage)
			require.Equal(t, 2*h.Sum, doubled.Stages[i].Sum)
		}
	})
}

func TestParametersOfTheLifeCycleThatMakeNoSense(t *testing.T) {
	for field, alter := range map[string]func(*lifecycle.Params){
		"interval_days": func(p *lifecycle.Params) { p.Interval = 0 },
		"months":        func(p *lifecycle.Params) { p.Months = 61 },
		"at_risk":       func(p *lifecycle.Params) { p.AtRisk = money.Ratio{} },
		"lapsed":        func(p *lifecycle.Params) { p.Lapsed = p.AtRisk },
		"lost":          func(p *lifecycle.Params) { p.Lost, _ = money.NewRatio(1001, 1) },
	} {
		p := lifecycle.Defaults()
		alter(&p)
		refusal, ok := reason.Of(p.Check())
		require.True(t, ok, field)
		require.Equal(t, field, refusal.Field)
	}
	require.NoError(t, lifecycle.Defaults().Check())
}
