package accrual_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// requireRetryInfo wants a refusal to arrive with a code, and with a delay after which to come again.
func requireRetryInfo(t *testing.T, err error, want codes.Code) {
	t.Helper()
	require.Equal(t, want, status.Code(err), "%v", err)
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			require.Positive(t, info.GetRetryDelay().AsDuration())
			return
		}
	}
	require.Fail(t, "no RetryInfo", "%v", err)
}

func (s *service) tryAward(account, key string) error {
	_, err := s.grpc.AwardPoints(s.h.t.Context(), &accrualv1.AwardPointsRequest{Program: "tea", Account: account, Points: 1, IdempotencyKey: key})
	return err
}

// TestALowDiskRefusesWhatBeginsSomething and lets end what was begun. It is said on EVENTS, so that every replica hears it.
func TestALowDiskRefusesWhatBeginsSomething(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	s := h.run(size{})
	s.drained()
	ctx := t.Context()
	first := s.award("ann", "a", 100)
	held, err := s.grpc.HoldPoints(ctx, hold("ann", "h1", 10))
	require.NoError(t, err)
	_, err = s.grpc.HoldPoints(ctx, hold("ann", "h2", 10))
	require.NoError(t, err)

	require.NoError(t, h.bus.CloseEvents(ctx))
	testkit.Eventually(t, func() bool { // a hold of nothing that there is: it changes nothing while the door is open
		_, err := s.grpc.HoldPoints(ctx, hold("ann", "h", 1_000_000))
		return status.Code(err) == codes.ResourceExhausted
	}, "the door is closed")
	err = s.tryAward("ann", "b")
	refused(t, err, reason.DiskLow)
	requireRetryInfo(t, err, codes.ResourceExhausted)
	_, err = s.grpc.AdjustPoints(ctx, &accrualv1.AdjustPointsRequest{Program: "tea", Account: "ann", Points: 1, Reason: "MISTAKE", IdempotencyKey: "j"})
	refused(t, err, reason.DiskLow)
	require.Equal(t, first.GetHash(), s.award("ann", "a", 100).GetHash(), "what was done is answered")
	captured, err := s.grpc.CaptureHold(ctx, &accrualv1.CaptureHoldRequest{Program: "tea", Account: "ann", HoldId: held.GetHoldId(), IdempotencyKey: "c"})
	require.NoError(t, err)
	_, err = s.grpc.VoidHold(ctx, &accrualv1.VoidHoldRequest{Program: "tea", Account: "ann", HoldId: "cmd/operator/h2", IdempotencyKey: "v"})
	require.NoError(t, err)
	_, err = s.grpc.RefundCapture(ctx, &accrualv1.RefundCaptureRequest{Program: "tea", Account: "ann", CaptureId: captured.GetCaptureId(), IdempotencyKey: "r"})
	require.NoError(t, err)

	require.NoError(t, h.bus.OpenEvents(ctx, streamBytes))
	testkit.Eventually(t, func() bool { return s.tryAward("ann", "b") == nil }, "the door is open")
	require.EqualValues(t, 101, s.active("ann"))
	s.requireSound()
}

// TestTooManyWhoWaitAreToldWhenToComeAgain: somebody holds the partition documents, so that nothing can be committed. Who
// waits is answered once they are free, who found the queue full is refused at once.
func TestTooManyWhoWaitAreToldWhenToComeAgain(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	s := h.run(size{batch: 1, queue: 2})
	s.drained()
	release := h.block(bson.M{})

	var waiting sync.WaitGroup
	var mu sync.Mutex
	var full error
	answers := map[string]error{}
	testkit.Eventually(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		if full != nil {
			return true
		}
		key := fmt.Sprint("k", len(answers))
		answers[key] = nil
		waiting.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			_, err := s.grpc.AwardPoints(ctx, &accrualv1.AwardPointsRequest{Program: "tea", Account: "ann", Points: 1, IdempotencyKey: key})
			mu.Lock()
			defer mu.Unlock()
			answers[key] = err
			if full == nil {
				full = err
			}
		})
		return false
	}, "the queue is full")
	mu.Lock()
	first := full
	mu.Unlock()
	refused(t, first, reason.Overloaded)
	requireRetryInfo(t, first, codes.ResourceExhausted)
	hurried, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := s.as(rpc.Partner).AwardPoints(hurried, &accrualv1.AwardPointsRequest{Program: "tea", Account: "bob", Points: 1, IdempotencyKey: "p"})
	require.Equal(t, codes.DeadlineExceeded, status.Code(err), "another caller waits, and is not refused: %v", err)
	release()
	waiting.Wait()
	taken := int64(0)
	for _, err := range answers {
		if err == nil {
			taken++
			continue
		}
		refused(t, err, reason.Overloaded)
	}
	require.Positive(t, taken)
	require.Equal(t, taken, s.active("ann"), "each of those who waited is done, nobody else")
	s.requireSound()
}

// TestWhoAsksIsAnsweredWhileTheBusIsBehind: a merchant has published far more than waits in the lane. Nobody is refused because of it.
func TestWhoAsksIsAnsweredWhileTheBusIsBehind(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	s := h.run(size{batch: 1, queue: 2})
	s.drained()
	var orders []letter
	for i := range 400 {
		orders = append(orders, paid("ann", fmt.Sprint("o", i), clock.System().Now(), 1000))
	}
	h.publish(orders...)
	for i := range 5 {
		require.NoError(t, s.tryAward("bob", fmt.Sprint("k", i)))
	}
	require.Less(t, len(h.documents("entries")), 400, "the bus is still behind")
	s.drained()
	require.EqualValues(t, 5, s.active("bob"))
	s.requireSound()
}

// TestAHouseThatDoesNotHoldTakesNoCommands: an invariant is broken behind its back; nothing is committed over it.
func TestAHouseThatDoesNotHoldTakesNoCommands(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	s := h.run(size{})
	s.drained()
	s.award("ann", "a", 100)
	h.change("accounts", "tea/ann", set("balances.0.active", int64(1_000_000)))
	err := s.tryAward("ann", "b")
	refused(t, err, reason.NotReady)
	requireRetryInfo(t, err, codes.Unavailable)
	err = s.tryAward("zoe", "z")
	refused(t, err, reason.NotReady)
	require.Len(t, h.documents("entries"), 1)
	require.Error(t, s.Broken())
}
