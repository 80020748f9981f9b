package accrual_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// totals asks for a period of the tea club, as partner does.
func (s *service) totals(from, to string) *accrualv1.GetControlTotalsResponse {
	s.h.t.Helper()
	answer, err := s.as(rpc.Partner).GetControlTotals(s.h.t.Context(), &accrualv1.GetControlTotalsRequest{Program: "tea", FromDay: from, ToDay: to})
	require.NoError(s.h.t, err)
	return answer
}

// booked adds up the facts of a period: what partner's own books come to.
func (h *standing) booked(from, to string) *accrualv1.GetControlTotalsResponse {
	h.t.Helper()
	books := &accrualv1.GetControlTotalsResponse{}
	posted, _ := h.wholeFacts()
	for _, f := range posted {
		if f.GetEffectiveDay() < from || f.GetEffectiveDay() >= to {
			continue
		}
		books.Entries++
		for _, m := range f.GetEntry().GetMovements() {
			books.Totals = addTotal(books.GetTotals(), m)
		}
	}
	return books
}

func addTotal(list []*accrualv1.ControlTotal, m *accrualv1.Movement) []*accrualv1.ControlTotal {
	for _, t := range list {
		if t.GetKind() == m.GetKind() && t.GetUnit() == m.GetUnit() && t.GetIssuer() == m.GetIssuer() && t.GetRedeemer() == m.GetRedeemer() {
			t.Points += m.GetPoints()
			t.Movements++
			return list
		}
	}
	return append(list, &accrualv1.ControlTotal{
		Kind: m.GetKind(), Unit: m.GetUnit(), Issuer: m.GetIssuer(), Redeemer: m.GetRedeemer(), Points: m.GetPoints(), Movements: 1,
	})
}

// requireBooked wants totals to be what the facts of the period come to.
func (h *standing) requireBooked(got *accrualv1.GetControlTotalsResponse, from, to string) {
	h.t.Helper()
	want := h.booked(from, to)
	require.Equal(h.t, want.GetEntries(), got.GetEntries())
	slices.SortFunc(want.GetTotals(), func(a, b *accrualv1.ControlTotal) int {
		return cmp.Or(cmp.Compare(a.GetKind(), b.GetKind()), cmp.Compare(a.GetIssuer(), b.GetIssuer()), cmp.Compare(a.GetRedeemer(), b.GetRedeemer()))
	})
	require.Empty(h.t, gocmp.Diff(want.GetTotals(), got.GetTotals(), protocmp.Transform()))
}

// exchange spends points of two issuers at two redeemers on 2026-01-10 (E2), and gives some back on 2026-01-12.
func exchange(s *service) {
	ctx, t := s.h.t.Context(), s.h.t
	award := func(key, issuer string, points int64) {
		_, err := s.grpc.AwardPoints(ctx, &accrualv1.AwardPointsRequest{
			Program: "tea", Account: "ann", Points: points, Issuer: issuer, ExpiryDay: "2027-02-01", IdempotencyKey: key,
		})
		require.NoError(t, err)
	}
	spend := func(key, redeemer string, points int64) string {
		held, err := s.grpc.HoldPoints(ctx, &accrualv1.HoldPointsRequest{
			Program: "tea", Account: "ann", Points: points, Redeemer: redeemer, IdempotencyKey: key,
		})
		require.NoError(t, err)
		captured, err := s.grpc.CaptureHold(ctx, &accrualv1.CaptureHoldRequest{
			Program: "tea", Account: "ann", HoldId: held.GetHoldId(), IdempotencyKey: "c" + key,
		})
		require.NoError(t, err)
		return captured.GetCaptureId()
	}
	s.h.pass("2026-01-10")
	s.drained()
	award("a", "a", 100)
	award("b", "b", 50)
	capture := spend("h1", "c", 120)
	s.h.pass("2026-01-12")
	s.drained()
	spend("h2", "a", 30)
	_, err := s.grpc.RefundCapture(ctx, &accrualv1.RefundCaptureRequest{Program: "tea", Account: "ann", CaptureId: capture, IdempotencyKey: "r"})
	require.NoError(t, err)
	s.drained()
}

func TestControlTotalsAreWhatTheFactsOfThePeriodComeTo(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	s := h.run(size{lanes: 2})
	s.drained()
	exchange(s)
	h.publish(paid("zoe", "o1", moment("2026-01-12"), 4000), returned("zoe", "o1", "r1", moment("2026-01-12"), 1))
	s.drained()

	first := s.totals("2026-01-10", "2026-01-11")
	require.True(t, first.GetFinal())
	h.requireBooked(first, "2026-01-10", "2026-01-11")
	captures := map[string]int64{}
	for _, total := range first.GetTotals() {
		if total.GetKind() == accrualv1.MovementKind_MOVEMENT_KIND_CAPTURE {
			captures[total.GetIssuer()+" → "+total.GetRedeemer()] = total.GetPoints()
		}
	}
	require.Equal(t, map[string]int64{"a → c": 100, "b → c": 20}, captures)

	today := s.totals("2026-01-01", "2026-01-13")
	require.False(t, today.GetFinal(), "the last day is not over")
	h.requireBooked(today, "2026-01-01", "2026-01-13")
	require.EqualValues(t, 9, today.GetEntries())
	require.Zero(t, s.totals("2026-02-01", "2026-03-01").GetEntries())

	finality := today.GetFinality()
	require.Equal(t, moment("2026-01-12"), finality.GetFinalUntil().AsTime())
	require.Equal(t, accrualv1.FinalityBound_FINALITY_BOUND_CLOCK, finality.GetBound())
	require.Equal(t, bus.Facts, finality.GetFacts().GetStream())
	require.EqualValues(t, 9, finality.GetFacts().GetSequence())
	alone, err := s.grpc.GetFinality(t.Context(), &accrualv1.GetFinalityRequest{Program: "tea"})
	require.NoError(t, err)
	require.Empty(t, gocmp.Diff(finality, alone.GetFinality(), protocmp.Transform()))
	s.requireSound()

	stored := h.tallies()
	s.stop()
	_, err = s.Rebuild(t.Context())
	require.NoError(t, err)
	require.Equal(t, stored, h.tallies(), "they follow from the entries")
}

// tallies are the stored totals by id, whatever the order of their fields.
func (h *standing) tallies() map[string]any {
	h.t.Helper()
	cursor, err := h.db.Collection("totals").Find(h.t.Context(), bson.M{})
	require.NoError(h.t, err)
	var list []struct {
		ID      string `bson:"_id"`
		Entries int64
		Sums    map[string]map[string]any
	}
	require.NoError(h.t, cursor.All(h.t.Context(), &list))
	byID := map[string]any{}
	for _, d := range list {
		byID[d.ID] = d
	}
	require.NotEmpty(h.t, byID)
	return byID
}

func TestABadPeriodIsRefused(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	s := h.run(size{})
	s.drained()
	for name, c := range map[string]struct{ from, to, field string }{
		"no day":              {"", "2026-01-01", "from_day"},
		"a day that is none":  {"2026-02-30", "2026-03-01", "from_day"},
		"an end that is none": {"2026-02-01", "2026-02-30", "to_day"},
		"an empty period":     {"2026-02-01", "2026-02-01", "to_day"},
		"a period backwards":  {"2026-02-02", "2026-02-01", "to_day"},
		"more than 400 days":  {"2025-01-01", "2026-02-06", "to_day"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.grpc.GetControlTotals(t.Context(), &accrualv1.GetControlTotalsRequest{Program: "tea", FromDay: c.from, ToDay: c.to})
			require.Equal(t, reason.InvalidArgument, refusalOf(t, err).Reason)
			require.Equal(t, c.field, refusalOf(t, err).Field)
		})
	}
	_, err := s.grpc.GetControlTotals(t.Context(), &accrualv1.GetControlTotalsRequest{Program: "coffee", FromDay: "2026-01-01", ToDay: "2026-02-01"})
	refused(t, err, reason.UnknownProgram)
	_, err = s.grpc.GetFinality(t.Context(), &accrualv1.GetFinalityRequest{Program: "coffee"})
	refused(t, err, reason.UnknownProgram)
}

// TestTotalsBeyond64BitsStopNobody: each account has all the points that fit; the ledger goes on, and the answer says so.
func TestTotalsBeyond64BitsStopNobody(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	h.pass("2026-01-10")
	s := h.run(size{})
	s.drained()
	for n := range 5 {
		s.award(fmt.Sprint("member-", n), fmt.Sprint("a", n), math.MaxInt64)
	}
	_, err := s.grpc.GetControlTotals(t.Context(), &accrualv1.GetControlTotalsRequest{Program: "tea", FromDay: "2026-01-10", ToDay: "2026-01-11"})
	refused(t, err, reason.AmountOutOfRange)
	s.requireSound()
}

// TestWhatWasFinalOnceNeverChanges asks again and again while orders, commands and sweeps are at work.
func TestWhatWasFinalOnceNeverChanges(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	s := h.run(size{lanes: 2, batch: 5})
	const members, days = 5, 10
	at := func(n int) string { return (calendar.Date(2026, 1, 1) + calendar.Day(n)).String() }
	var told []letter
	for n := range days {
		for member := range members {
			account := fmt.Sprint("member-", member)
			told = append(told, paid(account, fmt.Sprint("o", n, "-", member), moment(at(n)), 1000), returned(account, fmt.Sprint("w", n, "-", member), "r", moment(at(n)), 1))
		}
	}
	h.publish(told...)
	h.pass(at(days + 60)) // all that waits lapses
	stop, asked := make(chan struct{}), make(chan struct{})
	final, problem := map[int]*accrualv1.GetControlTotalsResponse{}, error(nil)
	client := s.as(rpc.Partner)
	go func() {
		defer close(asked)
		for problem == nil {
			for n := range days {
				answer, err := client.GetControlTotals(t.Context(), &accrualv1.GetControlTotalsRequest{Program: "tea", FromDay: at(n), ToDay: at(n + 1)})
				switch {
				case err != nil && status.Code(err) != codes.NotFound: // no revision has come yet
					problem = err
				case final[n] != nil && !gocmp.Equal(final[n].GetTotals(), answer.GetTotals(), protocmp.Transform()):
					problem = fmt.Errorf("day %d was final with %v and is %v", n, final[n], answer)
				case answer.GetFinal():
					final[n] = answer
				}
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	s.drained()
	close(stop)
	<-asked
	require.NoError(t, problem)
	require.Len(t, final, days)
	for n, early := range final {
		require.EqualValues(t, 2*members, early.GetEntries(), "day %d", n)
		h.requireBooked(early, at(n), at(n+1))
	}
	h.requireBooked(s.totals(at(0), at(days+61)), at(0), at(days+61))
	s.requireSound()
}
