package accrual_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func TestWhoLacksPointsIsToldWhenThereAreMore(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	h.pass("2026-01-10")
	s := h.run(size{})
	s.drained()
	s.award("ann", "a1", 250)
	_, err := s.grpc.AwardPoints(t.Context(), &accrualv1.AwardPointsRequest{
		Program: "tea", Account: "ann", Points: 100, ActivationDay: "2026-02-01", IdempotencyKey: "a2",
	})
	require.NoError(t, err)
	_, err = s.grpc.HoldPoints(t.Context(), hold("ann", "h", 300))
	refused(t, err, reason.InsufficientPoints)
	refusal := refusalOf(t, err)
	require.Equal(t, "300 points asked, 250 active; 100 more on 2026-02-01", refusal.Message)
	require.Equal(t, map[string]string{"asked": "300", "active": "250", "held": "0", "more": "100", "more_on": "2026-02-01"}, refusal.Metadata)
}
