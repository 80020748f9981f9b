package accrual_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	ordersv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/orders/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// bad is an event that must be refused. Its account is its own, so that its subject names the case.
type bad struct {
	name   string
	want   reason.Reason
	field  string
	before []letter
	letter letter
}

// badEvents are all that a shop can get wrong, each from its own account. It also returns the points that each account
// has by the events that were right.
func badEvents(now time.Time) []bad {
	var list []bad
	add := func(name string, want reason.Reason, field string, write func(account string) []letter) {
		letters := write(fmt.Sprint("bad-", len(list)))
		last := len(letters) - 1
		list = append(list, bad{name, want, field, letters[:last], letters[last]})
	}
	one := func(f func(account string) letter) func(string) []letter {
		return func(account string) []letter { return []letter{f(account)} }
	}
	edited := func(edit func(*ordersv1.OrderPaid)) func(string) []letter {
		return one(func(account string) letter {
			body := purchase("order-of-"+account, now, 5000)
			edit(body)
			return write(account, "paid", account, body)
		})
	}
	raw := func(text string) func(string) []letter {
		return one(func(account string) letter { return paid(account, account, now, 5000).text(text) })
	}

	add("a programme that nobody has applied", reason.UnknownProgram, "programme", one(func(account string) letter {
		return paid(account, account, now, 5000).on(bus.OrderSubject("coffee", "shop", "paid", account))
	}))
	add("a currency that is none", reason.UnknownCurrency, "currency", edited(func(b *ordersv1.OrderPaid) { b.Currency = "XQZ" }))
	add("a currency of another programme", reason.CurrencyMismatch, "currency", edited(func(b *ordersv1.OrderPaid) { b.Currency = "EUR" }))
	add("a negative amount in JSON", reason.InvalidField, "lines[0].amount_minor", raw(
		`{"order_id":"n","occurred_at":"2026-01-01T00:00:00Z","currency":"USD","lines":[{"amount_minor":"-500"}]}`))
	add("more than five minutes ahead", reason.EventInFuture, "occurred_at", edited(func(b *ordersv1.OrderPaid) {
		b.OccurredAt = timestamppb.New(now.Add(10 * time.Minute))
	}))
	add("two years late", reason.EventTooLate, "occurred_at", edited(func(b *ordersv1.OrderPaid) {
		b.OccurredAt = timestamppb.New(now.AddDate(-2, 0, 0))
	}))
	add("no time at all", reason.InvalidField, "occurred_at", edited(func(b *ordersv1.OrderPaid) { b.OccurredAt = nil }))
	add("another merchant in the body than in the subject", reason.MerchantMismatch, "merchant",
		edited(func(b *ordersv1.OrderPaid) { b.Merchant = "rival" }))
	add("another account in the body than in the subject", reason.AccountMismatch, "account",
		edited(func(b *ordersv1.OrderPaid) { b.Account = "neighbour" }))
	add("1,001 lines", reason.TooLarge, "lines", edited(func(b *ordersv1.OrderPaid) {
		b.Lines = nil
		for i := range 1001 {
			b.Lines = append(b.Lines, &ordersv1.Line{LineId: fmt.Sprint(i), AmountMinor: 1})
		}
	}))
	add("more than 256 KiB", reason.TooLarge, "", edited(func(b *ordersv1.OrderPaid) { b.Channel = strings.Repeat("x", 300<<10) }))
	add("more paid with points than the row costs", reason.InvalidField, "lines[0].paid_with_points_minor",
		edited(func(b *ordersv1.OrderPaid) { b.Lines[0].PaidWithPointsMinor = b.GetLines()[0].GetAmountMinor() + 1 }))
	add("two lines with one id", reason.InvalidField, "lines[1].line_id", edited(func(b *ordersv1.OrderPaid) {
		b.Lines = append(b.Lines, b.GetLines()[0])
	}))
	add("invalid UTF-8 in JSON", reason.MalformedEvent, "data", raw("{\"order_id\":\"\xff\xfe\",\"currency\":\"USD\"}"))
	add("invalid UTF-8 in protobuf", reason.MalformedEvent, "data", one(func(account string) letter {
		l := paid(account, account, now, 5000)
		l.body = []byte(strings.Replace(string(l.body), "USD", "U\xffD", 1))
		return l
	}))
	add("broken JSON", reason.MalformedEvent, "data", raw(`{"order_id":"n","lines":[{`))
	add("no JSON at all", reason.MalformedEvent, "data", raw("order n over 50.00 dollars"))
	add("an empty body that should be JSON", reason.MalformedEvent, "data", raw(""))
	add("an empty body that should be protobuf", reason.InvalidField, "order_id", one(func(account string) letter {
		l := paid(account, account, now, 5000)
		l.body = nil
		return l
	}))
	add("an amount of 2^63", reason.MalformedEvent, "data", raw(
		`{"order_id":"n","occurred_at":"2026-01-01T00:00:00Z","currency":"USD","lines":[{"amount_minor":"9223372036854775808"}]}`))
	add("an amount that is no number", reason.MalformedEvent, "data", raw(
		`{"order_id":"n","occurred_at":"2026-01-01T00:00:00Z","currency":"USD","lines":[{"amount_minor":NaN}]}`))
	add("NaN as a text", reason.MalformedEvent, "data", raw(
		`{"order_id":"n","occurred_at":"2026-01-01T00:00:00Z","currency":"USD","lines":[{"amount_minor":"NaN"}]}`))
	add("half a cent", reason.MalformedEvent, "data", raw(
		`{"order_id":"n","occurred_at":"2026-01-01T00:00:00Z","currency":"USD","lines":[{"amount_minor":0.5}]}`))
	add("the type of another kind of event", reason.UnknownEventType, "type", one(func(account string) letter {
		return paid(account, account, now, 5000).on(bus.OrderSubject("tea", "shop", "returned", account))
	}))
	add("a kind of event that there is not", reason.UnknownEventType, "subject", one(func(account string) letter {
		return paid(account, account, now, 5000).on(bus.OrderSubject("tea", "shop", "exploded", account))
	}))
	add("an action that the programme does not know", reason.UnknownEventType, "type", one(func(account string) letter {
		return paid(account, account, now, 5000).on("actions.tea.shop.paid." + account)
	}))
	add("no header at all", reason.MalformedEvent, "specversion", one(func(account string) letter {
		l := paid(account, account, now, 5000)
		l.header = nil
		return l
	}))
	add("no event id", reason.MalformedEvent, "id", one(func(account string) letter { return paid(account, account, now, 5000).as("") }))
	add("data that are neither JSON nor protobuf", reason.MalformedEvent, "datacontenttype", one(func(account string) letter {
		return paid(account, account, now, 5000).head("ce-datacontenttype", "text/csv")
	}))
	add("a token that no id is written as", reason.MalformedEvent, "subject", one(func(account string) letter {
		return paid(account, account, now, 5000).on("orders.tea.shop.paid." + account + "+x")
	}))
	add("an empty account", reason.MalformedEvent, "subject", one(func(string) letter {
		return paid("", "of-nobody", now, 5000)
	}))
	add("an e-mail address as account", reason.InvalidField, "account", one(func(account string) letter {
		return paid(account+"@example.com", account, now, 5000)
	}))
	add("an order of another account", reason.OrderOfOtherAccount, "account", func(account string) []letter {
		return []letter{paid(account+"-owner", account, now, 5000), returned(account, account, "r", now, 1)}
	})
	add("the same payment with other content", reason.ConflictingDuplicate, "revision", func(account string) []letter {
		return []letter{paid(account, account, now, 5000), paid(account, account, now, 5100).as("again")}
	})
	add("the same return with other content", reason.ConflictingDuplicate, "return_id", func(account string) []letter {
		return []letter{paid(account, account, now, 5000), returned(account, account, "r", now, 1), returned(account, account, "r", now, 2).as("again")}
	})
	add("a return of more than was bought", reason.ReturnExceedsOrder, "lines[0].quantity", func(account string) []letter {
		return []letter{paid(account, account, now, 5000), returned(account, account, "r", now, 5)}
	})
	add("a return of more than is left", reason.ReturnExceedsOrder, "lines[0].quantity", func(account string) []letter {
		return []letter{paid(account, account, now, 5000), returned(account, account, "r", now, 2), returned(account, account, "s", now, 3)}
	})
	add("a return of goods that were not bought", reason.UnknownLine, "lines[0].line_id", func(account string) []letter {
		body := goingBack(account, "r", now, 1)
		body.Lines[0].LineId = "9"
		return []letter{paid(account, account, now, 5000), write(account, "returned", account, body)}
	})
	return list
}

// TestBadEventsAreRefusedAndTheirNeighboursAreNot publishes them all mixed among good ones, twice.
func TestBadEventsAreRefusedAndTheirNeighboursAreNot(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	now := clock.System().Now()
	cases := badEvents(now)
	var letters []letter
	for i, c := range cases {
		letters = append(letters, paid(fmt.Sprint("good-", i), fmt.Sprint("good-", i), now, 700))
		letters = append(append(letters, c.before...), c.letter)
		letters = append(letters, paid("everybody", fmt.Sprint("everybody-", i), now, 300))
	}
	h.publish(letters...)
	s := h.run(size{lanes: 2})
	s.drained()

	dead := h.dead()
	_, refusals := h.facts()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			found := dead[c.letter.subject]
			require.Len(t, found, 1, "dead letters")
			require.Equal(t, string(c.want), found[0].Header.Get("Laurel-Reason"), "%s", found[0].Header.Get("Laurel-Message"))
			require.Equal(t, c.field, found[0].Header.Get("Laurel-Field"), "%s", found[0].Header.Get("Laurel-Message"))
			require.Equal(t, string(c.letter.body), string(found[0].Data))
			require.Equal(t, original(c.letter.header), original(found[0].Header))
			told := 0
			for _, fact := range refusals {
				if fmt.Sprint(fact.GetStreamSequence()) == found[0].Header.Get("Laurel-Sequence") {
					require.Equal(t, string(c.want), fact.GetReason())
					told++
				}
			}
			require.Equal(t, 1, told, "facts of the refusal")
		})
	}
	requireNeighbours := func() {
		t.Helper()
		for i := range cases {
			require.EqualValues(t, 7, s.active(fmt.Sprint("good-", i)), "neighbour of: %s", cases[i].name)
		}
		require.EqualValues(t, 3*len(cases), s.active("everybody"))
		require.Len(t, h.stored(bus.Dead), len(cases))
		_, refusals := h.facts()
		require.Len(t, refusals, len(cases))
		s.requireSound()
	}
	requireNeighbours()
	counts := s.Counts()
	require.EqualValues(t, len(cases), counts.Refused)
	require.EqualValues(t, len(letters), counts.Entries+counts.Refused+counts.Duplicates, "nothing is lost: %+v", counts)

	for _, c := range cases {
		h.publish(c.letter)
	}
	s.drained()
	requireNeighbours()
	again := s.Counts()
	require.Equal(t, counts.Entries, again.Entries)
	require.Equal(t, counts.Refused, again.Refused)
	require.EqualValues(t, len(cases), again.Duplicates-counts.Duplicates)
}

func TestWhatTheBusItselfTurnsAway(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	now := clock.System().Now()
	before := h.stored(bus.Events)

	_, err := h.bus.Publish(t.Context(), paid("ann", "o", now, 100).on("orders.tea.shop.paid").outgoing())
	require.Error(t, err, "without an account the subject has four tokens, and no stream takes it")
	huge := paid("ann", "o", now, 100)
	huge.body = make([]byte, 1<<20)
	_, err = h.bus.Publish(t.Context(), huge.outgoing())
	require.ErrorIs(t, err, reason.TooLarge)
	require.ErrorIs(t, h.bus.PublishBatch(t.Context(), []bus.Outgoing{huge.outgoing()}), reason.TooLarge)

	require.Len(t, h.stored(bus.Events), len(before), "nothing of it was stored")
}

func TestTheSamePaymentUnderManyEventIDsEarnsOnce(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	s := h.run(size{})
	now := clock.System().Now()
	order := paid("ann", "o1", now, 4200)
	h.publish(order, order, order.as("second"), order.json(purchase("o1", now, 4200)).as("third, as JSON"))
	s.drained()
	h.publish(order, order.as("fourth"))
	s.drained()
	require.EqualValues(t, 42, s.active("ann"))
	require.Len(t, s.entries("ann"), 1)
	require.EqualValues(t, 5, s.Counts().Duplicates)
	require.Empty(t, h.stored(bus.Dead))
	s.requireSound()
}
