package loyaltytype_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/loyaltytype"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

var asOf = calendar.Date(2026, 1, 1)

func who(id string, orders int, data ...string) history.Customer {
	c := history.Customer{ID: id}
	for i := range orders {
		c.Orders = append(c.Orders, history.Order{Day: asOf - 100 + calendar.Day(i), Base: 100})
	}
	for i, text := range data {
		d := history.Deed{Day: asOf - 50 + calendar.Day(i), Type: "survey", Data: text}
		if text == "" {
			d.Type = "referral"
		}
		c.Deeds = append(c.Deeds, d)
	}
	return c
}

func TestF16TheRulesInTheirOrder(t *testing.T) {
	for _, c := range []struct {
		name string
		of   history.Customer
		want string
	}{
		{"attitude was never told", who("a", 9, `{"alternatives":0}`), loyaltytype.Unknown},
		{"seldom and not gladly", who("a", 2, `{"attitude":3,"alternatives":0}`), loyaltytype.None},
		{"seldom but gladly", who("a", 2, `{"attitude":4}`), loyaltytype.Latent},
		{"often, nowhere else to go", who("a", 3, `{"attitude":5,"alternatives":0}`), loyaltytype.Involuntary},
		{"half of the orders with a reward", who("a", 4, `{"attitude":5,"incentive":"1"}`, `{"incentive":"2"}`), loyaltytype.Incentive},
		{"one order told of twice", who("a", 4, `{"attitude":4,"incentive":"1"}`, `{"incentive":"1"}`), loyaltytype.Brand},
		{"a small rise", who("a", 3, `{"attitude":5,"tolerance_percent":2}`), loyaltytype.Benefit},
		{"often but not gladly", who("a", 3, `{"attitude":3,"tolerance_percent":3,"alternatives":1}`), loyaltytype.False},
		{"of super value by a referral", who("a", 3, `{"attitude":4,"tolerance_percent":10}`, ""), loyaltytype.SuperValue},
		{"of super value by word", who("a", 3, `{"attitude":4,"tolerance_percent":10,"recommend":9}`), loyaltytype.SuperValue},
		{"brings nobody", who("a", 3, `{"attitude":4,"tolerance_percent":10,"recommend":8}`), loyaltytype.Brand},
		{"bears little", who("a", 3, `{"attitude":4,"tolerance_percent":9,"recommend":10}`), loyaltytype.Brand},
		{"the latest answer counts", who("a", 3, `{"attitude":5}`, `{"attitude":1}`), loyaltytype.False},
	} {
		got, ok := loyaltytype.Defaults().Of(c.of, asOf)
		require.True(t, ok, c.name)
		require.Equal(t, c.want, got, c.name)
	}
	_, ok := loyaltytype.Defaults().Of(who("a", 1), asOf-100)
	require.False(t, ok)
}

// TestF16WhatWasNotSaidIsNoTolerance, however low the threshold is.
func TestF16WhatWasNotSaidIsNoTolerance(t *testing.T) {
	p := loyaltytype.Defaults()
	p.ToleranceFrom, p.SuperFrom = 0, 0
	require.NoError(t, p.Check())
	for data, want := range map[string]string{
		`{"attitude":4,"recommend":9}`: loyaltytype.Brand, `{"attitude":4,"recommend":9,"tolerance_percent":0}`: loyaltytype.SuperValue,
	} {
		got, ok := p.Of(who("a", 3, data), asOf)
		require.True(t, ok)
		require.Equal(t, want, got, data)
	}
}

func TestF16MovesBetweenTwoDays(t *testing.T) {
	b := loyaltytype.New(asOf, asOf-50, loyaltytype.Defaults())
	for _, c := range []history.Customer{
		who("a", 3, `{"attitude":5}`), who("b", 3, `{"attitude":5}`), who("c", 1), who("d", 0, `{"attitude":5}`),
		{ID: "e", Orders: []history.Order{{Day: asOf - 1, Base: 7}}},
	} {
		require.NoError(t, b.Add(c))
	}
	r := b.Report()
	require.EqualValues(t, 4, r.Customers)
	require.Equal(t, []loyaltytype.Move{
		{From: "", To: loyaltytype.Unknown, Customers: 1}, {From: loyaltytype.Unknown, To: loyaltytype.Unknown, Customers: 1},
		{From: loyaltytype.Unknown, To: loyaltytype.Brand, Customers: 2},
	}, r.Moves)
	require.EqualValues(t, 600, r.Types[len(r.Types)-1].Revenue)
}

func TestThresholdsThatAreRefused(t *testing.T) {
	for field, change := range map[string]func(*loyaltytype.Params){
		"months":          func(p *loyaltytype.Params) { p.Months = 0 },
		"gladly_from":     func(p *loyaltytype.Params) { p.GladlyFrom = 6 },
		"super_from":      func(p *loyaltytype.Params) { p.SuperFrom = 2 },
		"incentive_share": func(p *loyaltytype.Params) { p.IncentiveFrom = money.Ratio{} },
	} {
		p := loyaltytype.Defaults()
		require.NoError(t, p.Check())
		change(&p)
		refusal, ok := reason.Of(p.Check())
		require.True(t, ok, field)
		require.Equal(t, field, refusal.Field)
	}
}

// TestEverybodyIsOfOneType, and a threshold that nobody reaches leaves a type empty, not anybody out.
func TestEverybodyIsOfOneType(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := loyaltytype.Defaults()
		p.OftenFrom = rapid.Int64Range(1, 1000).Draw(t, "often")
		b, bought := loyaltytype.New(asOf, asOf-10, p), int64(0)
		for i := range rapid.IntRange(0, 20).Draw(t, "customers") {
			n := rapid.IntRange(0, 5).Draw(t, "orders")
			bought += int64(min(n, 1))
			require.NoError(t, b.Add(who(fmt.Sprint(i), n, fmt.Sprintf(`{"attitude":%d,"alternatives":%d,"tolerance_percent":%d}`,
				rapid.IntRange(0, 6).Draw(t, "attitude"), rapid.IntRange(-1, 3).Draw(t, "alternatives"), rapid.IntRange(0, 20).Draw(t, "tolerance")))))
		}
		r, sum, moved := b.Report(), int64(0), int64(0)
		for _, h := range r.Types {
			sum += h.Customers
		}
		for _, m := range r.Moves {
			moved += m.Customers
		}
		require.Equal(t, bought, sum)
		require.Equal(t, bought, moved)
	})
}
