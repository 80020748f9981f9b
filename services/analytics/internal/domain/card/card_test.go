package card_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/card"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

func order(day calendar.Day, channel string, lines ...history.Line) history.Order {
	o := history.Order{Day: day, Detail: &history.Detail{Channel: channel, Points: 5, Lines: lines}}
	for _, l := range lines {
		o.Base += l.Base
	}
	return o
}

func line(category string, base money.Minor) history.Line {
	return history.Line{Category: category, Base: base}
}

func TestF1WhatIsKnownOfACustomer(t *testing.T) {
	b := card.NewCrowd(100)
	list := []history.Customer{
		{
			ID: "ann", Tiers: []history.TierFrom{{Day: 10, Tier: "bronze"}, {Day: 70, Tier: "silver"}, {Day: 100, Tier: "gold"}},
			Orders: []history.Order{
				order(10, "web", line("tea", 300), line("tea", 100), line("", 50)), order(40, "till", line("cups", 50)),
				order(71, "web", line("tea", 100)), order(100, "web", line("books", 1000)),
			},
			Deeds: []history.Deed{{Day: 20, Type: "visit", Points: 3}, {Day: 50, Type: "visit"}, {Day: 60, Type: "case"}},
		},
		{ID: "bob", Orders: []history.Order{order(99, "", line("books", 10), line("pens", 1))}},
		{ID: "cid", Orders: []history.Order{order(99, "", line("books", 10))}},
	}
	for _, c := range list {
		require.NoError(t, b.Add(c))
	}
	require.Equal(t, []string{"ann", "bob", "cid"}, b.Ask())
	for _, c := range list {
		b.Bought(c)
	}
	crowd, err := b.Crowd()
	require.NoError(t, err)
	c, some, err := card.Of(list[0], 100, &program.Economics{Order: 10}, crowd)
	require.NoError(t, err)
	require.True(t, some)
	require.Equal(t, []string{"silver", "A", "at risk", "active"}, []string{c.Tier, c.Class, c.Segment, c.Stage})
	require.Equal(t, []int64{90, 29, 30, 3, 3}, []int64{c.Tenure, c.Silent, c.Interval, c.Orders, c.PurchaseDays})
	require.EqualValues(t, 600, c.Profit.Revenue)
	require.EqualValues(t, 18, c.Points)
	require.Equal(t, "tea", c.Categories[0].Name)
	require.EqualValues(t, 2, c.Categories[0].Orders)
	require.Equal(t, "0.833333333", c.Categories[0].Share.String())
	require.Len(t, c.NotYet, 2)
	require.Equal(t, "books", c.NotYet[0].Name, "what was bought on the day itself is not known yet")
	require.Equal(t, "0.666666667", c.NotYet[0].Share.String())
	require.Equal(t, []card.Times{{Name: "till", N: 1, Last: 40}, {Name: "web", N: 2, Last: 71}}, c.Channels)
	require.Equal(t, []card.Times{{Name: "case", N: 1, Last: 60}, {Name: "visit", N: 2, Last: 50}}, c.Actions)
}

// TestSomeAreAskedWhatTheyBought: as many as are needed, the same in whatever order they come, and none more likely than another.
func TestSomeAreAskedWhatTheyBought(t *testing.T) {
	const all = 30_000
	asked := func(step int) []string {
		b := card.NewCrowd(100)
		for i := range all {
			require.NoError(t, b.Add(history.Customer{ID: fmt.Sprintf("m%05d", i*step%all), Orders: []history.Order{order(10, "web", line("tea", 300))}}))
		}
		return b.Ask()
	}
	ids := asked(1)
	require.Len(t, ids, card.AskedMax)
	require.True(t, slices.IsSorted(ids))
	require.Equal(t, ids, asked(7))
	low := 0
	for _, id := range ids {
		if id < "m15000" {
			low++
		}
	}
	require.InDelta(t, card.AskedMax/2, low, 150, "four standard errors")
}

func TestCardsOfThoseWhoBoughtNothing(t *testing.T) {
	crowd, err := card.NewCrowd(100).Crowd()
	require.NoError(t, err)
	_, some, err := card.Of(history.Customer{ID: "ann", Deeds: []history.Deed{{Day: 100, Type: "survey"}}}, 100, &program.Economics{}, crowd)
	require.NoError(t, err)
	require.False(t, some, "what happens on the day itself is not known yet")
	c, some, err := card.Of(history.Customer{ID: "ann", Deeds: []history.Deed{{Day: 1, Type: "survey"}}}, 100, &program.Economics{}, crowd)
	require.NoError(t, err)
	require.True(t, some)
	require.Equal(t, "prospect", c.Stage)
	require.Equal(t, calendar.None, c.First)
	require.Empty(t, c.Segment)
}
