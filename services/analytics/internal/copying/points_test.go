package copying

import (
	"testing"

	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
)

// TestOnlyPointsThatCanBeSpentAreKept: an account that has others beside them is worth no more.
func TestOnlyPointsThatCanBeSpentAreKept(t *testing.T) {
	post := func(unit, bucket string, points int64) *accrualv1.Posting {
		return &accrualv1.Posting{Unit: unit, Bucket: bucket, Points: points}
	}
	told := func(day, unit string, active, status int64, postings ...*accrualv1.Posting) *accrualv1.EntryPosted {
		return &accrualv1.EntryPosted{EffectiveDay: day, Unit: unit, Entry: &accrualv1.Entry{
			Postings: postings, After: &accrualv1.StateAfter{Balances: []*accrualv1.Balance{
				{Unit: "points", Active: active, Pending: 2, Held: 1}, {Unit: "status", Active: status, Pending: 70},
			}},
		}}
	}
	a := &account{}
	for _, posted := range []*accrualv1.EntryPosted{
		told("2026-01-10", "points", 10, 300, post("points", "active", 10), post("points", "issued/operator", -10),
			post("status", "active", 300), post("status", "issued/operator", -300)),
		told("2026-02-09", "points", 10, 0, post("status", "active", -300), post("status", "expired", 300)),
		told("2026-02-10", "points", 7, 0, post("points", "active", -3), post("points", "redeemed/cafe", 3)),
	} {
		require.NoError(t, a.has(follow.Message{}, posted))
	}
	require.Equal(t, []history.PointsAt{
		{Day: calendar.Date(2026, 1, 10), Active: 10, Bound: 3, Issued: 10},
		{Day: calendar.Date(2026, 2, 10), Active: 7, Bound: 3, Spent: 3},
	}, a.points)

	one := &account{} // a ledger without other units names none, and neither did ledgers of before
	require.NoError(t, one.has(follow.Message{}, &accrualv1.EntryPosted{EffectiveDay: "2026-01-10", Entry: &accrualv1.Entry{
		Postings: []*accrualv1.Posting{post("stars", "active", 10), post("stars", "issued/operator", -10)},
		After:    &accrualv1.StateAfter{Balances: []*accrualv1.Balance{{Unit: "stars", Active: 10}}},
	}}))
	require.Equal(t, []history.PointsAt{{Day: calendar.Date(2026, 1, 10), Active: 10, Issued: 10}}, one.points)
}
