package town_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/town"
)

// TestTheBudgetIsWhatWasBooked counts each line again from the events of the last twelve months, and lines stand in each of the ways in
// which they can: 90 % of the plan, half of it, more than it, and no plan.
func TestTheBudgetIsWhatWasBooked(t *testing.T) {
	p := town.Of(7, 2000, 2)
	made := town.Make(p)
	truth := made.Planted(p).Plans.Budget
	type sum struct{ bound, paid int64 }
	begin, lines, without := p.End().AddMonths(-12), map[string]sum{}, int64(0)
	earlier := false
	for _, a := range answersOf(t, made, "spending")["town-hall"] {
		amount, some := a.Data["amount_minor"].(int64)
		switch {
		case !some:
			without++
		case a.Day < begin:
			earlier = true
		default:
			name := a.Data["budget_line"].(string)
			s := sum{lines[name].bound + amount, lines[name].paid}
			if a.Data["budget_state"] == "paid" {
				s.paid += amount
			}
			lines[name] = s
		}
	}
	require.True(t, earlier, "what was spent before the period does not count")
	require.Equal(t, truth.Unreadable, without)
	require.Positive(t, without)
	states := map[string]string{}
	for _, l := range truth.Lines {
		states[l.Name] = l.State
		if s, booked := lines[l.Name]; booked {
			require.Equal(t, sum{l.CommittedMinor, l.PaidMinor}, s, l.Name)
			require.Less(t, s.paid, s.bound, l.Name)
		}
	}
	require.Len(t, lines, 5)
	require.Equal(t, map[string]string{
		"festival": "warning", "flowers": "unplanned", "letters": "fine", "vouchers": "stop", "posters": "fine",
		"service": "unplanned", "other": "unplanned", "rewards": "unplanned",
	}, states)
	require.True(t, truth.GrowthWithoutMoney)
}

// TestGoalsAreMeasuredByTheOrders of the last twelve months, counted again.
func TestGoalsAreMeasuredByTheOrders(t *testing.T) {
	p := town.Of(7, 2000, 2)
	made := town.Make(p)
	orders, days, spent, begin := 0, map[string]map[calendar.Day]bool{}, int64(0), p.End().AddMonths(-12)
	for _, o := range made.Orders {
		if o.Day < begin {
			continue
		}
		if days[o.Account] == nil {
			days[o.Account] = map[calendar.Day]bool{}
		}
		days[o.Account][o.Day] = true
		orders++
		spent += int64(o.Amount)
	}
	twice := 0
	for _, of := range days {
		if len(of) >= 2 {
			twice++
		}
	}
	n := float64(len(days))
	now := map[string]float64{"purchases": float64(orders) / n, "spend": float64(spent) / n, "customers": n, "repeat": float64(twice) / n}
	start := map[string]float64{"purchases": 8, "spend": 30_000, "customers": 1000, "repeat": 0.5}
	target := map[string]float64{"purchases": 12, "spend": 60_000, "customers": 2000, "repeat": 0.7}
	plans := made.Planted(p).Plans
	require.Len(t, plans.Goals, 4)
	reached := 0
	for _, g := range plans.Goals {
		require.InDelta(t, now[g.Metric], g.Now, 1e-9, g.Metric)
		require.InDelta(t, (now[g.Metric]-start[g.Metric])/(target[g.Metric]-start[g.Metric]), g.Reached, 1e-9, g.Metric)
		require.Equal(t, g.Now >= target[g.Metric], g.Done)
		if g.Done {
			reached++
		}
	}
	require.True(t, reached > 0 && reached < 4, "some are reached, and some are not")
	require.Equal(t, spent, plans.Budget.RevenueMinor)
	visits := 0
	for _, a := range made.Actions {
		if a.Type == "visit" && a.Day >= p.End().AddMonths(-12) {
			visits++
		}
	}
	for _, l := range plans.Budget.Lines {
		if l.Name == "service" {
			require.EqualValues(t, 150*orders+1200*visits, l.CommittedMinor)
		}
	}
}
