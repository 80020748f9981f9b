package pareto_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/pareto"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// shop is customers a, b, c, ... with one order each, of these amounts.
func shop(amounts ...money.Minor) []history.Customer {
	var list []history.Customer
	for i, amount := range amounts {
		list = append(list, history.Customer{ID: fmt.Sprintf("%c", 'a'+i), Orders: []history.Order{{Day: 1, Base: amount}}})
	}
	return list
}

func report(t require.TestingT, list []history.Customer, params pareto.Params) pareto.Report {
	b := pareto.New(2, params)
	for _, c := range list {
		require.NoError(t, b.Add(c))
	}
	return b.Report()
}

func TestSpreadOfRevenue(t *testing.T) {
	for _, c := range []struct {
		name    string
		amounts []money.Minor
		top     string // customers, sum, share
		most    int64
		half    int64
		gini    string
		classes string // of a, b, c, ...
	}{
		{
			name: "one customer has it all", amounts: []money.Minor{0, 0, 0, 0, 100},
			top: "1 100 1.000000000", most: 1, half: 1, gini: "0.800000000", classes: "CCCCA",
		},
		{
			name: "all are equal", amounts: []money.Minor{10, 10, 10, 10, 10},
			top: "1 10 0.200000000", most: 4, half: 3, gini: "0.000000000", classes: "AAAAB",
		},
		{
			name: "of equals the lower id is better", amounts: []money.Minor{5, 80, 5, 5, 5},
			top: "1 80 0.800000000", most: 1, half: 1, gini: "0.600000000", classes: "BABBC",
		},
		{
			name: "who crosses a line belongs to the better class", amounts: []money.Minor{79, 16, 5},
			top: "1 79 0.790000000", most: 2, half: 1, gini: "0.493333333", classes: "AAC",
		},
		{
			name: "a fifth is rounded up", amounts: []money.Minor{1, 2, 3, 4, 5, 6},
			top: "2 11 0.523809524", most: 4, half: 2, gini: "0.277777778", classes: "CBAAAA",
		},
		{name: "one customer", amounts: []money.Minor{7}, top: "1 7 1.000000000", most: 1, half: 1, gini: "0.000000000", classes: "A"},
		{name: "nobody paid anything", amounts: []money.Minor{0, 0}, top: "1 0 ", classes: "CC"},
		{name: "nobody is there", top: "0 0 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			list := shop(c.amounts...)
			r := report(t, list, pareto.Defaults())
			require.EqualValues(t, len(c.amounts), r.Customers)
			require.Equal(t, c.top, fmt.Sprint(r.Top.Customers, " ", r.Top.Sum, " ", r.Top.Share))
			require.Equal(t, c.most, r.Most.Customers)
			require.Equal(t, c.half, r.Half.Customers)
			require.Equal(t, c.gini, r.Gini.String())
			classes := ""
			for i, amount := range c.amounts {
				classes += r.Cuts.Class(list[i].ID, amount)
			}
			require.Equal(t, c.classes, classes)
		})
	}
}

func TestOnlyOrdersBeforeTheDayCount(t *testing.T) {
	r := report(t, []history.Customer{
		{ID: "a", Orders: []history.Order{{Day: 1, Base: 5}, {Day: 2, Base: 100}}},
		{ID: "b", Orders: []history.Order{{Day: 2, Base: 100}}},
	}, pareto.Defaults())
	require.EqualValues(t, 1, r.Customers)
	require.EqualValues(t, 5, r.Total)
}

func TestASumThatDoesNotFitIsRefused(t *testing.T) {
	b := pareto.New(2, pareto.Defaults())
	list := shop(math.MaxInt64, 1)
	require.NoError(t, b.Add(list[0]))
	require.ErrorIs(t, b.Add(list[1]), reason.AmountOutOfRange)
}

func TestAmountsAsGreatAsTheyGet(t *testing.T) {
	r := report(t, shop(math.MaxInt64-1, 1), pareto.Defaults())
	require.EqualValues(t, math.MaxInt64, r.Total)
	require.Equal(t, "0.500000000", r.Gini.String())
}

func TestThresholdsThatMakeNoSense(t *testing.T) {
	ratio := func(text string) money.Ratio {
		r, err := money.ParseRatio(text)
		require.NoError(t, err)
		return r
	}
	for _, c := range []struct {
		name  string
		field string
		alter func(*pareto.Params)
	}{
		{"no top", "top_share", func(p *pareto.Params) { p.Top = money.Ratio{} }},
		{"more than all", "most_share", func(p *pareto.Params) { p.Most = ratio("1.01") }},
		{"no class A", "a_share", func(p *pareto.Params) { p.A = money.Ratio{} }},
		{"B beyond all", "b_share", func(p *pareto.Params) { p.B = ratio("2") }},
		{"B ends where A does", "b_share", func(p *pareto.Params) { p.B = p.A }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := pareto.Defaults()
			c.alter(&p)
			refusal, ok := reason.Of(p.Check())
			require.True(t, ok)
			require.Equal(t, reason.InvalidArgument, refusal.Reason)
			require.Equal(t, c.field, refusal.Field)
		})
	}
	require.NoError(t, pareto.Defaults().Check())
}
