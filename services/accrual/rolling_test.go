package accrual_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
)

// rollingRule is everyRule with points that follow what their account does, and debts up to a limit.
var rollingRule = strings.NewReplacer(
	"expiry: {rule: end_of_month, months: 1}", "expiry: {rule: rolling, days: 20}",
	"returns: {wait_days: 12}", "returns: {wait_days: 12, missing: negative_limit, limit: 30}",
).Replace(everyRule)

// TestRollingPointsAreThoseOfTheLogHoweverItIsRead: one event at a time or many, by one lane or four, and made again from the entries.
func TestRollingPointsAreThoseOfTheLogHoweverItIsRead(t *testing.T) {
	t.Parallel()
	told := letters(makeUp(20260102, 8, 250))
	var first *standing
	for _, s := range []size{{lanes: 1, batch: 512}, {lanes: 4, batch: 1}, {lanes: 2, batch: 7}} {
		h := open(t, events)
		h.apply(rollingRule)
		h.publish(told...)
		h.pass("2027-01-01T00:00:00Z")
		made := h.run(s)
		made.drained()
		made.requireSound()
		if first == nil {
			points := made.audit().Figures.Points
			require.Positive(t, int64(points.Expired))
			require.Positive(t, int64(points.Reversed))
			before := h.documents("accounts")
			made.stop()
			_, err := made.Rebuild(t.Context())
			require.NoError(t, err)
			require.Equal(t, before, h.documents("accounts"))
			first = h
			continue
		}
		requireSame(t, first, h, "entries", "original")
		requireSame(t, first, h, "accounts")
	}
}

// TestAnAccountTellsUntilWhenItsRollingPointsLive, now and as it stood at a past time.
func TestAnAccountTellsUntilWhenItsRollingPointsLive(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply("programme: tea\nzone: UTC\ncurrency: USD\nunit: points\nearning: {points: 1, per: 1.00}\nexpiry: {rule: rolling, months: 3}\n")
	s := h.run(size{})
	h.send(paid("ann", "o1", moment("2026-01-15"), 30_00))
	h.send(paid("ann", "o2", moment("2026-03-10"), 5_00))
	s.drained()
	lots := s.account("ann").GetLots()
	require.Len(t, lots, 1)
	require.Equal(t, "2026-06-10", lots[0].GetExpiryDay())
	require.EqualValues(t, 35, lots[0].GetPoints())
	require.EqualValues(t, 1, lots[0].GetRollingLife())
	expiring := func() []*accrualv1.ExpiringPoints {
		answer, err := s.grpc.ListExpiringPoints(t.Context(), &accrualv1.ListExpiringPointsRequest{Program: "tea", Account: "ann", HorizonDays: 100})
		require.NoError(t, err)
		return answer.GetExpiring()
	}
	require.Len(t, expiring(), 1)
	require.Equal(t, "2026-06-09", expiring()[0].GetLastDay())

	past, err := s.grpc.GetAccount(t.Context(), &accrualv1.GetAccountRequest{Program: "tea", Account: "ann", At: timestamppb.New(moment("2026-02-01"))})
	require.NoError(t, err)
	require.Equal(t, "2026-04-15", past.GetAccount().GetLots()[0].GetExpiryDay())
	require.EqualValues(t, 30, past.GetAccount().GetLots()[0].GetPoints())

	h.pass("2026-06-10T00:00:00Z")
	s.drained()
	require.Zero(t, s.active("ann"))
	require.Empty(t, expiring())
	h.send(paid("ann", "o3", moment("2026-07-01"), 7_00))
	h.send(returned("ann", "o1", "r1", moment("2026-07-02"), 0))
	s.drained()
	require.EqualValues(t, 7, s.active("ann"), "the points of the order that came back had lapsed")
	s.requireSound()
}
