package ledger_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func TestAnOrderOfAThousandEventsIsFull(t *testing.T) {
	h := newHouse(t, rules(t))
	_, err := h.take(command("o1", orderOf(january10, 1200)), noon(january10))
	require.NoError(t, err)
	ref := orders.Ref{Merchant: "shop", Order: "o1"}
	shipment := func(n int) orders.Event {
		return orders.Event{Kind: orders.Shipped, Occurrence: fmt.Sprint(n), OccurredAt: noon(january10)}
	}
	book, account := h.books[ref], h.account
	for n := 1; n < ledger.OrderEntriesMax; n++ {
		v, err := ledger.Take(account, book, command("o1", shipment(n)), h.schedule, noon(january10))
		require.NoError(t, err)
		account = v.Account
		book, err = book.Add(v.Entry)
		require.NoError(t, err)
	}
	_, err = ledger.Take(account, book, command("o1", shipment(ledger.OrderEntriesMax)), h.schedule, noon(january10))
	refusedWith(t, err, reason.OrderTooLong)
	v, err := ledger.Take(account, book, command("o1", shipment(7)), h.schedule, noon(january10))
	require.NoError(t, err)
	require.Equal(t, "order/shop/o1/8", v.Repeats, "what is known is still answered")
}

func TestOnlySoManyEventsOfAnAccountWait(t *testing.T) {
	h := newHouse(t, rules(t))
	at := noon(january10)
	come := func(order string, e orders.Event) error {
		e.OccurredAt = at
		_, err := h.take(command(order, e), at)
		return err
	}
	for n := range ledger.WaitingMax {
		require.NoError(t, come(fmt.Sprint("o", n), orders.Event{Kind: orders.Returned, Occurrence: "r1"}))
	}
	require.Len(t, h.account.Waiting, ledger.WaitingMax)
	refusedWith(t, come("o99", orders.Event{Kind: orders.Returned, Occurrence: "r1"}), reason.Overloaded)
	refusedWith(t, come("o99", orders.Event{Kind: orders.Canceled}), reason.Overloaded)
	require.NoError(t, come("o99", orders.Event{Kind: orders.Placed}), "what does not wait is taken")
	require.NoError(t, come("o1", orders.Event{Kind: orders.Shipped, Occurrence: "s1"}))
	require.NoError(t, come("o1", orderOf(january10, 1200)))
	require.Len(t, h.account.Waiting, ledger.WaitingMax-1, "its payment ends the wait of o1")
	require.NoError(t, come("o99", orders.Event{Kind: orders.Canceled}))
	require.Len(t, h.account.LapsesBy(noon(january10.AddDays(30))), ledger.WaitingMax)
	h.pass(noon(january10.AddDays(30)))
	require.Empty(t, h.account.Waiting)
}

func TestPointsThatDoNotFitAreRefusedAndTheAccountGoesOn(t *testing.T) {
	const most = money.Minor(1 << 62) // 1 point per cent: two of these are one too many
	h := newHouse(t, rules(t, "earning: {points: 1, per: 0.01}", "expiry: {rule: end_of_month, months: 1}"))
	take := func(order string, day calendar.Day, amount money.Minor) error {
		_, err := h.take(command(order, orderOf(day, amount)), noon(day))
		return err
	}
	require.NoError(t, take("o1", january10, most))
	refusedWith(t, take("o2", january10, most), reason.AmountOutOfRange)
	require.NoError(t, take("o3", january10, most-1))
	refusedWith(t, take("o4", january10, 1), reason.AmountOutOfRange)
	require.NoError(t, take("o5", january10, 0))

	march := calendar.Date(2025, 3, 2)
	refusedWith(t, take("o6", march, 1), reason.AmountOutOfRange)
	back := orders.Event{Kind: orders.Returned, Occurrence: "r1", OccurredAt: noon(march)}
	_, err := h.take(command("o1", back), noon(march))
	require.NoError(t, err, "what lapsed counts as taken back")
	require.NoError(t, take("o6", march, 1))
	h.rebuild()
}

func TestADebtThatDoesNotFitIsRefused(t *testing.T) {
	h := newHouse(t, rules(t, "earning: {points: 1, per: 0.01}"))
	back := orders.Event{Kind: orders.Returned, Occurrence: "r1", OccurredAt: noon(january10)}
	for n := range 3 {
		order := fmt.Sprint("o", n)
		_, err := h.take(command(order, orderOf(january10, 1<<62)), noon(january10))
		require.NoError(t, err)
		h.spend(1<<62, noon(january10))
	}
	_, err := h.take(command("o0", back), noon(january10))
	require.NoError(t, err)
	_, err = h.take(command("o1", back), noon(january10))
	refusedWith(t, err, reason.AmountOutOfRange)
}

func TestOnlySoManyLapsedLotsAreRemembered(t *testing.T) {
	h := newHouse(t, rules(t, "expiry: {rule: end_of_month, months: 1}"))
	day := january10
	for n := range ledger.LapsedLotsMax + 3 {
		_, err := h.take(command(fmt.Sprint("o", n), orderOf(day, 100)), noon(day))
		require.NoError(t, err)
		day = day.AddMonths(1)
	}
	h.pass(noon(day.AddMonths(1)))
	require.Len(t, h.account.Lots, ledger.LapsedLotsMax)
	require.Zero(t, h.account.Balance("points").Active)
	day = day.AddMonths(1)
	_, err := h.take(command("last", orderOf(day, 500)), noon(day))
	require.NoError(t, err)
	back := func(order string) ledger.Entry {
		v, err := h.take(command(order, orders.Event{Kind: orders.Returned, Occurrence: "r1", OccurredAt: noon(day)}), noon(day))
		require.NoError(t, err)
		return v.Entry
	}
	require.Equal(t, ledger.MoveReverse, back("o0").Movements[0].Move, "its lot is forgotten: other points go back")
	require.Equal(t, ledger.MoveUncount, back("o3").Movements[0].Move, "its lot is remembered")
	h.rebuild()
}
