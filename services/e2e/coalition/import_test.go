package coalition

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
)

// TestWhatCameOverIsOwedWhenItIsSpentAndNotForHavingBeenGiven: 100 points of A, which pays when points are given, and 50 of B, which pays
// when they are spent, come over from another system. Nobody owes for that. C is owed for what is spent there: by the operator for A's,
// which has paid where it gave them, and by B for its own.
func TestWhatCameOverIsOwedWhenItIsSpentAndNotForHavingBeenGiven(t *testing.T) {
	t.Parallel()
	h := open(t, strings.Replace(e2, "redemption_price: 0.01}", "redemption_price: 0.01, issue_price: 0.02, funding: on_issue}", 1))
	d := h.desk()
	h.pass("2026-03-02")
	for issuer, points := range map[string]int64{"a": 100, "b": 50} {
		_, err := h.ledger.ImportPoints(t.Context(), &accrualv1.ImportPointsRequest{
			Program: "tea", Account: "ann", Points: points, Issuer: issuer, ExpiryDay: expiry, Source: "oldshop", IdempotencyKey: "lot-" + issuer,
		})
		require.NoError(t, err)
	}
	h.pass("2026-04-01")
	require.Empty(t, net(d.mustClose("2026-03")), "nothing was earned, and nothing spent")
	h.spend("ann", "c", 125)
	h.pass("2026-05-01")
	require.Equal(t, map[string]int64{"operator": -80, "a": 0, "b": -20, "c": 100}, net(d.mustClose("2026-04")))
	d.requireSound(2)
}

// TestWhatIsGivenToACauseTheOperatorTakes: who gave the points owes the operator for them, who gives the cause what they are worth.
func TestWhatIsGivenToACauseTheOperatorTakes(t *testing.T) {
	t.Parallel()
	h := open(t, strings.Replace(e2, "category: bank}", "category: bank, issue_price: 0.02}", 1)+"causes: {trees: {}, water: {}}\n")
	d := h.desk()
	h.pass("2026-03-02")
	h.award("ann", "b", 100)
	for cause, points := range map[string]int64{"trees": 30, "water": 20} {
		_, err := h.ledger.DonatePoints(t.Context(), &accrualv1.DonatePointsRequest{Program: "tea", Account: "ann", Cause: cause, Points: points, IdempotencyKey: cause})
		require.NoError(t, err)
	}
	h.pass("2026-04-01")
	require.Equal(t, map[string]int64{"operator": 100, "b": -100}, net(d.mustClose("2026-03")))
	d.requireSound(1)
}
