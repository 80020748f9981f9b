package partners

import (
	"testing"

	"github.com/stretchr/testify/require"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// collecting has units on both sides of points, by name.
const collecting = `
programme: coalition
zone: UTC
currency: EUR
unit: points
earning: {points: 1, per: 1.00}
expiry: {rule: never}
units:
  laps: {earn: {per_order: 1}, expiry: {rule: never}}
  stars: {earn: {points: 7, per: 1.00}, expiry: {rule: never}}
partners:
  a: {roles: [issue, redeem], category: a, redemption_price: 0.01}
`

// TestPartnersTradeInWhatIsSpentAlone: what an account has of units that are only counted is told to no partner, and pays for nothing.
func TestPartnersTradeInWhatIsSpentAlone(t *testing.T) {
	t.Parallel()
	h := openWith(t, collecting)
	a := h.named("a", all...)
	order, err := publish.Order("coalition", "test", orderfile.Group{
		Account: "ann", Merchant: "shop", Ref: orders.Ref{Merchant: "shop", Order: "1"}, ID: "1/paid",
		Event: orders.Event{
			Kind: orders.Paid, OccurredAt: h.clock.Now(), Currency: "EUR",
			Lines: []orders.Line{{ID: "1", SKU: "tea", Category: "a", Quantity: 1, Amount: 100_00}},
		},
	})
	require.NoError(t, err)
	require.NoError(t, publish.All(t.Context(), h.bus, []bus.Outgoing{order}))
	h.drained()
	require.Len(t, h.account("ann").GetBalances(), 3)

	balance := func() (int64, string) {
		answer, err := a.GetBalance(t.Context(), &partnerv1.GetBalanceRequest{Account: "ann"})
		require.NoError(t, err)
		return answer.GetPoints(), answer.GetUnit()
	}
	points, unit := balance()
	require.EqualValues(t, 100, points)
	require.Equal(t, "points", unit)
	require.EqualValues(t, 110, h.award(a, "ann", 10).GetActivePoints())
	held := h.authorize(a, "ann", 60)
	require.EqualValues(t, 50, held.GetActivePoints())
	require.EqualValues(t, 50, h.capture(a, held.GetId()).GetActivePoints())
	_, err = a.AuthorizeRedemption(t.Context(), &partnerv1.AuthorizeRedemptionRequest{Account: "ann", Points: 51, IdempotencyKey: h.key()})
	require.ErrorIs(t, rpc.FromStatus(err), reason.InsufficientPoints)
	points, unit = balance()
	require.EqualValues(t, 50, points)
	require.Equal(t, "points", unit)
}
