package accrual_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
)

// balance is pending, active and debt of an account's points, in words.
func (s *service) balance(id string) string {
	s.h.t.Helper()
	for _, b := range s.account(id).GetBalances() {
		return fmt.Sprintf("%d pending, %d active, %d owed", b.GetPending(), b.GetActive(), b.GetDebt())
	}
	return "nothing"
}

// TestPointsBecomeActiveAndLapse on their days at 00:00 in the zone of the programme, though nothing else happens.
func TestPointsBecomeActiveAndLapse(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(strings.NewReplacer("zone: UTC", "zone: Europe/Berlin", "per: 1.00}", "per: 1.00, pending_days: 14}", "months: 12}", "months: 1}").
		Replace(theTeaClub))
	s := h.run(size{})
	h.publish(paid("ann", "o1", moment("2026-01-10"), 4000))
	for _, step := range []struct{ until, want string }{
		{"2026-01-10T00:00:00Z", "40 pending, 0 active, 0 owed"},
		{"2026-01-23T22:59:59Z", "40 pending, 0 active, 0 owed"},
		{"2026-01-23T23:00:00Z", "0 pending, 40 active, 0 owed"},
		{"2026-02-28T22:59:59Z", "0 pending, 40 active, 0 owed"},
		{"2026-02-28T23:00:00Z", "0 pending, 0 active, 0 owed"},
	} {
		h.pass(step.until)
		s.drained()
		require.Equal(t, step.want, s.balance("ann"), "at %s", step.until)
	}
	var kinds []accrualv1.EntryKind
	for _, e := range s.entries("ann") {
		kinds = append(kinds, e.GetKind())
	}
	require.Equal(t, []accrualv1.EntryKind{
		accrualv1.EntryKind_ENTRY_KIND_EARN, accrualv1.EntryKind_ENTRY_KIND_ACTIVATE, accrualv1.EntryKind_ENTRY_KIND_EXPIRE,
	}, kinds)
	s.requireSound()

	h.publish(returned("ann", "o1", "r1", moment("2026-03-02"), 4))
	s.drained()
	require.Equal(t, "0 pending, 0 active, 0 owed", s.balance("ann"), "what lapsed unspent counts as taken back")
	s.requireSound()
}

// TestItDoesNotMatterWhenASweepRuns: one service works all along and drains every few days, another was down until the
// end, a third came and went. A revision comes in between. The ledgers are equal to the hash.
func TestItDoesNotMatterWhenASweepRuns(t *testing.T) {
	t.Parallel()
	told := makeUp(13, 12, 120)
	tell := func(h *standing, between func(day int)) *standing {
		h.apply(everyRule)
		for i, day := 0, 0; i < len(told); day++ {
			midnight := moment("2026-01-02").AddDate(0, 0, day)
			first := i
			for i < len(told) && told[i].at.Before(midnight) {
				i++
			}
			h.publish(letters(told[first:i])...)
			h.pass(midnight.Format(time.RFC3339))
			if day == 16 {
				h.apply(strings.NewReplacer("window_months: 2", "window_months: 1", "pending_days: 9", "pending_days: 4").Replace(everyRule))
			}
			between(day)
		}
		h.pass("2027-01-01T00:00:00Z")
		return h
	}
	steady := open(t, events)
	s := steady.run(size{})
	tell(steady, func(day int) {
		if day%4 == 0 {
			s.drained()
		}
	})
	s.drained()
	s.requireSound()
	s.stop() // what follows waits for its turn

	t.Run("it was down until the end", func(t *testing.T) {
		t.Parallel()
		late := tell(open(t, events), func(int) {})
		late.run(size{lanes: 2}).drained()
		requireSame(t, steady, late, "entries", "original")
		requireSame(t, steady, late, "accounts")
	})
	t.Run("it came and went", func(t *testing.T) {
		t.Parallel()
		h := open(t, events)
		fitful := tell(h, func(day int) {
			if day%10 == 3 {
				s := h.run(size{batch: 7})
				s.drained()
				s.stop()
			}
		})
		fitful.run(size{}).drained()
		requireSame(t, steady, fitful, "entries", "original")
		requireSame(t, steady, fitful, "accounts")
	})
}

// TestALaterRevisionRatesLaterOrders, and makes anew when something falls due.
func TestALaterRevisionRatesLaterOrders(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	first := strings.Replace(theTeaClub, "{rule: end_of_month, months: 12}", "{rule: never}", 1)
	h.apply(first)
	s := h.run(size{lanes: 2})
	h.publish(paid("ann", "january", moment("2026-01-10"), 12_000), paid("bob", "b", moment("2026-01-10"), 12_000))
	h.pass("2026-03-15T00:00:00Z")
	s.drained()
	require.Equal(t, "silver", s.account("ann").GetTier())
	require.Equal(t, moment("2027-02-01"), s.account("ann").GetDueAt().AsTime())

	h.apply(strings.NewReplacer("points: 1,", "points: 2,", "window_months: 12", "window_months: 2").Replace(first))
	h.pass("2026-03-16T00:00:00Z")
	s.drained()
	for _, account := range []string{"ann", "bob"} {
		require.Equal(t, moment("2026-04-01"), s.account(account).GetDueAt().AsTime(), "the review of April will look at two months")
	}
	h.publish(paid("ann", "late", moment("2026-03-01"), 1000), paid("ann", "new", moment("2026-03-20"), 1000),
		returned("ann", "january", "r1", moment("2026-03-21"), 2))
	s.drained()
	byOrder := map[string]int32{}
	for _, e := range s.entries("ann") {
		byOrder[e.GetOrder().GetOrderId()+" "+e.GetOrder().GetEvent()] = e.GetRevision()
	}
	require.Equal(t, map[string]int32{"january paid": 1, "january returned": 1, "late paid": 1, "new paid": 2}, byOrder)
	require.EqualValues(t, 120+10+20-60, s.active("ann"))
	require.Equal(t, "silver", s.account("ann").GetTier())

	s.stop() // and another process knows the same
	s = h.run(size{})
	h.pass("2026-04-01T00:00:00Z")
	s.drained()
	require.Equal(t, "bronze", s.account("ann").GetTier())
	require.Equal(t, "bronze", s.account("bob").GetTier())
	require.Nil(t, s.account("bob").GetDueAt(), "nothing more falls due")
	s.requireSound()
}

// TestARevisionThatBeginsLater holds from its time on, not from when it was told.
func TestARevisionThatBeginsLater(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	h.pass("2026-03-15T00:00:00Z")
	h.applyFrom(strings.Replace(theTeaClub, "points: 1,", "points: 3,", 1), "2026-04-01T00:00:00Z")
	h.publish(paid("ann", "march", moment("2026-03-31T23:59:59Z"), 1000), paid("ann", "april", moment("2026-04-01"), 1000))
	s := h.run(size{})
	s.drained()
	require.EqualValues(t, 10+30, s.active("ann"))
	s.requireSound()
}

// TestTheWallClockMovesWithTheStream: where orders come as they happen, a day passes with the first message after it.
func TestTheWallClockMovesWithTheStream(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(strings.Replace(theTeaClub, "per: 1.00}", "per: 1.00, pending_days: 1}", 1))
	s := h.run(size{})
	now := clock.System().Now()
	h.publish(paid("ann", "yesterday", now.AddDate(0, 0, -1), 1000), paid("ann", "today", now, 500))
	s.drained()
	require.Equal(t, "5 pending, 10 active, 0 owed", s.balance("ann"))
	effective := s.entries("ann")[0].GetEffectiveAt().AsTime()
	require.WithinDuration(t, now, effective, time.Minute, "it takes effect when the bus had it")
	s.requireSound()
}
