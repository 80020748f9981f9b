package rewards

import (
	"testing"

	"github.com/stretchr/testify/require"

	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
)

func TestAGiftIsRedeemedCancelledAndShown(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.serve()
	h.give("ann", 300)
	terms := gift(120)
	terms.CancelDays = 14
	s.put("pot", terms, 3)

	r, err := s.redeem("ann", "pot", "k1")
	require.NoError(t, err)
	require.Equal(t, rewardv1.RedemptionState_REDEMPTION_STATE_FULFILLED, r.GetState())
	require.EqualValues(t, 120, r.GetPoints())
	require.EqualValues(t, 1, r.GetRewardVersion())
	active, held := h.has("ann")
	require.EqualValues(t, 180, active)
	require.Zero(t, held)
	require.EqualValues(t, 2, s.left("pot"))

	shown, err := s.GetRedemption(patient(t), &rewardv1.GetRedemptionRequest{Program: "tea", RedemptionId: r.GetRedemptionId()})
	require.NoError(t, err)
	require.Equal(t, r.String(), shown.GetRedemption().String())

	gone, err := s.cancel(r.GetRedemptionId(), "c1")
	require.NoError(t, err)
	require.Equal(t, rewardv1.RedemptionState_REDEMPTION_STATE_CANCELLED, gone.GetState())
	active, _ = h.has("ann")
	require.EqualValues(t, 300, active)
	require.EqualValues(t, 3, s.left("pot"))
}
