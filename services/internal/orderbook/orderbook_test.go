package orderbook_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/orderbook"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const shop = `
programme: shop
zone: Europe/Berlin
currency: EUR
unit: points
earning: {points: 1, per: 1.00}
expiry: {rule: never}
returns: {wait_days: 30, accept_days: 14}
orders: {accept_late_days: 60, rates: {CHF: {2025-01-10: 2.5}}}
`

func schedule(t *testing.T) program.Schedule {
	t.Helper()
	p, faults := program.Parse([]program.File{{Name: "shop.yaml", Content: []byte(shop)}})
	require.Empty(t, faults)
	return program.Schedule{{Revision: 1, Program: p}, {Revision: 2, Effective: at("2025-06-01T00:00"), Program: p}}
}

func at(text string) time.Time {
	t, err := time.Parse("2006-01-02T15:04", text)
	if err != nil {
		panic(err)
	}
	return t
}

var ref = orders.Ref{Merchant: "till", Order: "o1"}

func paid(day string) orders.Event {
	return orders.Event{
		Kind: orders.Paid, OccurredAt: at(day + "T12:00"), Currency: "EUR",
		Lines: []orders.Line{{SKU: "cd", Quantity: 2, Amount: 2400}},
	}
}

func returned(day, id string) orders.Event {
	return orders.Event{Kind: orders.Returned, Occurrence: id, OccurredAt: at(day + "T12:00"), Currency: "EUR"}
}

func arrival(e orders.Event, id string) orderbook.Arrival {
	return orderbook.Arrival{Ref: ref, Event: e, ID: id, Source: "//till"}
}

func inFrancs(e orders.Event) orders.Event {
	e.Currency = "CHF"
	return e
}

func francs(day string) orders.Event { return inFrancs(paid(day)) }

// told is a book to which the events have happened, rated by revision 1 from the payment on.
func told(account string, events ...orders.Event) orderbook.Book {
	var b orderbook.Book
	for i, e := range events {
		revision := b.Revision
		if e.Kind == orders.Paid {
			revision = 1
		}
		b = b.Add(account, arrival(e, fmt.Sprint("e", i+1)), e.Content(), revision)
	}
	return b
}

func TestJudge(t *testing.T) {
	jan := paid("2025-01-10")
	other := jan
	other.Lines = []orders.Line{{SKU: "dvd", Quantity: 1, Amount: 2400}}
	dollars := paid("2025-01-10")
	dollars.Currency = "USD"
	rich := francs("2025-01-10")
	rich.Lines = []orders.Line{{SKU: "cd", Amount: math.MaxInt64 / 2}}
	lapse := orders.Event{Kind: orders.Lapsed, LapsedKind: orders.Returned, Occurrence: "r1", OccurredAt: at("2025-02-09T00:00")}
	for _, c := range []struct {
		name    string
		book    orderbook.Book
		event   orders.Event
		id      string
		now     string
		waiting int
		want    string
	}{
		{name: "a first payment", event: jan, id: "e1", now: "2025-01-10T12:00", want: "revision 1"},
		{name: "one of after the second revision", event: paid("2025-06-02"), id: "e1", now: "2025-06-02T12:00", want: "revision 2"},
		{name: "what comes to an order keeps its revision", book: told("anna", jan), event: returned("2025-01-20", "r1"), id: "e2", now: "2025-06-03T12:00", want: "EVENT_TOO_LATE"},
		{name: "also in a later one's time", book: told("anna", paid("2025-05-30")), event: returned("2025-06-03", "r1"), id: "e2", now: "2025-06-03T12:00", want: "revision 1"},
		{name: "the same event", book: told("anna", jan), event: jan, id: "e1", now: "2025-06-10T12:00", want: "repeats 1"},
		{name: "the same payment under another id", book: told("anna", jan), event: jan, id: "e9", now: "2025-06-10T12:00", want: "repeats 1"},
		{name: "another payment of the same revision", book: told("anna", jan), event: other, id: "e9", now: "2025-01-10T12:00", want: "CONFLICTING_DUPLICATE"},
		{name: "an order of somebody else", book: told("bert", jan), event: returned("2025-01-11", "r1"), id: "e2", now: "2025-01-11T12:00", want: "ORDER_OF_OTHER_ACCOUNT"},
		{name: "another currency than the programme's", event: dollars, id: "e1", now: "2025-01-10T12:00", want: "CURRENCY_MISMATCH"},
		{name: "a currency with a rate, before it", event: francs("2025-01-09"), id: "e1", now: "2025-01-10T12:00", want: "CURRENCY_MISMATCH"},
		{name: "a currency with a rate", event: francs("2025-01-10"), id: "e1", now: "2025-01-10T12:00", want: "revision 1"},
		{name: "more than can be counted", event: rich, id: "e1", now: "2025-01-10T12:00", want: "AMOUNT_OUT_OF_RANGE"},
		{name: "what was paid when there was a rate comes back", book: told("anna", francs("2025-01-10")), event: inFrancs(returned("2025-01-09", "r1")),
			id: "e2", now: "2025-01-12T12:00", want: "revision 1"},
		{name: "on the last day on which it is taken", event: jan, id: "e1", now: "2025-03-11T22:59", want: "revision 1"},
		{name: "a day too late by the programme's zone", event: jan, id: "e1", now: "2025-03-11T23:00", want: "EVENT_TOO_LATE"},
		{name: "a return after the days for returns", book: told("anna", jan), event: returned("2025-01-25", "r1"), id: "e2", now: "2025-01-25T12:00", want: "EVENT_TOO_LATE"},
		{name: "a return before its order waits", event: returned("2025-01-10", "r1"), id: "e1", now: "2025-01-10T23:30", want: "waits until 2025-02-09T23:00"},
		{name: "as one of many", event: returned("2025-01-10", "r1"), id: "e1", now: "2025-01-10T12:00", waiting: orderbook.WaitingMax - 1, want: "waits until 2025-02-08T23:00"},
		{name: "as one too many", event: returned("2025-01-10", "r1"), id: "e1", now: "2025-01-10T12:00", waiting: orderbook.WaitingMax, want: "OVERLOADED"},
		{name: "delivered again after it lapsed", book: told("anna", returned("2025-01-10", "r1"), lapse), event: returned("2025-01-10", "r1"), id: "e1", now: "2025-02-10T12:00", want: "repeats 1"},
		{name: "sent again after it lapsed", book: told("anna", returned("2025-01-10", "r1"), lapse), event: returned("2025-01-10", "r1"), id: "e2", now: "2025-02-10T12:00", want: "waits until 2025-03-11T23:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := c.book.Judge(arrival(c.event, c.id), orderbook.Setting{
				Account: "anna", Opened: true, Waiting: c.waiting, Schedule: schedule(t), Time: at(c.now),
			})
			require.Equal(t, c.want, verdict(v, err))
		})
	}
}

func verdict(v orderbook.Verdict, err error) string {
	refusal, refused := reason.Of(err)
	switch {
	case refused:
		return string(refusal.Reason)
	case v.Repeats > 0:
		return fmt.Sprint("repeats ", v.Repeats)
	case v.Waits:
		return "waits until " + v.Deadline.Format("2006-01-02T15:04")
	}
	return fmt.Sprint("revision ", v.Rules.Revision)
}

func TestAnOrderIsFullAfterSoManyEvents(t *testing.T) {
	book := told("anna", paid("2025-01-10"))
	shipped := func(n int) orderbook.Arrival {
		return arrival(orders.Event{Kind: orders.Shipped, Occurrence: fmt.Sprint(n), OccurredAt: at("2025-01-10T12:00")}, fmt.Sprint("s", n))
	}
	setting := orderbook.Setting{Account: "anna", Schedule: schedule(t), Time: at("2025-01-10T12:00")}
	for n := 1; n < orderbook.EventsMax; n++ {
		book = book.Add("anna", shipped(n), shipped(n).Event.Content(), 1)
	}
	_, err := book.Judge(shipped(orderbook.EventsMax), setting)
	require.ErrorIs(t, err, reason.OrderTooLong)
	v, err := book.Judge(shipped(7), setting)
	require.NoError(t, err)
	require.Equal(t, 8, v.Repeats, "what is known is still answered")
}

func TestAdmit(t *testing.T) {
	now := at("2025-01-10T12:00")
	require.NoError(t, orderbook.Admit("shop", schedule(t), now.Add(orderbook.AheadMax), now))
	require.ErrorIs(t, orderbook.Admit("shop", schedule(t), now.Add(orderbook.AheadMax+1), now), reason.EventInFuture)
	require.NoError(t, orderbook.Admit("shop", schedule(t), now.AddDate(1, 0, 0), time.Time{}), "a replay knows no clock")
	require.ErrorIs(t, orderbook.Admit("shop", nil, now, now), reason.UnknownProgram)
}

func TestABookIsAValue(t *testing.T) {
	before := told("anna", paid("2025-01-10"))
	one := before.Add("anna", arrival(returned("2025-01-11", "r1"), "a"), [32]byte{1}, 1)
	two := before.Add("anna", arrival(returned("2025-01-11", "r2"), "b"), [32]byte{2}, 1)
	require.Equal(t, 1, before.State.Events())
	require.NotEqual(t, one, two)
}

func TestWhoEnrolsByNameOpensAccountsByName(t *testing.T) {
	byName, faults := program.Parse([]program.File{{Name: "shop.yaml", Content: []byte(shop + "enrolment: explicit\n")}})
	require.Empty(t, faults)
	later := program.Schedule{schedule(t)[0], {Revision: 2, Effective: at("2025-06-01T00:00"), Program: byName}}
	judge := func(opened bool, now string, book orderbook.Book, id string) string {
		return verdict(book.Judge(arrival(paid("2025-05-30"), id), orderbook.Setting{Account: "anna", Opened: opened, Schedule: later, Time: at(now)}))
	}
	require.Equal(t, "revision 1", judge(false, "2025-05-31T12:00", orderbook.Book{}, "e1"))
	require.Equal(t, "ACCOUNT_NOT_ENROLLED", judge(false, "2025-06-01T00:00", orderbook.Book{}, "e1"), "the revision in force now decides")
	require.Equal(t, "revision 1", judge(true, "2025-06-01T00:00", orderbook.Book{}, "e1"))
	require.Equal(t, "repeats 1", judge(false, "2025-06-01T00:00", told("anna", paid("2025-05-30")), "e1"), "what is known is still answered")
	require.NoError(t, orderbook.Enrolled(false, schedule(t), at("2025-06-01T00:00")))
}
