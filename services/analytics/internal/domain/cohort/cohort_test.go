package cohort_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/cohort"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func day(t require.TestingT, text string) calendar.Day {
	d, err := calendar.Parse(text)
	require.NoError(t, err)
	return d
}

// bought is a customer with orders on these days.
func bought(t require.TestingT, id string, days ...string) history.Customer {
	c := history.Customer{ID: id}
	for _, text := range days {
		c.Orders = append(c.Orders, history.Order{Day: day(t, text), Base: 100})
	}
	return c
}

func report(t require.TestingT, list []history.Customer, asOf calendar.Day, params cohort.Params) cohort.Report {
	require.NoError(t, params.Check())
	b := cohort.New(asOf, params)
	for _, c := range list {
		require.NoError(t, b.Add(c))
	}
	return b.Report()
}

func shop(t require.TestingT) []history.Customer {
	return []history.Customer{
		bought(t, "anna", "2024-11-30", "2024-12-01", "2025-02-10"),
		bought(t, "bob", "2024-11-05", "2024-11-05"),
		bought(t, "carl", "2025-01-31", "2025-02-28", "2025-03-01", "2025-03-01"),
		bought(t, "dora", "2025-03-01"),
	}
}

func TestTheTriangle(t *testing.T) {
	r := report(t, shop(t), day(t, "2025-03-02"), cohort.Defaults())
	require.Len(t, r.Cohorts, 3)
	for i, want := range []struct {
		month  string
		active []int64
		second int64
	}{
		{"2024-11-01", []int64{2, 1, 0, 1, 0}, 1},
		{"2025-01-01", []int64{1, 1, 1}, 1}, // nobody came in December
		{"2025-03-01", []int64{1}, 0},
	} {
		require.Equal(t, want.month, r.Cohorts[i].Month.String())
		require.Equal(t, want.active, r.Cohorts[i].Active)
		require.Equal(t, want.second, r.Cohorts[i].Second)
	}
	require.EqualValues(t, 3, r.Orders2, "two orders on one day are two orders")
	require.EqualValues(t, 2, r.Days2, "and one purchase day")
	require.Equal(t, "0.500000000", r.All.Ever().String())
	require.EqualValues(t, 2, r.All.Third)
}

func TestOnlyOrdersBeforeTheDayCount(t *testing.T) {
	r := report(t, shop(t), day(t, "2024-12-01"), cohort.Defaults())
	require.Len(t, r.Cohorts, 1)
	require.Equal(t, []int64{2}, r.Cohorts[0].Active)
	require.Zero(t, r.All.Second)
}

func TestOlderCohortsAreCountedButNotShown(t *testing.T) {
	params := cohort.Defaults()
	params.Months = 3
	r := report(t, shop(t), day(t, "2025-03-02"), params)
	require.EqualValues(t, 2, r.Older)
	require.Len(t, r.Cohorts, 2)
	require.EqualValues(t, 4, r.All.Customers)
}

func TestWindowsOfNewcomers(t *testing.T) {
	newcomers := []history.Customer{
		bought(t, "a", "2025-01-01", "2025-01-31", "2025-02-01"), // on the 30th day: within 30
		bought(t, "b", "2025-01-01", "2025-02-01", "2025-02-02"), // on the 31st
		bought(t, "c", "2025-01-01"),
		bought(t, "d", "2025-02-10", "2025-02-11"), // not observed for 30 days yet
	}
	r := report(t, newcomers, day(t, "2025-03-01"), cohort.Defaults())
	require.Equal(t, cohort.Window{Days: 30, Customers: 3, Second: 1}, r.All.Windows[0])
	require.Equal(t, cohort.Window{Days: 90}, r.All.Windows[1], "nobody has been observed for so long")
	require.False(t, r.All.Windows[1].Share().IsSet())
	require.EqualValues(t, 3, r.All.Second)

	params := cohort.Defaults()
	params.Windows = []int{31, 32}
	r = report(t, newcomers, day(t, "2025-03-01"), params)
	require.Equal(t, cohort.Window{Days: 31, Customers: 3, Second: 2, Third: 1}, r.All.Windows[0])
	require.Equal(t, cohort.Window{Days: 32, Customers: 3, Second: 2, Third: 2}, r.All.Windows[1])
	require.True(t, r.All.Windows[0].Regular(params.Mark), "two of three are most")
}

func TestTheMarkIsReachedByHalfOfThem(t *testing.T) {
	mark := cohort.Defaults().Mark
	require.True(t, cohort.Window{Customers: 4, Second: 2}.Regular(mark))
	require.False(t, cohort.Window{Customers: 5, Second: 2}.Regular(mark))
	require.False(t, cohort.Window{}.Regular(mark))
}

func TestParametersThatMakeNoSense(t *testing.T) {
	two, err := money.ParseRatio("2")
	require.NoError(t, err)
	for _, c := range []struct {
		name  string
		field string
		alter func(*cohort.Params)
	}{
		{"no month", "months", func(p *cohort.Params) { p.Months = 0 }},
		{"more months than are shown", "months", func(p *cohort.Params) { p.Months = cohort.MonthsMax + 1 }},
		{"no window", "window_days", func(p *cohort.Params) { p.Windows = nil }},
		{"too many windows", "window_days", func(p *cohort.Params) { p.Windows = make([]int, cohort.WindowsMax+1) }},
		{"a window of no day", "window_days", func(p *cohort.Params) { p.Windows = []int{0} }},
		{"a window of a lifetime", "window_days", func(p *cohort.Params) { p.Windows = []int{cohort.DaysMax + 1} }},
		{"windows that do not rise", "window_days", func(p *cohort.Params) { p.Windows = []int{30, 30} }},
		{"no mark", "mark_share", func(p *cohort.Params) { p.Mark = money.Ratio{} }},
		{"a mark beyond all", "mark_share", func(p *cohort.Params) { p.Mark = two }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := cohort.Defaults()
			c.alter(&p)
			refusal, ok := reason.Of(p.Check())
			require.True(t, ok)
			require.Equal(t, reason.InvalidArgument, refusal.Reason)
			require.Equal(t, c.field, refusal.Field)
		})
	}
}
