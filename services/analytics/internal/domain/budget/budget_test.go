package budget_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/budget"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

var start, day, end = calendar.Date(2025, time.January, 1), calendar.Date(2025, time.March, 1), calendar.Date(2025, time.July, 1)

func told(kind, data string) history.Customer {
	return history.Customer{Deeds: []history.Deed{{Day: day, Type: kind, Data: data}}}
}

func report(t *testing.T, p budget.Params, e *program.Economics, customers ...history.Customer) budget.Report {
	t.Helper()
	require.NoError(t, p.Check())
	b := budget.New(start, end, p, e)
	for _, c := range customers {
		require.NoError(t, b.Add(c))
	}
	r, err := b.Report()
	require.NoError(t, err)
	return r
}

func line(s budget.Spent) string {
	planned := "-"
	if s.Planned != nil {
		planned = fmt.Sprint(*s.Planned)
	}
	return fmt.Sprintf("%s/%s: %s %d %d %s", s.Side, s.Name, planned, s.Committed, s.Actual, s.State)
}

func lines(list []budget.Spent) []string {
	var all []string
	for _, s := range list {
		all = append(all, line(s))
	}
	return all
}

func TestG2BudgetByLine(t *testing.T) {
	p := budget.Defaults()
	p.Plan = map[budget.Line]money.Minor{
		{Side: budget.Retention, Name: budget.Rewards}: 100, {Side: budget.Retention, Name: "communication"}: 1000, {Side: budget.Retention, Name: "platform"}: 500,
		{Side: budget.Acquisition, Name: "communication"}: 1000,
	}
	tenth, _ := money.NewRatio(1, 10)
	e := &program.Economics{Point: tenth, Order: 7}
	earner := history.Customer{
		Orders: []history.Order{{Day: start.AddDays(-1), Base: 5}, {Day: day, Base: 9000}},
		Points: []history.PointsAt{{Day: start.AddDays(-1), Issued: 9999}, {Day: day, Issued: 900}, {Day: day, Spent: 300}, {Day: day, Lapsed: 100}},
	}
	r := report(t, p, e, earner,
		told("campaign", `{"budget_line": "communication", "amount_minor": 700}`),
		told("campaign", `{"budget_line": "communication", "amount_minor": 300, "budget_state": "committed"}`),
		told("acquisition_cost", `{"budget_line": "communication", "amount_minor": 799}`), told("acquisition_cost", `{"amount_minor": 5}`),
		told("campaign", `{"budget_line": "gifts", "budget_side": "other", "amount_minor": 1}`), told("campaign", `{"budget_line": "gifts"}`), told("visit", `{}`))
	require.Equal(t, []string{
		"retention/communication: 1000 1000 700 stop", // what is bound counts, whether it is paid or not
		"retention/platform: 500 0 0 fine",
		"retention/rewards: 100 80 30 warning", // committed when issued, less what has lapsed; paid when spent
		"retention/service: - 7 7 unplanned",
		"acquisition/communication: 1000 799 799 fine",
		"acquisition/other: - 5 5 unplanned",
	}, lines(r.Lines))
	require.Equal(t, []string{"retention/: 1600 1087 737 fine", "acquisition/: 1000 804 804 warning"}, lines(r.Sides), "apart, never added up")
	require.EqualValues(t, 9000, r.Revenue)
	require.EqualValues(t, 2, r.Unreadable)
	require.Equal(t, "0.800000000", r.Lines[2].Used.String(), "at the mark, not beyond it")
}

func TestG2WithoutMuch(t *testing.T) {
	r := report(t, budget.Defaults(), &program.Economics{})
	require.Empty(t, r.Lines)
	require.Equal(t, []string{"retention/: - 0 0 unplanned", "acquisition/: - 0 0 unplanned"}, lines(r.Sides))
	none := budget.Defaults()
	none.Plan = map[budget.Line]money.Minor{{Side: budget.Retention, Name: "gifts"}: 0}
	r = report(t, none, &program.Economics{}, told("x", `{"budget_line": "gifts", "amount_minor": 1}`))
	require.Equal(t, budget.Stopped, r.Lines[0].State, "nothing was planned, and something is bound")
	tenth, _ := money.NewRatio(1, 10)
	back := history.Customer{Points: []history.PointsAt{{Day: day, Issued: -50, Spent: -10}}}
	require.Equal(t, "retention/rewards: - 0 0 unplanned", line(report(t, budget.Defaults(), &program.Economics{Point: tenth}, back).Lines[0]), "never below nothing")
	many := budget.New(start, end, budget.Defaults(), &program.Economics{Point: tenth, Order: 7})
	require.NoError(t, many.Add(history.Customer{Orders: []history.Order{{Day: day, Base: 1}}, Points: []history.PointsAt{{Day: day, Issued: 20}}}))
	for i := range 150 {
		require.NoError(t, many.Add(told("x", fmt.Sprintf(`{"budget_line": "line %d", "amount_minor": 1}`, i))))
	}
	r, err := many.Report()
	require.NoError(t, err)
	require.Len(t, r.Lines, 103)
	state := lines(r.Lines)
	require.Contains(t, state, "retention/other: - 50 50 unplanned", "what is more than a hundred lines")
	require.Contains(t, state, "retention/rewards: - 2 0 unplanned", "what Laurel knows itself has its line whatever else is named")
	require.Contains(t, state, "retention/service: - 7 7 unplanned")
	for field, alter := range map[string]func(*budget.Params){
		"plan":       func(p *budget.Params) { p.Plan[budget.Line{Side: "both", Name: "x"}] = 1 },
		"stop_share": func(p *budget.Params) { p.Stop = tenth },
	} {
		p := budget.Defaults()
		alter(&p)
		require.ErrorContains(t, p.Check(), field)
	}
}
