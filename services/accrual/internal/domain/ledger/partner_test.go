package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// withPartner is a programme in which merchant shop, who takes all orders of a story, belongs to cafe in February 2025.
const withPartner = "partners: {cafe: {roles: [issue], category: cafe, merchants: [shop], from: 2025-02-01, until: 2025-03-01}}"

func TestAnOrdersPointsAreIssuedByTheMerchantsPartner(t *testing.T) {
	h := newHouse(t, rules(t, withPartner))
	h.tell(`
		2025-01-31 paid o1: 10.00 cd
		2025-02-01 paid o2: 20.00 cd
		2025-02-28 paid o3: 30.00 cd
		2025-03-01 paid o4: 40.00 cd`)
	var issuers []string
	for _, e := range h.entries {
		issuers = append(issuers, e.Movements[0].Lot.Issuer)
	}
	require.Equal(t, []string{"operator", "cafe", "cafe", "operator"}, issuers)
}

// TestAReturnIsThatOfTheOrdersIssuer: what comes back after the agreement has ended is taken back for the partner that
// gave it; what it takes from points of others it owes to them.
func TestAReturnIsThatOfTheOrdersIssuer(t *testing.T) {
	h := newHouse(t, rules(t, withPartner))
	h.tell(`
		2025-02-10 paid o1: 100.00 cd
		2025-02-11 holds h1: 60
		2025-02-11 captures c1/h1
		2025-03-10 paid o2: 50.00 cd
		2025-04-01 returned o1/r1: cd`)
	last := h.entries[len(h.entries)-1]
	require.Len(t, last.Movements, 3, h.told)
	own, others, debt := last.Movements[0], last.Movements[1], last.Movements[2]
	require.Equal(t, []string{"cafe", ""}, []string{own.Lot.Issuer, own.Redeemer})
	require.Equal(t, []string{"operator", "cafe"}, []string{others.Lot.Issuer, others.Redeemer})
	require.Equal(t, "cafe", debt.Lot.Issuer)
	require.Equal(t, []money.Points{40, 50, 10}, []money.Points{own.Points, others.Points, debt.Points})
	h.rebuild()
}

func TestAnOrderIsPreviewedWithItsIssuer(t *testing.T) {
	h := newHouse(t, rules(t, withPartner))
	order, at := command("o1", event(t, "paid", "", "100.00 cd")), instant(t, "2025-02-10")
	order.Event.OccurredAt = at
	p, err := ledger.PreviewOrder(h.account, h.books, order, h.schedule, at)
	require.NoError(t, err)
	require.Equal(t, "cafe", p.Lot.Issuer)
}
