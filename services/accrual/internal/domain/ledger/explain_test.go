package ledger_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

// theTeaClub says everything in New York time: an order late on a day in UTC belongs to that day there.
const theTeaClub = `
programme: tea
name: Tea club
zone: America/New_York
currency: USD
unit: points
earning:
  points: 1
  per: 1.00
  exclude: {category: [gift-card]}
  multipliers: {category: {books: 2}, tier: {silver: 5/4}}
  pending_days: 14
expiry: {rule: end_of_month, months: 12}
returns: {wait_days: 30}
ladder:
  window_months: 12
  downgrade: one_step
  tiers: [{name: bronze, from: 0}, {name: silver, from: 100.00}]
`

// told plays events for one account and keeps what was said of each entry.
type told struct {
	t        *testing.T
	schedule program.Schedule
	account  ledger.Account
	books    ledger.Books
	said     map[string][]string // by key
}

func tell(t *testing.T, yaml string) *told {
	t.Helper()
	p, faults := program.Parse([]program.File{{Name: "tea.yaml", Content: []byte(yaml)}})
	require.Empty(t, faults)
	return &told{
		t: t, schedule: program.Schedule{{Revision: 1, Program: p}}, account: ledger.NewAccount("tea", "ann"),
		books: ledger.Books{}, said: map[string][]string{},
	}
}

func (s *told) keep(e ledger.Entry) {
	s.said[e.Key] = ledger.Explain(e, s.schedule.Revision(e.Revision).Program)
}

// until brings the account up to a time.
func (s *told) until(at string) *told {
	s.t.Helper()
	entries, account, err := ledger.BringUp(s.account, s.schedule, s.books, instantOf(s.t, at))
	require.NoError(s.t, err)
	for _, e := range entries {
		s.keep(e)
	}
	s.account = account
	return s
}

// take posts an event of order 1001 that takes effect when it happens, or at the time given.
func (s *told) take(e orders.Event, at ...string) *told {
	return s.takeOf("1001", e, at...)
}

func (s *told) takeOf(order string, e orders.Event, at ...string) *told {
	s.t.Helper()
	effective := e.OccurredAt
	if len(at) > 0 {
		effective = instantOf(s.t, at[0])
	}
	s.until(effective.Format(time.RFC3339))
	ref := orders.Ref{Merchant: "shop", Order: order}
	verdict, err := ledger.Take(s.account, s.books[ref], ledger.Command{Ref: ref, Event: e}, s.schedule, effective)
	require.NoError(s.t, err)
	book, err := s.books[ref].Add(verdict.Entry)
	require.NoError(s.t, err)
	s.books[ref], s.account = book, verdict.Account
	s.keep(verdict.Entry)
	return s
}

func instantOf(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return at.UTC()
}

func paidEvent(t *testing.T, at string, lines ...orders.Line) orders.Event {
	t.Helper()
	return orders.Event{Kind: orders.Paid, OccurredAt: instantOf(t, at), Currency: "USD", Lines: lines}
}

func TestEntriesAreExplainedLikeThis(t *testing.T) {
	t.Parallel()
	book := orders.Line{SKU: "4711", Category: "books", Quantity: 2, Amount: 4_050}
	tea := orders.Line{SKU: "assam", Quantity: 1, Amount: 123_450}
	card := orders.Line{Category: "gift-card", Amount: 2_000}
	coffee := orders.Line{Amount: 999}
	later := func(e orders.Event, at string) orders.Event {
		e.OccurredAt = instantOf(t, at)
		return e
	}
	returned := orders.Event{
		Kind: orders.Returned, Occurrence: "r-1", OccurredAt: instantOf(t, "2026-03-05T15:00:00Z"), Currency: "USD",
		Returned: []orders.ReturnedLine{{SKU: "4711", Quantity: 1}, {Line: "2", Amount: 3_450, HasAmount: true}},
	}
	canceled := orders.Event{Kind: orders.Canceled, OccurredAt: instantOf(t, "2026-04-20T15:00:00Z")}
	amended := paidEvent(t, "2026-03-06T15:00:00Z", coffee)
	amended.Revision = 2
	cases := []struct {
		name, key string
		play      func(s *told)
		want      []string
	}{
		{"an order is placed", "order/shop/1001/1", func(s *told) {
			e := paidEvent(t, "2026-03-01T15:00:00Z", book)
			e.Kind = orders.Placed
			s.take(e)
		}, []string{
			"On 1 March 2026 order 1001 at shop was placed: 40.50 USD.",
			"An order earns when it is paid.",
			"The account entered tier bronze.",
			"The account has no points yet.",
			"Its tier is bronze.",
		}},
		{"an order earns by several rules, late in the evening of the shop", "order/shop/1001/1", func(s *told) {
			s.take(paidEvent(t, "2026-03-03T03:00:00Z", book, tea, card))
		}, []string{
			"On 2 March 2026 order 1001 at shop was paid: 1,295.00 USD.",
			"It earned 1,315 points.",
			"Line 1 (sku 4711, category books): 81 points for 40.50 USD, at 2 points for each 1.00 USD (the base rate, times 2 for category books).",
			"Line 2 (sku assam): 1,234 points for 1,234.50 USD, at 1 point for each 1.00 USD (the base rate).",
			"Line 3 (category gift-card): nothing for 20.00 USD, because category gift-card is excluded.",
			"Fractions are rounded down once, over the whole order.",
			"1,315 points are pending; they become active on 16 March 2026, and they can be spent until 31 March 2027.",
			"The account entered tier silver.",
			"The account now has 0 points to spend, 1,315 pending.",
			"Its tier is silver.",
		}},
		{"an order of a better tier comes in late", "order/shop/1002/1", func(s *told) {
			s.take(paidEvent(t, "2026-03-02T15:00:00Z", tea))
			s.takeOf("1002", paidEvent(t, "2026-03-02T16:00:00Z", coffee), "2026-03-04T15:00:00Z")
		}, []string{
			"On 2 March 2026 order 1002 at shop was paid: 9.99 USD.",
			"It came in later and took effect on 4 March 2026.",
			"It earned 12 points.",
			"Line 1: 12 points for 9.99 USD, at 5/4 points for each 1.00 USD (the base rate, times 5/4 for tier silver).",
			"12 points are pending; they become active on 16 March 2026, and they can be spent until 31 March 2027.",
			"The account now has 0 points to spend, 1,246 pending.",
			"Its tier is silver.",
		}},
		{"goods come back while the points are pending", "order/shop/1001/2", func(s *told) {
			s.take(paidEvent(t, "2026-03-02T15:00:00Z", book, tea)).take(returned)
		}, []string{
			"On 5 March 2026 goods of order 1001 at shop came back (return r-1): 1 × sku 4711, 34.50 USD of line 2.",
			"Of the order, 1,220.25 USD count now.",
			"It earns 1,240 points now, so 75 points went back.",
			"Line 1 (sku 4711, category books): 40 points for 20.25 USD, at 2 points for each 1.00 USD (the base rate, times 2 for category books).",
			"Line 2 (sku assam): 1,200 points for 1,200.00 USD, at 1 point for each 1.00 USD (the base rate).",
			"Fractions are rounded down once, over the whole order.",
			"75 points were taken back while still pending.",
			"The account now has 0 points to spend, 1,240 pending.",
			"Its tier is silver.",
		}},
		{"an amendment lowers the order", "order/shop/1001/2", func(s *told) {
			s.take(paidEvent(t, "2026-03-02T15:00:00Z", coffee, coffee)).take(amended)
		}, []string{
			"On 6 March 2026 order 1001 at shop was amended (revision 2): 9.99 USD.",
			"It earns 9 points now, so 10 points went back.",
			"Line 1: 9 points for 9.99 USD, at 1 point for each 1.00 USD (the base rate).",
			"10 points were taken back while still pending.",
			"The account now has 0 points to spend, 9 pending.",
			"Its tier is bronze.",
		}},
		{"an older revision comes in after a newer one", "order/shop/1001/2", func(s *told) {
			s.take(amended, "2026-03-07T15:00:00Z").take(paidEvent(t, "2026-03-02T15:00:00Z", coffee, coffee), "2026-03-07T15:00:00Z")
		}, []string{
			"On 2 March 2026 order 1001 at shop was paid: 19.98 USD.",
			"It came in later and took effect on 7 March 2026.",
			"Of the order, 9.99 USD count now.",
			"It earns 9 points, as before.",
			"Line 1: 9 points for 9.99 USD, at 1 point for each 1.00 USD (the base rate).",
			"The account now has 0 points to spend, 9 pending.",
			"Its tier is bronze.",
		}},
		{"a payment and a shipment earn nothing", "order/shop/1001/3", func(s *told) {
			s.take(paidEvent(t, "2026-03-02T15:00:00Z", coffee))
			s.take(orders.Event{Kind: orders.Payment, Occurrence: "p-1", OccurredAt: instantOf(t, "2026-03-03T15:00:00Z"), Currency: "USD", Amount: 999})
			s.take(orders.Event{Kind: orders.Shipped, Occurrence: "s-1", OccurredAt: instantOf(t, "2026-03-04T15:00:00Z")})
			require.Equal(t, "On 3 March 2026 9.99 USD were received for order 1001 at shop (payment p-1).", s.said["order/shop/1001/2"][0])
		}, []string{
			"On 4 March 2026 goods of order 1001 at shop were sent (shipment s-1).",
			"It earns 9 points, as before.",
			"The account now has 0 points to spend, 9 pending.",
			"Its tier is bronze.",
		}},
		{"an order is free", "order/shop/1001/1", func(s *told) {
			s.take(paidEvent(t, "2026-03-02T15:00:00Z", orders.Line{}))
		}, []string{
			"On 2 March 2026 order 1001 at shop was paid: 0.00 USD.",
			"It earns nothing.",
			"The account entered tier bronze.",
			"The account has no points yet.",
			"Its tier is bronze.",
		}},
		{"points become active", "due/ann/2", func(s *told) {
			s.take(paidEvent(t, "2026-03-02T15:00:00Z", coffee)).until("2026-03-20T00:00:00Z")
		}, []string{
			"9 points became active on 16 March 2026; they can be spent until 31 March 2027.",
			"The account now has 9 points to spend.",
			"Its tier is bronze.",
		}},
		{"points expire", "due/ann/3", func(s *told) {
			s.take(paidEvent(t, "2026-03-02T15:00:00Z", orders.Line{Amount: 100})).until("2027-04-02T00:00:00Z")
		}, []string{
			"1 point expired unspent: the last day was 31 March 2027.",
			"The account now has 0 points to spend.",
			"Its tier is bronze.",
		}},
		{"the tier rises", "order/shop/1002/1", func(s *told) {
			s.take(paidEvent(t, "2026-03-02T15:00:00Z", book)).takeOf("1002", paidEvent(t, "2026-03-03T15:00:00Z", tea))
		}, []string{
			"On 3 March 2026 order 1002 at shop was paid: 1,234.50 USD.",
			"It earned 1,234 points.",
			"Line 1 (sku assam): 1,234 points for 1,234.50 USD, at 1 point for each 1.00 USD (the base rate).",
			"1,234 points are pending; they become active on 17 March 2026, and they can be spent until 31 March 2027.",
			"The tier rose from bronze to silver: purchases were 1,275.00 USD in the 12 months up to that day, and silver begins at 100.00 USD.",
			"The account now has 0 points to spend, 1,315 pending.",
			"Its tier is silver.",
		}},
		{"a review lowers the tier", "due/ann/4", func(s *told) {
			s.take(paidEvent(t, "2026-03-02T15:00:00Z", tea)).until("2027-04-02T00:00:00Z")
		}, []string{
			"On 1 April 2027 the tier was reviewed.",
			"The tier fell from silver to bronze: purchases were 0.00 USD in the 12 months before, and silver begins at 100.00 USD.",
			"The account now has 0 points to spend.",
			"Its tier is bronze.",
		}},
		{"a return comes before its order", "order/shop/1001/1", func(s *told) { s.take(returned) }, []string{
			"On 5 March 2026 goods of order 1001 at shop came back (return r-1): 1 × sku 4711, 34.50 USD of line 2.",
			"The order itself has not come in yet: this waits for it until the end of 3 April 2026 and is refused after that.",
			"The account has no points yet.",
		}},
		{"a return waits in vain", "order/shop/1001/2", func(s *told) {
			s.take(returned).until("2026-05-01T00:00:00Z")
		}, []string{
			"Return r-1 of order 1001 at shop waited until the end of 3 April 2026 for its order, which did not come in: it was refused (RETURN_WITHOUT_ORDER).",
			"The account has no points yet.",
		}},
		{"an order finds its return waiting", "order/shop/1001/2", func(s *told) {
			s.take(returned).take(later(paidEvent(t, "2026-03-02T15:00:00Z", book, tea), "2026-03-05T16:00:00Z"))
		}, []string{
			"On 5 March 2026 order 1001 at shop was paid: 1,275.00 USD.",
			"Of the order, 1,220.25 USD count now.",
			"It earned 1,240 points.",
			"Line 1 (sku 4711, category books): 40 points for 20.25 USD, at 2 points for each 1.00 USD (the base rate, times 2 for category books).",
			"Line 2 (sku assam): 1,200 points for 1,200.00 USD, at 1 point for each 1.00 USD (the base rate).",
			"Fractions are rounded down once, over the whole order.",
			"1,240 points are pending; they become active on 19 March 2026, and they can be spent until 31 March 2027.",
			"The account entered tier silver.",
			"The account now has 0 points to spend, 1,240 pending.",
			"Its tier is silver.",
		}},
		{"an order is cancelled whose points expired", "order/shop/1001/2", func(s *told) {
			s.take(paidEvent(t, "2026-03-02T15:00:00Z", coffee))
			s.until("2027-04-02T00:00:00Z")
			s.takeOf("1002", paidEvent(t, "2027-04-03T15:00:00Z", coffee))
			s.take(later(canceled, "2027-04-20T15:00:00Z"))
		}, []string{
			"On 20 April 2027 order 1001 at shop was cancelled.",
			"It earns nothing now, so 9 points went back.",
			"9 points had expired unspent already and count as taken back.",
			"The account now has 9 points to spend.",
			"Its tier is bronze.",
		}},
		{"a cancellation waits in vain", "order/shop/1001/2", func(s *told) {
			s.take(canceled).until("2026-07-01T00:00:00Z")
		}, []string{
			"The cancellation of order 1001 at shop waited until the end of 19 May 2026 for its order, which did not come in: it was refused (RETURN_WITHOUT_ORDER).",
			"The account has no points yet.",
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := tell(t, theTeaClub)
			c.play(s)
			require.Contains(t, s.said, c.key)
			require.Equal(t, strings.Join(c.want, "\n"), strings.Join(s.said[c.key], "\n"))
		})
	}
}

func TestALongOrderIsNotReadOutWhole(t *testing.T) {
	t.Parallel()
	s := tell(t, theTeaClub)
	lines := make([]orders.Line, 1000)
	for i := range lines {
		lines[i] = orders.Line{SKU: fmt.Sprint(i), Amount: 100}
	}
	said := s.take(paidEvent(t, "2026-03-02T15:00:00Z", lines...)).said["order/shop/1001/1"]
	require.Less(t, len(said), 30)
	require.Contains(t, said, "980 more lines: 980 points together.")
}

// TestMovementsThatOrdersAloneDoNotMake explains what redemptions will leave behind.
func TestMovementsThatOrdersAloneDoNotMake(t *testing.T) {
	t.Parallel()
	p := tell(t, theTeaClub).schedule.Latest().Program
	lot := ledger.LotKey{Unit: "points", Issuer: "operator", Activation: calendar.None, Expiry: calendar.Date(2027, 4, 1)}
	forever := ledger.LotKey{Unit: "points", Issuer: "operator", Activation: calendar.None, Expiry: calendar.None}
	e := ledger.Entry{
		Kind: ledger.KindActivate, OccurredAt: instantOf(t, "2026-03-16T04:00:00Z"),
		Movements: []ledger.Movement{
			{Move: ledger.MoveReverse, Lot: lot, Points: 3},
			{Move: ledger.MoveReverse, Lot: forever, Points: 1},
			{Move: ledger.MoveOwe, Lot: forever, Points: 2},
			{Move: ledger.MovePayoff, Lot: lot, Points: 1_000},
		},
		After: ledger.After{Balances: []ledger.Balance{{Unit: "points", Active: 1, Held: 7, Debt: 2}, {Unit: "stamps", Active: 1}}},
	}
	require.Equal(t, []string{
		"3 points were taken back; they could have been spent until 31 March 2027.",
		"1 point was taken back; it would not have expired.",
		"2 points were not there any more: the account owes them, and what becomes active next pays back first.",
		"1,000 points paid back what the account owed.",
		"The account now has 1 point to spend, 7 held, and owes 2.",
		"It has 1 stamp too.",
	}, ledger.Explain(e, p))
}

// TestUnitsThatAreOnlyCounted are explained beside the points that can be spent.
func TestUnitsThatAreOnlyCounted(t *testing.T) {
	t.Parallel()
	s := tell(t, theTeaClub+`
units:
  status: {earn: {points: 3, per: 2.00}, plain: true, expiry: {rule: days, days: 30}, pending_days: 7}
  stamps: {earn: {per_order: 1}, expiry: {rule: never}}
`)
	coffee := orders.Line{SKU: "coffee", Amount: 10_00}
	said := s.take(paidEvent(t, "2026-03-02T15:00:00Z", coffee)).said["order/shop/1001/1"]
	require.Equal(t, []string{
		"On 2 March 2026 order 1001 at shop was paid: 10.00 USD.",
		"It earned 10 points.",
		"It earned 1 stamp too.",
		"It earned 15 status too.",
		"Line 1 (sku coffee): 10 points for 10.00 USD, at 1 point for each 1.00 USD (the base rate).",
		"10 points are pending; they become active on 16 March 2026, and they can be spent until 31 March 2027.",
		"1 stamp was added; it will not expire.",
		"15 status are pending; they become active on 9 March 2026, and they count until 31 March 2026.",
		"The account entered tier bronze.",
		"The account now has 0 points to spend, 10 pending.",
		"It has 1 stamp too.",
		"It has 0 status too, 15 pending.",
		"Its tier is bronze.",
	}, said)
	s.until("2026-04-01T05:00:00Z")
	require.Equal(t, []string{
		"15 status became active on 9 March 2026; they count until 31 March 2026.",
		"The account now has 0 points to spend, 10 pending.", "It has 1 stamp too.", "It has 15 status too.", "Its tier is bronze.",
	}, s.said["due/ann/2"])
	require.Equal(t, "15 status expired: the last day was 31 March 2026.", s.said["due/ann/4"][0])
	said = s.take(orders.Event{Kind: orders.Canceled, OccurredAt: instantOf(t, "2026-04-02T15:00:00Z")}).said["order/shop/1001/2"]
	require.Equal(t, []string{
		"On 2 April 2026 order 1001 at shop was cancelled.",
		"It earns nothing now, so 10 points went back.",
		"It earns no stamps now, so 1 stamp went back.",
		"It earns no status now, so 15 status went back.",
		"10 points were taken back; they could have been spent until 31 March 2027.",
		"1 stamp was taken back.",
		"15 status had expired already and count as taken back.",
		"The account now has 0 points to spend.", "It has 0 stamps too.", "It has 0 status too.", "Its tier is bronze.",
	}, said)
}
