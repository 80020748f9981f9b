package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// trade pays an order of two cups with tax and shipping, in a currency.
func (h *house) trade(c money.Currency, order, day string) {
	e := orders.Event{Kind: orders.Paid, Currency: c, OccurredAt: instant(h.t, day), Lines: []orders.Line{
		{SKU: "cup", Quantity: 2, Amount: 11900, Tax: 1900, GiftCard: 0},
		{SKU: "dvd", Quantity: 1, Amount: 5000, Tax: 500, GiftCard: 2500},
		{SKU: "post", Amount: 595, Tax: 95, Shipping: true},
	}}
	_, err := h.take(command(order, e), e.OccurredAt)
	require.NoError(h.t, err)
}

// back takes one cup back, in the currency of the order.
func (h *house) back(c money.Currency, order, occurrence, day string) ledger.Entry {
	e := orders.Event{Kind: orders.Returned, Currency: c, Occurrence: occurrence, OccurredAt: instant(h.t, day),
		Returned: []orders.ReturnedLine{{SKU: "cup", Quantity: 1}}}
	v, err := h.take(command(order, e), e.OccurredAt)
	require.NoError(h.t, err)
	return v.Entry
}

// TestWhatTheProgrammeLeavesOutEarnsNothingAndCountsForNoTier.
func TestWhatTheProgrammeLeavesOutEarnsNothingAndCountsForNoTier(t *testing.T) {
	h := newHouse(t, rules(t, "expiry: {rule: never}", "orders: {leave_out: [tax, shipping, gift_cards]}",
		"ladder: {window_months: 12, tiers: [{name: bronze, from: 0}, {name: silver, from: 122.50}]}"))
	h.trade("USD", "o1", "2025-01-10") // 100.00 + 50.00 × ½ × 9/10 = 122.50
	paid := h.entries[0]
	require.EqualValues(t, 12250, paid.Order.Base)
	require.EqualValues(t, 122, paid.Order.Target)
	require.Equal(t, "silver", paid.Ladder.Change.To)
	words := ledger.Explain(paid, h.schedule[0].Program)
	require.Contains(t, words, "On 10 January 2025 order o1 at shop was paid: 174.95 USD.")
	require.Contains(t, words, "Of the order, 122.50 USD count now.")
	require.Contains(t, words, "Tax, shipping and what was paid with gift cards do not count.")

	require.EqualValues(t, 7250, h.back("USD", "o1", "r1", "2025-01-11").Order.Base)
	require.EqualValues(t, 2250, h.back("USD", "o1", "r2", "2025-01-12").Order.Base)
	require.EqualValues(t, 22, h.account.Balance("points").Active)
	h.rebuild()
}

// TestAnOrderInAnotherCurrencyCountsAtTheRateOfItsDay, and so does what comes back of it later.
func TestAnOrderInAnotherCurrencyCountsAtTheRateOfItsDay(t *testing.T) {
	h := newHouse(t, rules(t, "expiry: {rule: never}", "orders: {rates: {EUR: {2025-01-01: 1.5, 2025-01-11: 3}}}",
		"ladder: {window_months: 12, tiers: [{name: bronze, from: 0}, {name: silver, from: 200.00}]}"))
	h.trade("EUR", "o1", "2025-01-10") // 174.95 × 1.5 = 262.425
	paid := h.entries[0]
	require.EqualValues(t, 26242, paid.Order.Base)
	require.EqualValues(t, 262, paid.Order.Target)
	require.Equal(t, "silver", paid.Ladder.Change.To)
	words := ledger.Explain(paid, h.schedule[0].Program)
	require.Contains(t, words, "On 10 January 2025 order o1 at shop was paid: 174.95 EUR.")
	require.Contains(t, words, "Of the order, 262.42 USD count now.")
	require.Contains(t, words, "The amounts are in USD by the rate of the day on which the order was first paid.")
	require.EqualValues(t, 17317, h.back("EUR", "o1", "r1", "2025-01-12").Order.Base) // 115.45 × 1.5 = 173.175
	h.trade("EUR", "o2", "2025-01-12")
	require.EqualValues(t, 17495*3, h.entries[len(h.entries)-1].Order.Base)
	h.rebuild()
	require.Equal(t, calendar.None, h.account.Lots[0].Expiry)
}
