package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func TestWhatComesBeforeItsOrder(t *testing.T) {
	tellAll(t, []story{
		{
			name: "a return waits, and the payment earns what it leaves",
			script: `
				2025-01-10 returned o1/r1: cd
				2025-01-12 returned o1/r2: 1 x dvd
				2025-02-08 paid o1: 12.00 cd; 2 x 20.00 dvd
				2025-03-20 passes`,
			want: `
				2025-01-10 park = nothing yet; waits until 2025-02-09
				2025-01-12 park = nothing yet; waits until 2025-02-11
				2025-02-08 earn: earn 10 gone 2026-03-01 = active 10`,
		}, {
			name: "lapsed at its deadline: the order counts whole, and the return may come again under another event",
			script: `
				2025-01-10 returned o1/r1 as e1
				2025-02-08T23:59 passes
				2025-02-09T00:00 passes
				2025-02-10 paid o1: 12.00 cd
				on 2025-02-11, 2025-01-10 returned o1/r1 as e1
				on 2025-02-11, 2025-01-10 returned o1/r1 as e2
				on 2025-02-11, 2025-01-10 returned o1/r1 as e2
				on 2025-02-11, 2025-01-10 returned o1/r1 as e3`,
			want: `
				2025-01-10 park = nothing yet; waits until 2025-02-09
				2025-02-09 park = nothing yet
				2025-02-10 earn: earn 12 gone 2026-03-01 = active 12
				repeats order/shop/o1/1
				2025-02-11 reverse: reverse 12 gone 2026-03-01 = active 0
				repeats order/shop/o1/4
				repeats order/shop/o1/4`,
		}, {
			name: "a lapsed return comes again before its order: it waits anew",
			script: `
				2025-01-10 returned o1/r1 as e1
				2025-02-10 returned o1/r1 as e2
				2025-02-11 paid o1: 12.00 cd`,
			want: `
				2025-01-10 park = nothing yet; waits until 2025-02-09
				2025-02-09 park = nothing yet
				2025-02-10 park = nothing yet; waits until 2025-03-12
				2025-02-11 earn = nothing yet`,
		}, {
			name: "a lapsed cancellation: the order counts whole",
			script: `
				2025-01-10 cancelled o1
				2025-02-10 paid o1: 12.00 cd`,
			want: `
				2025-01-10 park = nothing yet; waits until 2025-02-09
				2025-02-09 park = nothing yet
				2025-02-10 earn: earn 12 gone 2026-03-01 = active 12`,
		}, {
			name: "one wait lapses, the other is met",
			script: `
				2025-01-10 returned o1/r1: cd
				2025-01-11 returned o1/r2: dvd
				2025-02-09 paid o1: 12.00 cd; 10.00 dvd`,
			want: `
				2025-01-10 park = nothing yet; waits until 2025-02-09
				2025-01-11 park = nothing yet; waits until 2025-02-10
				2025-02-09 park = nothing yet
				2025-02-09 earn: earn 12 gone 2026-03-01 = active 12`,
		}, {
			name: "two waits of one order end each at its own deadline",
			script: `
				2025-01-10 returned o1/r1
				2025-01-11 returned o1/r2
				2025-01-11 cancelled o1
				2025-03-01 passes`,
			want: `
				2025-01-10 park = nothing yet; waits until 2025-02-09
				2025-01-11 park = nothing yet; waits until 2025-02-10
				2025-01-11 park = nothing yet; waits until 2025-02-10
				2025-02-09 park = nothing yet
				2025-02-10 park = nothing yet
				2025-02-10 park = nothing yet`,
		}, {
			name: "a return that waited takes no more than is there",
			script: `
				2025-01-10 returned o1/r1: 5 x cd
				2025-01-11 paid o1: 2 x 12.00 cd; 3.00 dvd`,
			want: `
				2025-01-10 park = nothing yet; waits until 2025-02-09
				2025-01-11 earn: earn 3 gone 2026-02-01 = active 3`,
		}, {
			name:  "a wait of the programme's own length",
			rules: []string{"returns: {wait_days: 1}"},
			script: `
				2025-01-10T23:59 returned o1/r1
				2025-01-11T00:00 passes`,
			want: `
				2025-01-10 park = nothing yet; waits until 2025-01-11
				2025-01-11 park = nothing yet`,
		},
	})
}

func TestWhatIsRefusedOrKnown(t *testing.T) {
	tellAll(t, []story{
		{
			name: "the same payment under another event id is known",
			script: `
				2025-01-10 paid o1: 12.00 cd as e1
				on 2025-01-11, 2025-01-10 paid o1: 12.00 cd as e2
				on 2025-01-11, 2025-01-10 paid o1: 12.00 cd`,
			want: `
				2025-01-10 earn: earn 12 gone 2026-02-01 = active 12
				repeats order/shop/o1/1
				repeats order/shop/o1/1`,
		}, {
			name: "the same payment, return or revision with other content is refused",
			script: `
				2025-01-10 paid o1: 12.00 cd; 9.00 dvd
				2025-01-11 returned o1/r1: cd
				2025-01-10 paid o1: 12.00 cd
				2025-01-11 returned o1/r1: dvd
				2025-01-12 amended o1/1: 12.00 cd; 8.00 dvd
				2025-01-12 amended o1/1: 12.00 cd; 7.00 dvd`,
			want: `
				2025-01-10 earn: earn 21 gone 2026-02-01 = active 21
				2025-01-11 reverse: reverse 12 gone 2026-02-01 = active 9
				refused: CONFLICTING_DUPLICATE
				refused: CONFLICTING_DUPLICATE
				2025-01-12 reverse: reverse 1 gone 2026-02-01 = active 8
				refused: CONFLICTING_DUPLICATE`,
		}, {
			name: "more comes back than was bought, or from a line that is not there",
			script: `
				2025-01-10 paid o1: 2 x 12.00 cd; 9.00 dvd; 8.00 dvd
				2025-01-11 returned o1/r1: 3 x cd
				2025-01-11 returned o1/r2: 12.01 cd
				2025-01-11 returned o1/r3: tv
				2025-01-11 returned o1/r4: 1 x dvd
				2025-01-11 returned o1/r5: 1 x cd; 2 x #1
				2025-01-11 returned o1/r6: 2 x cd
				2025-01-12 returned o1/r7: 1 x cd`,
			want: `
				2025-01-10 earn: earn 29 gone 2026-02-01 = active 29
				refused: RETURN_EXCEEDS_ORDER
				refused: RETURN_EXCEEDS_ORDER
				refused: UNKNOWN_LINE
				refused: UNKNOWN_LINE
				refused: RETURN_EXCEEDS_ORDER
				2025-01-11 reverse: reverse 12 gone 2026-02-01 = active 17
				refused: RETURN_EXCEEDS_ORDER`,
		}, {
			name:  "what was due before a refused event is posted all the same",
			rules: []string{"expiry: {rule: end_of_month, months: 1}"},
			script: `
				2025-01-10 paid o1: 12.00 cd
				2025-04-01 returned o1/r1: tv`,
			want: `
				2025-01-10 earn: earn 12 gone 2025-03-01 = active 12
				2025-03-01 expire: expire 12 gone 2025-03-01 = active 0
				refused: UNKNOWN_LINE`,
		}, {
			name:  "older than the programme takes",
			rules: []string{"orders: {accept_late_days: 30}", "returns: {accept_days: 14}"},
			script: `
				on 2025-01-31, 2025-01-01 paid o1: 12.00 cd
				on 2025-02-01, 2025-01-01 paid o2: 12.00 cd
				on 2025-02-01, 2025-01-15 returned o1/r1: 1.00 cd
				on 2025-02-01, 2025-01-16 returned o1/r2: 1.00 cd
				on 2025-02-15, 2025-01-15 returned o1/r3: 1.00 cd`,
			want: `
				2025-01-31 earn: earn 12 gone 2026-02-01 = active 12
				refused: EVENT_TOO_LATE
				2025-02-01 reverse: reverse 1 gone 2026-02-01 = active 11
				refused: EVENT_TOO_LATE
				refused: EVENT_TOO_LATE`,
		},
	})
}

// orderOf is a payment of one line.
func orderOf(day calendar.Day, amount money.Minor) orders.Event {
	return orders.Event{
		Kind: orders.Paid, OccurredAt: noon(day), Currency: "USD", Lines: []orders.Line{{SKU: "cd", Quantity: 1, Amount: amount}},
	}
}

func refusedWith(t *testing.T, err error, want reason.Reason) {
	t.Helper()
	require.ErrorIs(t, err, want)
	_, ok := reason.Of(err)
	require.True(t, ok, "a refusal, not trouble")
}

var january10 = calendar.Date(2025, 1, 10)

func TestAnOrderOfAnotherAccountIsRefusedWithoutNamingIt(t *testing.T) {
	schedule := rules(t)
	anna := newHouse(t, schedule)
	_, err := anna.take(command("o1", orderOf(january10, 1200)), noon(january10))
	require.NoError(t, err)
	for name, e := range map[string]orders.Event{
		"a return":         {Kind: orders.Returned, Occurrence: "r1", OccurredAt: noon(january10)},
		"the same payment": orderOf(january10, 1200),
	} {
		c := command("o1", e)
		_, err := ledger.Take(ledger.NewAccount("shop", "bert"), anna.books[c.Ref], c, schedule, noon(january10))
		refusedWith(t, err, reason.OrderOfOtherAccount)
		require.NotContains(t, err.Error(), "anna", name)
	}
}

func TestAnotherCurrencyIsRefused(t *testing.T) {
	h := newHouse(t, rules(t))
	e := orderOf(january10, 1200)
	e.Currency = "EUR"
	_, err := h.take(command("o1", e), noon(january10))
	refusedWith(t, err, reason.CurrencyMismatch)
	require.Zero(t, h.account.Version, "a refused event opens no account")
}

func TestAnEventIsTheSameByIDSourceAndContent(t *testing.T) {
	h := newHouse(t, rules(t))
	c := command("o1", orders.Event{Kind: orders.Returned, Occurrence: "r1", OccurredAt: noon(january10)})
	c.EventID = "e1"
	_, err := h.take(c, noon(january10))
	require.NoError(t, err)
	h.pass(noon(january10.AddDays(31))) // what it told of has lapsed, so that only the event itself is known
	repeats := func(c ledger.Command) string {
		v, err := ledger.Take(h.account, h.books[c.Ref], c, h.schedule, h.clock)
		require.NoError(t, err)
		return v.Repeats
	}
	require.Equal(t, "order/shop/o1/1", repeats(c))
	other := c
	other.EventSource = "//till"
	require.Empty(t, repeats(other), "another source")
	other = c
	other.EventID = "e2"
	require.Empty(t, repeats(other), "another id")
	other = c
	other.Event.Occurrence = "r2"
	require.Empty(t, repeats(other), "other content")
	c.EventID = ""
	require.Empty(t, repeats(c), "without an id it is known by its content alone, which has lapsed")
}
