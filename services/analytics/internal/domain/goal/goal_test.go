package goal_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/goal"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func ratio(text string) money.Ratio {
	r, err := money.ParseRatio(text)
	if err != nil {
		panic(err)
	}
	return r
}

func TestG1AGoalIsHalfReached(t *testing.T) {
	for _, c := range []struct {
		name, start, target string
		current             history.Share
		rise, reached       string
		done                bool
	}{
		{"G1: 3.0 to 3.3 is a tenth more, and 3.15 half of it", "3.0", "3.3", history.ShareOf(315, 100), "0.100000000", "0.500000000", false},
		{"reached", "3.0", "3.3", history.ShareOf(33, 10), "0.100000000", "1.000000000", true},
		{"further than wanted", "3.0", "3.3", history.ShareOf(36, 10), "0.100000000", "2.000000000", true},
		{"backwards", "3.0", "3.3", history.ShareOf(27, 10), "0.100000000", "-1.000000000", false},
		{"less is wanted", "4", "3", history.ShareOf(35, 10), "-0.250000000", "0.500000000", false},
		{"less is wanted, and reached", "4", "3", history.ShareOf(3, 1), "-0.250000000", "1.000000000", true},
		{"from nothing", "0", "2", history.ShareOf(1, 1), "", "0.500000000", false},
		{"nowhere to go", "2", "2", history.ShareOf(2, 1), "0.000000000", "", true},
		{"nothing is known", "1", "2", history.Share{}, "1.000000000", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := goal.Params{Metric: goal.Purchases, Start: ratio(c.start), Target: ratio(c.target)}.Of(c.current)
			require.Equal(t, c.rise, g.Rise.String())
			require.Equal(t, c.reached, g.Reached.String())
			require.Equal(t, c.done, g.Done)
		})
	}
	require.ErrorIs(t, goal.Params{Metric: "joy"}.Check(), reason.InvalidArgument)
}

func TestMetricsOfTheYear(t *testing.T) {
	asOf := calendar.Date(2026, 1, 1)
	b := goal.New(asOf)
	require.Empty(t, b.Metric(goal.Purchases).String())
	require.Equal(t, "0.000000000", b.Metric(goal.Customers).String())
	require.NoError(t, b.Add(history.Customer{ID: "a", Orders: []history.Order{{Day: asOf - 400, Base: 99}, {Day: asOf - 300, Base: 10}, {Day: asOf - 2, Base: 20}, {Day: asOf, Base: 99}}}))
	require.NoError(t, b.Add(history.Customer{ID: "b", Orders: []history.Order{{Day: asOf - 1, Base: 5}}}))
	require.NoError(t, b.Add(history.Customer{ID: "old", Orders: []history.Order{{Day: asOf - 400, Base: 5}}}))
	for metric, want := range map[string]string{
		goal.Purchases: "1.500000000", goal.Spend: "17.500000000", goal.Customers: "2.000000000", goal.Repeat: "0.500000000",
	} {
		require.Equal(t, want, b.Metric(metric).String(), metric)
	}
}
