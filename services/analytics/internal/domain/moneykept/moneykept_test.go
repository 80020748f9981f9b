package moneykept_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/moneykept"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func date(text string) calendar.Day {
	d, err := calendar.Parse(text)
	if err != nil {
		panic(err)
	}
	return d
}

// bought is a customer who spent in 2023, 2024 and 2025; nothing below zero is no order.
func bought(id string, amounts ...money.Minor) history.Customer {
	c := history.Customer{ID: id}
	for i, a := range amounts {
		if a >= 0 {
			c.Orders = append(c.Orders, history.Order{Day: calendar.Date(2023+i, 6, 1), Base: a})
		}
	}
	return c
}

func report(t *testing.T, list ...history.Customer) moneykept.Report {
	t.Helper()
	b := moneykept.New(date("2026-01-01"), moneykept.Months)
	for _, c := range list {
		require.NoError(t, b.Add(c))
	}
	r, err := b.Report()
	require.NoError(t, err)
	return r
}

func TestF26MoneyIsKeptBesideHeads(t *testing.T) {
	r := report(t, bought("grew", 0, 100, 150), bought("fell", -1, 200, 50), bought("left", -1, 100, -1), bought("new", -1, -1, 70), bought("back", 10, -1, 30))
	require.Equal(t, "2024-01-01", r.BeforeFrom.String())
	require.Equal(t, "2025-01-01", r.AfterFrom.String())
	require.EqualValues(t, 3, r.All.Customers)
	require.EqualValues(t, 2, r.All.Kept)
	require.EqualValues(t, 400, r.All.Before)
	require.EqualValues(t, 200, r.All.After)
	require.Equal(t, "0.375000000", r.All.Gross().String()) // 100 + 50 of 400
	require.Equal(t, "0.500000000", r.All.Net().String())
	require.EqualValues(t, 2, r.New, "who came back after long is new money too")
	require.EqualValues(t, 100, r.NewMoney)
	require.Len(t, r.Classes, 3)
	require.Equal(t, []string{"2023", "2024"}, []string{r.Cohorts[0].Name, r.Cohorts[1].Name})
	require.Equal(t, "1.500000000", r.Cohorts[0].Net().String())
	sum := money.Minor(0)
	for _, c := range r.Classes {
		sum += c.Before
	}
	require.Equal(t, r.All.Before, sum)
}

func TestMoneyKeptOfNothing(t *testing.T) {
	r := report(t)
	require.Empty(t, r.All.Net().String())
	require.Empty(t, r.Cohorts)
	r = report(t, bought("returned", -1, 0, 5))
	require.Empty(t, r.All.Gross().String(), "nothing was spent before: no share of it is kept")
	b := moneykept.New(date("2026-01-01"), 12)
	require.NoError(t, b.Add(bought("a", -1, 1, math.MaxInt64)))
	require.NoError(t, b.Add(bought("b", -1, 1, 1)))
	_, err := b.Report()
	require.ErrorIs(t, err, reason.AmountOutOfRange)
	require.ErrorIs(t, moneykept.Check(0), reason.InvalidArgument)
	require.ErrorIs(t, moneykept.Check(61), reason.InvalidArgument)
	require.NoError(t, moneykept.Check(60))
}
