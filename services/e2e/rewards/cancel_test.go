package rewards

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// reveal shows a code.
func (s *service) reveal(id, key string) (string, error) {
	answer, err := s.RevealCode(patient(s.h.t), &rewardv1.RevealCodeRequest{Program: "tea", RedemptionId: id, IdempotencyKey: key})
	return answer.GetCode(), rpc.FromStatus(err)
}

func TestCancellingFollowsTheTermsOfTheReward(t *testing.T) {
	t.Parallel()
	hands := clock.At(time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC))
	h := openAt(t, hands)
	s := h.serve()
	h.give("ann", 1_000)
	terms := gift(100)
	s.put("never", terms, 5)
	terms.CancelDays = 2
	s.put("soon", terms, 5)
	never, err := s.redeem("ann", "never", "k1")
	require.NoError(t, err)
	require.Nil(t, never.GetCancellableUntil())
	soon, err := s.redeem("ann", "soon", "k2")
	require.NoError(t, err)
	require.Equal(t, hands.Now().Add(48*time.Hour), soon.GetCancellableUntil().AsTime())
	late, err := s.redeem("ann", "soon", "k3")
	require.NoError(t, err)

	_, err = s.cancel(never.GetRedemptionId(), "c")
	refused(t, err, reason.RedemptionNotCancellable)
	require.Equal(t, "the redemption cannot be cancelled: its terms do not allow it", message(t, err))
	_, err = s.cancel("nothing", "c")
	refused(t, err, reason.RedemptionNotFound)
	hands.Advance(48*time.Hour - time.Millisecond)
	gone, err := s.cancel(soon.GetRedemptionId(), "c")
	require.NoError(t, err, "a refused call may be tried again under its key, with other content too")
	hands.Advance(time.Millisecond)
	_, err = s.cancel(late.GetRedemptionId(), "c2")
	require.Equal(t, "the redemption cannot be cancelled: it could be until 2026-06-17T12:00:00Z", message(t, err))
	again, err := s.cancel(soon.GetRedemptionId(), "c")
	require.NoError(t, err)
	require.Equal(t, gone.String(), again.String())
	_, err = s.cancel(late.GetRedemptionId(), "c")
	refused(t, err, reason.IdempotencyKeyReused)
	_, err = s.cancel(soon.GetRedemptionId(), "other")
	require.Equal(t, "the redemption cannot be cancelled: it is cancelled", message(t, err))
	bought, err := s.redeem("ann", "soon", "k2")
	require.NoError(t, err, "the call that bought it is answered with what became of it")
	require.Equal(t, rewardv1.RedemptionState_REDEMPTION_STATE_CANCELLED, bought.GetState())
	require.EqualValues(t, 4, s.left("soon"))
	active, _ := h.has("ann")
	require.EqualValues(t, 800, active)
	h.drained(s)
	require.Equal(t, []string{"redeemed", "cancelled"}, h.told(soon.GetRedemptionId()))
	h.requireAgreed(s)
}

// TestACodeThatWasShownIsSpent, one that was not goes back to the pool.
func TestACodeThatWasShownIsSpent(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.serve()
	h.give("ann", 1_000)
	terms := voucher(100)
	terms.CancelDays = 2
	s.put("off10", terms, 3)
	first, err := s.redeem("ann", "off10", "k1")
	require.NoError(t, err)
	code, err := s.reveal(first.GetRedemptionId(), "r1")
	require.NoError(t, err)
	require.Equal(t, "off10-code-1", code, "in the order in which they were put in")
	again, err := s.reveal(first.GetRedemptionId(), "r2")
	require.NoError(t, err)
	require.Equal(t, code, again)
	_, err = s.cancel(first.GetRedemptionId(), "c1")
	refused(t, err, reason.RedemptionNotCancellable)
	require.Contains(t, message(t, err), "its code was shown on ")

	second, err := s.redeem("ann", "off10", "k2")
	require.NoError(t, err)
	_, err = s.cancel(second.GetRedemptionId(), "c2")
	require.NoError(t, err)
	_, err = s.reveal(second.GetRedemptionId(), "r3")
	refused(t, err, reason.RedemptionHasNoCode)
	require.EqualValues(t, 2, s.left("off10"))
	third, err := s.redeem("ann", "off10", "k3")
	require.NoError(t, err)
	code, err = s.reveal(third.GetRedemptionId(), "r4")
	require.NoError(t, err)
	require.Equal(t, "off10-code-2", code, "that of the one that was cancelled")
	h.requireAgreed(s)
}

// TestShowingAndCancellingAtOnceDoOneOfThem.
func TestShowingAndCancellingAtOnceDoOneOfThem(t *testing.T) {
	t.Parallel()
	h := open(t)
	replicas := [2]*service{h.serve(), h.serve()}
	h.give("ann", 10_000)
	terms := voucher(10)
	terms.CancelDays = 2
	replicas[0].put("off10", terms, 40)
	for n := range 6 {
		r, err := replicas[0].redeem("ann", "off10", fmt.Sprint("k", n))
		require.NoError(t, err)
		outcomes := atOnce(t, replicas, 2, func(s *service, caller int) error {
			if caller == 0 {
				_, err := s.reveal(r.GetRedemptionId(), fmt.Sprint("r", n))
				return err
			}
			_, err := s.cancel(r.GetRedemptionId(), fmt.Sprint("c", n))
			return err
		})
		require.Equal(t, 1, outcomes[""], "%v", outcomes)
	}
	require.Equal(t, h.count("redemptions", bson.M{"revealed_at": bson.M{"$exists": true}}), h.count("codes", bson.M{"state": "given"}))
	h.requireAgreed(replicas[1])
}

// TestWhatTheLedgerWillNotGiveBackStaysTheMembers; and what it gave back already is cancelled.
func TestWhatTheLedgerWillNotGiveBackStaysTheMembers(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.serve()
	h.give("ann", 1_000)
	terms := gift(100)
	terms.CancelDays = 2
	s.put("pot", terms, 5)
	r, err := s.redeem("ann", "pot", "k1")
	require.NoError(t, err)
	_, err = h.accrual.RefundCapture(patient(t), &accrualv1.RefundCaptureRequest{
		Program: "tea", Account: "ann", CaptureId: r.GetCaptureId(), IdempotencyKey: "by-hand",
	})
	require.NoError(t, err)
	gone, err := s.cancel(r.GetRedemptionId(), "c1")
	require.NoError(t, err)
	require.Equal(t, rewardv1.RedemptionState_REDEMPTION_STATE_CANCELLED, gone.GetState())
	require.EqualValues(t, 5, s.left("pot"))
	h.requireAgreed(s)
}
