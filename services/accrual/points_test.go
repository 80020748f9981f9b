package accrual_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// TestPointsAliveAreWhatTheAccountsHave: the sums that are watched come from the totals of the days; after all that can happen
// to points they are what the balances come to.
func TestPointsAliveAreWhatTheAccountsHave(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	s := h.run(size{})
	s.drained()
	ctx, reward := t.Context(), s.as(rpc.Reward)
	for account, points := range map[string]int64{"ann": 300, "bob": 70} {
		_, err := s.as(rpc.Partner).AwardPoints(ctx, &accrualv1.AwardPointsRequest{
			Program: "tea", Account: account, Points: points, Issuer: "cafe", ExpiryDay: "never", Reason: "WELCOME", IdempotencyKey: account,
		})
		require.NoError(t, err)
	}
	for _, key := range []string{"kept", "spent", "voided"} {
		_, err := reward.HoldPoints(ctx, hold("ann", key, 60))
		require.NoError(t, err)
	}
	spent, err := reward.CaptureHold(ctx, &accrualv1.CaptureHoldRequest{Program: "tea", Account: "ann", HoldId: "cmd/reward/spent", Points: 50, IdempotencyKey: "c"})
	require.NoError(t, err)
	_, err = reward.VoidHold(ctx, &accrualv1.VoidHoldRequest{Program: "tea", Account: "ann", HoldId: "cmd/reward/voided", IdempotencyKey: "v"})
	require.NoError(t, err)
	_, err = reward.RefundCapture(ctx, &accrualv1.RefundCaptureRequest{Program: "tea", Account: "ann", CaptureId: spent.GetCaptureId(), IdempotencyKey: "r"})
	require.NoError(t, err)
	_, err = s.grpc.AdjustPoints(ctx, &accrualv1.AdjustPointsRequest{Program: "tea", Account: "bob", Points: -20, Reason: "MISTAKE", IdempotencyKey: "j"})
	require.NoError(t, err)
	s.drained()
	alive, held := int64(0), int64(0)
	for _, account := range []string{"ann", "bob"} {
		for _, b := range s.account(account).GetBalances() {
			alive, held = alive+b.GetPending()+b.GetActive()+b.GetHeld(), held+b.GetHeld()
		}
	}
	require.EqualValues(t, 350, alive)
	require.EqualValues(t, 60, held)
	s.stop()

	registry := prometheus.NewRegistry()
	h.run(size{registry: registry})
	testkit.Eventually(t, func() bool { return len(shown(t, registry, "laurel_accrual_points_held")) > 0 }, "the points are added up")
	require.Equal(t, map[string]float64{"tea points": 350}, shown(t, registry, "laurel_accrual_points_alive"))
	require.Equal(t, map[string]float64{"tea points": 60}, shown(t, registry, "laurel_accrual_points_held"))
	require.Equal(t, map[string]float64{"": 0}, shown(t, registry, "laurel_accrual_overdue_accounts"))
}

// shown is what a gauge says, by its labels.
func shown(t *testing.T, r *prometheus.Registry, name string) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	require.NoError(t, err)
	values := map[string]float64{}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			labels := ""
			for i, l := range m.GetLabel() {
				if i > 0 {
					labels += " "
				}
				labels += l.GetValue()
			}
			values[labels] = m.GetGauge().GetValue()
		}
	}
	return values
}
