package history_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func customer(days ...calendar.Day) history.Customer {
	c := history.Customer{ID: "anna"}
	for i, d := range days {
		c.Orders = append(c.Orders, history.Order{Day: d, Base: money.Minor(100 * (i + 1))})
	}
	return c
}

func TestACustomerBeforeADay(t *testing.T) {
	anna := customer(3, 5, 5, 9)
	for _, c := range []struct {
		name        string
		before      calendar.Day
		orders      int
		spend       money.Minor
		days        []calendar.Day
		first, last calendar.Day
	}{
		{name: "on the day of the first order nothing is known yet", before: 3, first: calendar.None, last: calendar.None},
		{name: "the day after it", before: 4, orders: 1, spend: 100, days: []calendar.Day{3}, first: 3, last: 3},
		{name: "two orders on one day", before: 6, orders: 3, spend: 600, days: []calendar.Day{3, 5}, first: 3, last: 5},
		{name: "all", before: 100, orders: 4, spend: 1000, days: []calendar.Day{3, 5, 9}, first: 3, last: 9},
	} {
		t.Run(c.name, func(t *testing.T) {
			then := anna.Before(c.before)
			require.Equal(t, "anna", then.ID)
			require.Len(t, then.Orders, c.orders)
			spend, err := then.Spend()
			require.NoError(t, err)
			require.Equal(t, c.spend, spend)
			require.Equal(t, c.days, then.Days())
			require.Equal(t, c.first, then.First())
			require.Equal(t, c.last, then.Last())
		})
	}
	require.Len(t, anna.Orders, 4, "the customer stays as they were")
}

func TestATotalThatDoesNotFitIsNone(t *testing.T) {
	c := history.Customer{Orders: []history.Order{{Base: math.MaxInt64}, {Base: 1}}}
	_, err := c.Spend()
	require.ErrorIs(t, err, reason.AmountOutOfRange)
	sum, err := history.Add(math.MaxInt64-1, 1)
	require.NoError(t, err)
	require.EqualValues(t, math.MaxInt64, sum)
}

func TestSharesArePrintedWithNineDigits(t *testing.T) {
	for _, c := range []struct {
		share history.Share
		want  string
	}{
		{history.ShareOf(1, 3), "0.333333333"},
		{history.ShareOf(2, 3), "0.666666667"},
		{history.ShareOf(1, 2_000_000_000), "0.000000001"},
		{history.ShareOf(0, 5), "0.000000000"},
		{history.ShareOf(5, 5), "1.000000000"},
		{history.ShareOf(0, 0), ""},
		{history.NewShare(big.NewInt(1), big.NewInt(0)), ""},
		{history.NewShare(big.NewInt(-1), big.NewInt(4)), "-0.250000000"},
	} {
		require.Equal(t, c.want, c.share.String())
		require.Equal(t, c.want != "", c.share.IsSet())
	}
}

func TestReachingAMark(t *testing.T) {
	half, err := money.NewRatio(1, 2)
	require.NoError(t, err)
	require.True(t, history.ShareOf(1, 2).AtLeast(half))
	require.False(t, history.ShareOf(499_999_999_999, 1_000_000_000_000).AtLeast(half), "not even where it prints as the mark")
	require.False(t, history.Share{}.AtLeast(half))
	rapid.Check(t, func(t *rapid.T) {
		den := rapid.Int64Range(1, 1000).Draw(t, "den")
		mark, err := money.NewRatio(rapid.Int64Range(0, den).Draw(t, "num"), den)
		require.NoError(t, err)
		whole := rapid.OneOf(rapid.Int64Range(0, 50), rapid.Int64Range(math.MaxInt64-5, math.MaxInt64)).Draw(t, "whole")
		least := history.Reaching(mark, whole)
		// least is enough and one less is not: least·den ≥ num·whole > (least−1)·den
		product := func(a, b int64) *big.Int { return new(big.Int).Mul(big.NewInt(a), big.NewInt(b)) }
		asked := product(mark.Num(), whole)
		require.GreaterOrEqual(t, product(least, mark.Den()).Cmp(asked), 0)
		require.Negative(t, product(least-1, mark.Den()).Cmp(asked))
	})
}
