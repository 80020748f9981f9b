package accrual_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// as is the service as a caller sees it.
func (s *service) as(name rpc.Name) accrualv1.AccrualServiceClient {
	s.h.t.Helper()
	conn, err := rpc.Dial(s.Address(), s.secrets[name])
	require.NoError(s.h.t, err)
	s.h.t.Cleanup(func() { require.NoError(s.h.t, conn.Close()) })
	return accrualv1.NewAccrualServiceClient(conn)
}

// award gives an account of the tea club points.
func (s *service) award(account, key string, points int64) *accrualv1.Entry {
	s.h.t.Helper()
	return s.awardBy(s.grpc, account, key, points)
}

func (s *service) awardBy(client accrualv1.AccrualServiceClient, account, key string, points int64) *accrualv1.Entry {
	s.h.t.Helper()
	answer, err := client.AwardPoints(s.h.t.Context(), &accrualv1.AwardPointsRequest{
		Program: "tea", Account: account, Points: points, IdempotencyKey: key,
	})
	require.NoError(s.h.t, err)
	return answer.GetEntry()
}

func hold(account, key string, points int64) *accrualv1.HoldPointsRequest {
	return &accrualv1.HoldPointsRequest{Program: "tea", Account: account, Points: points, Redeemer: "books", IdempotencyKey: key}
}

// refused wants a call to be refused for a reason.
func refused(t *testing.T, err error, want reason.Reason) {
	t.Helper()
	require.ErrorIs(t, rpc.FromStatus(err), want)
}

// refusalOf is the refusal that a call ended with.
func refusalOf(t *testing.T, err error) *reason.Error {
	t.Helper()
	refusal, ok := reason.Of(rpc.FromStatus(err))
	require.True(t, ok, "%v", err)
	return refusal
}

func TestPointsAreAwardedHeldCapturedAndGivenBackOverGRPC(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	s := h.run(size{})
	s.drained()
	ctx, reward, partner := t.Context(), s.as(rpc.Reward), s.as(rpc.Partner)

	_, err := reward.HoldPoints(ctx, hold("ann", "h0", 10))
	refused(t, err, reason.AccountNotFound)
	award, err := partner.AwardPoints(ctx, &accrualv1.AwardPointsRequest{
		Program: "tea", Account: "ann", Points: 300, Issuer: "cafe", ExpiryDay: "never", Reason: "WELCOME", IdempotencyKey: "a1",
	})
	require.NoError(t, err)
	require.Equal(t, "cmd/partner/a1", award.GetEntry().GetKey())
	require.Equal(t, "caller/partner", award.GetEntry().GetActor())
	require.Nil(t, award.GetEntry().GetRecordedAt())

	held, err := reward.HoldPoints(ctx, hold("ann", "h1", 200))
	require.NoError(t, err)
	require.Equal(t, "cmd/reward/h1", held.GetHoldId())
	account := s.account("ann")
	require.EqualValues(t, 100, account.GetBalances()[0].GetActive())
	require.EqualValues(t, 200, account.GetBalances()[0].GetHeld())
	require.Len(t, account.GetHolds(), 1)
	require.Equal(t, "books", account.GetHolds()[0].GetRedeemer())
	require.Equal(t, account.GetHolds()[0].GetDeadline().AsTime(), account.GetDueAt().AsTime())
	_, err = reward.HoldPoints(ctx, hold("ann", "h2", 101))
	refused(t, err, reason.InsufficientPoints)
	refusal := refusalOf(t, err)
	require.Equal(t, "101 points asked, 100 active", refusal.Message)
	require.Equal(t, map[string]string{"asked": "101", "active": "100", "held": "200"}, refusal.Metadata)
	_, err = reward.HoldPoints(ctx, hold("ann", "h2", 100))
	require.NoError(t, err, "a refused command may be tried again under its key, with other content too")

	capture := &accrualv1.CaptureHoldRequest{Program: "tea", Account: "ann", HoldId: held.GetHoldId(), Points: 150, IdempotencyKey: "c1"}
	_, err = partner.CaptureHold(ctx, capture)
	refused(t, err, reason.HoldNotFound)
	captured, err := reward.CaptureHold(ctx, capture)
	require.NoError(t, err)
	moves := captured.GetEntry().GetMovements()
	require.Equal(t, "cafe", moves[0].GetIssuer())
	require.Equal(t, "books", moves[0].GetRedeemer())
	_, err = reward.VoidHold(ctx, &accrualv1.VoidHoldRequest{Program: "tea", Account: "ann", HoldId: "cmd/reward/h2", IdempotencyKey: "v1"})
	require.NoError(t, err)
	refund := &accrualv1.RefundCaptureRequest{Program: "tea", Account: "ann", CaptureId: captured.GetCaptureId(), IdempotencyKey: "r1"}
	_, err = reward.RefundCapture(ctx, refund)
	require.NoError(t, err)
	refund.IdempotencyKey = "r2"
	_, err = reward.RefundCapture(ctx, refund)
	refused(t, err, reason.CaptureRefunded)
	adjusted, err := s.grpc.AdjustPoints(ctx, &accrualv1.AdjustPointsRequest{
		Program: "tea", Account: "ann", Points: -20, Reason: "MISTAKE", IdempotencyKey: "j1",
	})
	require.NoError(t, err)
	require.EqualValues(t, -20, adjusted.GetEntry().GetCommand().GetPoints())
	require.EqualValues(t, 280, s.active("ann"))

	_, err = reward.HoldPoints(ctx, hold("ann", "c1", 10))
	refused(t, err, reason.IdempotencyKeyReused)
	require.Equal(t, codes.FailedPrecondition, status.Code(err))
	_, err = partner.AwardPoints(ctx, &accrualv1.AwardPointsRequest{Program: "coffee", Account: "ann", Points: 1, IdempotencyKey: "a9"})
	refused(t, err, reason.UnknownProgram)

	s.drained()
	s.requireSound()
	facts, _ := h.facts()
	require.Len(t, facts, 7)
	require.Equal(t, "reward", facts[1].GetCommand().GetCaller())
	require.Equal(t, held.GetHoldId(), facts[1].GetHold().GetHoldId())
	require.Equal(t, captured.GetCaptureId(), facts[5].GetRefund().GetCaptureId())
	points := s.audit().Figures.Points
	require.EqualValues(t, 0, points.Redeemed)
	require.EqualValues(t, -20, points.Adjusted)
	stored := h.documents("accounts")
	s.stop()
	_, err = s.Rebuild(ctx)
	require.NoError(t, err)
	require.Equal(t, stored, h.documents("accounts"), "the accounts follow from the entries, holds and refunds too")
}

// atOnce lets so many callers call at the same time.
func atOnce(callers int, call func(n int)) {
	var all sync.WaitGroup
	start := make(chan struct{})
	for n := range callers {
		all.Go(func() {
			<-start
			call(n)
		})
	}
	close(start)
	all.Wait()
}

func TestManyCallersWithOneKeyMakeOneEntryAndGetEqualAnswers(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	s := h.run(size{lanes: 2, batch: 7})
	s.drained()
	s.award("ann", "a", 1000)
	answers := make([]*accrualv1.HoldPointsResponse, 64)
	errs := make([]error, len(answers))
	var replayed atomic.Int32
	atOnce(len(answers), func(n int) {
		var trailer metadata.MD
		answers[n], errs[n] = s.grpc.HoldPoints(t.Context(), hold("ann", "the-key", 5), grpc.Trailer(&trailer))
		if len(trailer.Get(rpc.TrailerReplayed)) == 1 {
			replayed.Add(1)
		}
	})
	for n := range answers {
		require.NoError(t, errs[n])
		require.Empty(t, cmp.Diff(answers[0], answers[n], protocmp.Transform()))
	}
	require.EqualValues(t, len(answers)-1, replayed.Load(), "all but the first are marked")
	require.Len(t, s.entries("ann"), 2)
	s.requireSound()
}

// TestOneKeyOnManyAccountsIsTakenOnce meets at the key alone: the accounts lie in other partitions, and those in two lanes.
func TestOneKeyOnManyAccountsIsTakenOnce(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	s := h.run(size{lanes: 2})
	s.drained()
	errs := make([]error, 32)
	atOnce(len(errs), func(n int) {
		_, errs[n] = s.grpc.AwardPoints(t.Context(), &accrualv1.AwardPointsRequest{
			Program: "tea", Account: fmt.Sprint("member-", n), Points: 5, IdempotencyKey: "the-key",
		})
	})
	taken := 0
	for _, err := range errs {
		if err == nil {
			taken++
			continue
		}
		refused(t, err, reason.IdempotencyKeyReused)
	}
	require.Equal(t, 1, taken)
	require.Len(t, h.documents("entries"), 1)
	s.requireSound()
}

func TestManyCallersOnOneAccountAreAllAnswered(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	s := h.run(size{batch: 9})
	s.drained()
	s.award("ann", "a", 40)
	errs := make([]error, 64)
	atOnce(len(errs), func(n int) {
		_, errs[n] = s.grpc.HoldPoints(t.Context(), hold("ann", fmt.Sprint("h", n), 1))
	})
	taken := 0
	for _, err := range errs {
		if err == nil {
			taken++
			continue
		}
		refused(t, err, reason.InsufficientPoints)
	}
	require.Equal(t, 40, taken)
	require.Len(t, s.account("ann").GetHolds(), 40)
	s.requireSound()
}

// TestACaptureRetriedAWeekLaterIsTheSameCapture asks again another process, which was not there (I).
func TestACaptureRetriedAWeekLaterIsTheSameCapture(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	h.pass("2026-01-10")
	s := h.run(size{})
	s.drained()
	s.award("ann", "a", 100)
	held, err := s.grpc.HoldPoints(t.Context(), hold("ann", "h", 60))
	require.NoError(t, err)
	require.Equal(t, moment("2026-01-10T00:15:00Z"), held.GetEntry().GetHold().GetDeadline().AsTime(), "the wall clock is never read")
	request := &accrualv1.CaptureHoldRequest{Program: "tea", Account: "ann", HoldId: held.GetHoldId(), IdempotencyKey: "c"}
	first, err := s.grpc.CaptureHold(t.Context(), request)
	require.NoError(t, err)
	s.stop()

	h.pass("2026-01-17")
	later := h.run(size{})
	later.drained()
	again, err := later.grpc.CaptureHold(t.Context(), request)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(first, again, protocmp.Transform()))
	require.Len(t, later.entries("ann"), 3)
	require.EqualValues(t, 40, later.active("ann"))
	later.requireSound()
}

func TestAForgottenHoldLapsesByItself(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	s := h.run(size{})
	s.drained()
	hurried, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := s.grpc.AwardPoints(hurried, &accrualv1.AwardPointsRequest{Program: "tea", Account: "ann", Points: 1, IdempotencyKey: "early"})
	require.Error(t, err, "no event has told what time it is")
	require.Empty(t, h.documents("entries"))
	h.pass("2026-01-10")
	s.drained()
	s.award("ann", "a", 100)
	held, err := s.grpc.HoldPoints(t.Context(), hold("ann", "h", 60))
	require.NoError(t, err)
	h.pass("2026-01-11")
	s.drained()
	require.EqualValues(t, 100, s.active("ann"))
	entries := s.entries("ann")
	require.Equal(t, accrualv1.EntryKind_ENTRY_KIND_VOID, entries[2].GetKind())
	require.Equal(t, "clock", entries[2].GetActor())
	require.Equal(t, moment("2026-01-10T00:15:00Z"), entries[2].GetEffectiveAt().AsTime())
	_, err = s.grpc.CaptureHold(t.Context(), &accrualv1.CaptureHoldRequest{
		Program: "tea", Account: "ann", HoldId: held.GetHoldId(), IdempotencyKey: "c",
	})
	refused(t, err, reason.HoldNotFound)
	s.requireSound()
}

// TestBetweenMessagesCommandsFollowTheWallClockUpToTheEndOfTheDay: a zone is chosen in which it is about noon.
func TestBetweenMessagesCommandsFollowTheWallClockUpToTheEndOfTheDay(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	today := clock.System().Now()
	zone := fmt.Sprintf("Etc/GMT%+d", today.Hour()-12)
	h.apply(strings.Replace(theTeaClub, "zone: UTC", "zone: "+zone, 1))
	hands := clock.At(today)
	s := h.run(size{clock: hands})
	s.drained()
	s.award("ann", "a", 100)
	_, err := s.grpc.HoldPoints(t.Context(), hold("ann", "h1", 60))
	require.NoError(t, err)
	hands.Advance(14 * time.Minute)
	_, err = s.grpc.HoldPoints(t.Context(), hold("ann", "h2", 60))
	refused(t, err, reason.InsufficientPoints)
	hands.Advance(2 * time.Minute)
	third, err := s.grpc.HoldPoints(t.Context(), hold("ann", "h2", 60))
	require.NoError(t, err, "the first has lapsed, though no message came")
	require.Equal(t, hands.Now(), third.GetEntry().GetEffectiveAt().AsTime())

	hands.Advance(72 * time.Hour)
	fourth, err := s.grpc.HoldPoints(t.Context(), hold("ann", "h3", 60))
	require.NoError(t, err, "the second has lapsed too: its deadline lay within the day")
	require.Less(t, fourth.GetEntry().GetEffectiveAt().AsTime().Sub(today), 24*time.Hour, "days end in the log alone")
	require.Equal(t, hands.Now().Add(15*time.Minute), fourth.GetEntry().GetHold().GetDeadline().AsTime())
	s.requireSound()
}

// TestACallThatEndsEarlyLosesItsAnswerAlone: the command is done, and its repetition is answered.
func TestACallThatEndsEarlyLosesItsAnswerAlone(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	s := h.run(size{})
	s.drained()
	s.award("ann", "a", 100)
	for n := range 20 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(n)*300*time.Microsecond)
		_, _ = s.grpc.HoldPoints(ctx, hold("ann", "h", 10)) // in time or not
		cancel()
	}
	_, err := s.grpc.HoldPoints(t.Context(), hold("ann", "h", 10))
	require.NoError(t, err)
	require.Len(t, s.account("ann").GetHolds(), 1)
	require.EqualValues(t, 90, s.active("ann"))
	s.requireSound()
}
