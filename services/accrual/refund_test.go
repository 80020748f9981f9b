package accrual_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/testing/protocmp"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// TestACaptureIsRefundedInPartsOverGRPC by many callers at once: never more comes back than was captured.
func TestACaptureIsRefundedInPartsOverGRPC(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub + "refunds: {extend_expired_days: 30}\n")
	s := h.run(size{lanes: 2, batch: 7})
	s.drained()
	s.award("ann", "a", 100)
	held, err := s.grpc.HoldPoints(t.Context(), hold("ann", "h", 100))
	require.NoError(t, err)
	captured, err := s.grpc.CaptureHold(t.Context(), &accrualv1.CaptureHoldRequest{Program: "tea", Account: "ann", HoldId: held.GetHoldId(), IdempotencyKey: "c"})
	require.NoError(t, err)
	refund := func(key string, points int64) (*accrualv1.Entry, error) {
		answer, err := s.grpc.RefundCapture(t.Context(), &accrualv1.RefundCaptureRequest{
			Program: "tea", Account: "ann", CaptureId: captured.GetCaptureId(), Points: points, IdempotencyKey: key,
		})
		return answer.GetEntry(), err
	}
	first, err := refund("r", 12)
	require.NoError(t, err)
	require.EqualValues(t, 88, first.GetRefund().GetLeftPoints())
	errs := make([]error, 16)
	atOnce(len(errs), func(n int) { _, errs[n] = refund(fmt.Sprint("r", n), 8) })
	taken := 0
	for _, err := range errs {
		if err == nil {
			taken++
			continue
		}
		refused(t, err, reason.CaptureRefunded)
	}
	require.Equal(t, 11, taken)
	_, err = refund("more", 0)
	refused(t, err, reason.CaptureRefunded)
	require.EqualValues(t, 100, s.active("ann"))
	again, err := refund("r", 12)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(first, again, protocmp.Transform()))
	s.requireSound()
	stored := h.documents("accounts")
	s.stop()
	_, err = s.Rebuild(t.Context())
	require.NoError(t, err)
	require.Equal(t, stored, h.documents("accounts"))
}
