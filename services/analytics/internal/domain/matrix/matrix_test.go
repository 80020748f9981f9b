package matrix_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/matrix"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func bought(id string, bases ...money.Minor) history.Customer {
	c := history.Customer{ID: id}
	for i, b := range bases {
		c.Orders = append(c.Orders, history.Order{Day: calendar.Day(i), Base: b})
	}
	return c
}

func report(t require.TestingT, p matrix.Params, list ...history.Customer) matrix.Report {
	require.NoError(t, p.Check())
	b := matrix.New(100, p, &program.Economics{})
	for _, c := range list {
		require.NoError(t, b.Add(c))
	}
	r, err := b.Report()
	require.NoError(t, err)
	return r
}

func TestF9FourFieldsByMedians(t *testing.T) {
	p := matrix.Defaults()
	p.Members = "high/low"
	r := report(t, p, bought("a", 10), bought("b", 90), bought("c", 5, 5, 5), bought("d", 50, 50))
	require.Equal(t, []int64{90}, r.XCuts)
	require.Equal(t, []int64{2}, r.YCuts)
	require.Equal(t, []matrix.Field{
		{X: "low", Y: "high", Customers: 1, Revenue: 15, Action: "invest", Condition: "spend_minor < 90 && orders >= 2"},
		{X: "high", Y: "high", Customers: 1, Revenue: 100, Action: "keep", Condition: "spend_minor >= 90 && orders >= 2"},
		{X: "low", Y: "low", Customers: 1, Revenue: 10, Action: "economise", Condition: "spend_minor < 90 && orders < 2"},
		{X: "high", Y: "low", Customers: 1, Revenue: 90, Action: "develop", Condition: "spend_minor >= 90 && orders < 2"},
	}, r.Fields)
	require.Equal(t, []matrix.Member{{ID: "b", X: 90, Y: 1}}, r.Members)
}

func TestACategoryThatCameBackWholeWasNotBought(t *testing.T) {
	c := bought("a", 10)
	c.Orders[0].Detail = &history.Detail{Lines: []history.Line{{Category: "tea", Base: 10}, {Category: "cups"}, {Category: "tea", Base: 1}}}
	r := report(t, matrix.Params{X: "categories", Y: "orders", Size: 2, XCuts: []int64{1}, YCuts: []int64{1}, Members: "high/high"}, c)
	require.Equal(t, []matrix.Member{{ID: "a", X: 1, Y: 1}}, r.Members)
}

func TestNineFieldsByValue(t *testing.T) {
	p := matrix.Params{X: "average", Y: "recency", Size: 3, XCuts: []int64{10, 20}, YCuts: []int64{98, 100}}
	r := report(t, p, bought("a", 10), bought("b", 19, 20, 21))
	require.Len(t, r.Fields, 9)
	require.EqualValues(t, 1, r.Fields[1].Customers, "10 is where the middle begins, 100 where the high recency does")
	require.EqualValues(t, 1, r.Fields[5].Customers)
	require.Equal(t, "maintain", r.Fields[4].Action)
	require.Equal(t, "average_minor >= 10 && average_minor < 20 && recency_days >= 98 && recency_days < 100", r.Fields[4].Condition)
}

func TestMatricesOfNobodyAndOfEquals(t *testing.T) {
	r := report(t, matrix.Defaults())
	require.Empty(t, r.XCuts)
	require.Len(t, r.Fields, 4)
	r = report(t, matrix.Defaults(), bought("a", 0), bought("b", 0))
	require.EqualValues(t, 2, r.Fields[1].Customers, "all equal are all high")
	for field, p := range map[string]matrix.Params{
		"x": {X: "joy", Y: "orders", Size: 2}, "y": {X: "orders", Size: 2}, "size": {X: "orders", Y: "orders", Size: 4},
		"x_cuts":     {X: "orders", Y: "orders", Size: 2, XCuts: []int64{1, 2}},
		"y_cuts":     {X: "orders", Y: "orders", Size: 3, YCuts: []int64{2, 2}},
		"members_of": {X: "orders", Y: "orders", Size: 2, Members: "middle/low"},
	} {
		refusal, ok := reason.Of(p.Check())
		require.True(t, ok, field)
		require.Equal(t, field, refusal.Field)
	}
}

// TestFieldsHoldEverybody, and doubled amounts move nobody.
func TestFieldsHoldEverybody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := matrix.Defaults()
		p.Size = rapid.IntRange(2, 3).Draw(t, "size")
		p.Y = rapid.SampledFrom(matrix.Measures()).Draw(t, "y")
		var list, twice []history.Customer
		for i := range rapid.IntRange(0, 30).Draw(t, "customers") {
			var bases, doubled []money.Minor
			for range rapid.IntRange(1, 4).Draw(t, "orders") {
				base := money.Minor(rapid.IntRange(0, 20).Draw(t, "base"))
				bases, doubled = append(bases, base), append(doubled, 2*base)
			}
			list, twice = append(list, bought(fmt.Sprint(i), bases...)), append(twice, bought(fmt.Sprint("x", i), doubled...))
		}
		if p.Y == "average" {
			p.Y = "orders" // it is rounded down
		}
		r, d := report(t, p, list...), report(t, p, twice...)
		sum := int64(0)
		for i, f := range r.Fields {
			sum += f.Customers
			require.Equal(t, f.Customers, d.Fields[i].Customers)
			require.Equal(t, 2*f.Revenue, d.Fields[i].Revenue)
		}
		require.EqualValues(t, len(list), sum)
	})
}
