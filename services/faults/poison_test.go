package faults

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
)

// toxin is an event that nobody can take, and why it is refused.
type toxin struct {
	name, reason string
	program      string // empty: ours
	body         func(order string) string
}

// paidJSON is an order in JSON with so much for a row, of a currency, so far ahead of now.
func paidJSON(order, amount, currency string, ahead time.Duration) string {
	return fmt.Sprintf(`{"order_id":%q,"occurred_at":%q,"currency":%q,"lines":[{"line_id":"1","sku":"assam","quantity":"2","amount_minor":%q}]}`,
		order, now().Add(ahead).Format(time.RFC3339Nano), currency, amount)
}

// toxins are the kinds of the list; a return of more than was bought is the twelfth, and stands for itself.
var toxins = []toxin{
	{name: "bad JSON", reason: "MALFORMED_EVENT", body: func(string) string { return `{"order_id":` }},
	{name: "another schema", reason: "INVALID_FIELD", body: func(string) string { return `{"invoice":{"total":3}}` }},
	{name: "an unknown currency", reason: "UNKNOWN_CURRENCY", body: func(o string) string { return paidJSON(o, "100", "QQQ", 0) }},
	{name: "a negative amount", reason: "INVALID_FIELD", body: func(o string) string { return paidJSON(o, "-100", "EUR", 0) }},
	{name: "2^63", reason: "MALFORMED_EVENT", body: func(o string) string { return paidJSON(o, "9223372036854775808", "EUR", 0) }},
	{name: "NaN", reason: "MALFORMED_EVENT", body: func(o string) string { return paidJSON(o, "NaN", "EUR", 0) }},
	{name: "an hour ahead", reason: "EVENT_IN_FUTURE", body: func(o string) string { return paidJSON(o, "100", "EUR", time.Hour) }},
	{name: "an unknown programme", reason: "UNKNOWN_PROGRAMME", program: "nosuch", body: func(o string) string { return paidJSON(o, "100", "EUR", 0) }},
	{name: "a text as long as a message", reason: "TOO_LARGE", body: func(o string) string { return paidJSON(o+strings.Repeat("x", 900<<10), "100", "EUR", 0) }},
	{name: "invalid UTF-8", reason: "MALFORMED_EVENT", body: func(o string) string { return strings.Replace(paidJSON(o, "100", "EUR", 0), "assam", "as\xff\xfem", 1) }},
	{name: "empty", reason: "MALFORMED_EVENT", body: func(string) string { return "" }},
}

// poisoner mixes such events into a load.
type poisoner struct {
	l      *load
	reason map[string]string // by event id
	orders []orders.Ref      // whose return was of more than was bought
	who    []string
	serial int
}

const (
	// poisonEvery is of how many events one is poison.
	poisonEvery = 100
	// Of an order whose return is refused: bought, and wanted back.
	boughtPoints, boughtPieces, returnedPieces = 20, 2, 3
)

// poison returns the next poisonous event, and what must stand before it.
func (p *poisoner) poison() []bus.Outgoing {
	p.serial++
	id, order, account := fmt.Sprintf("poison-%d", p.serial), fmt.Sprintf("p%06d", p.serial), member(p.l.random.IntN(p.l.v.members))
	kind := p.serial % (len(toxins) + 1)
	if kind == len(toxins) {
		return p.returnTooMuch(id, order, account)
	}
	t := toxins[kind]
	program := programme
	if t.program != "" {
		program = t.program
	}
	body := t.body(order)
	p.reason[id] = t.reason
	header := nats.Header{
		"ce-specversion": {"1.0"}, "ce-id": {id}, "ce-source": {"poisoner"}, "ce-type": {"laurel.orders.v1.OrderPaid"},
		"content-type": {"application/json"}, "x-original": {t.name},
	}
	return []bus.Outgoing{{Subject: bus.OrderSubject(program, "shop", "paid", account), Header: header, Data: []byte(body), ID: id}}
}

func (p *poisoner) returnTooMuch(id, order, account string) []bus.Outgoing {
	ref := orders.Ref{Merchant: "shop", Order: order}
	p.orders, p.who, p.reason[id] = append(p.orders, ref), append(p.who, account), "RETURN_EXCEEDS_ORDER"
	bought := p.l.message(paidOrder(ref, account, 0, boughtPieces, boughtPoints), boughtPoints)
	back, err := publish.Order(programme, "poisoner", orderfile.Group{
		Merchant: ref.Merchant, Account: account, ID: id, Ref: ref,
		Event: orders.Event{Kind: orders.Returned, Occurrence: "r1", OccurredAt: now(), Currency: "EUR", Returned: []orders.ReturnedLine{{Line: "1", Quantity: returnedPieces}}},
	})
	if err != nil {
		panic(err) // an event of our own
	}
	back.Header.Set("x-original", "a return of too much")
	return []bus.Outgoing{bought, back}
}

func paidOrder(ref orders.Ref, account string, revision int32, pieces, points int64) orderfile.Group {
	return orderfile.Group{
		Merchant: ref.Merchant, Account: account, ID: fmt.Sprintf("%s/%s/paid/%d", ref.Merchant, ref.Order, revision), Ref: ref,
		Event: orders.Event{Kind: orders.Paid, Revision: revision, OccurredAt: now(), Currency: "EUR", Lines: []orders.Line{
			{ID: "1", SKU: "assam", Quantity: pieces, Amount: money.Minor(points * 100)},
		}},
	}
}

func poisonIsMixedIn(x *trial) {
	const slowerMax = 3
	w := x.raise(ground{})
	x.mustFire("poison of each kind was published", 1)
	clean := w.load(x.volume)
	w.holds(clean)
	before := clean.p99()
	l := w.more(clean)
	p := &poisoner{l: l, reason: map[string]string{}}
	l.poisoner = p
	l.start()
	l.wait()
	if p.serial > len(toxins) {
		x.fired("poison of each kind was published")
	}
	w.settled(l)
	letters := w.letters(len(p.reason))
	for id, want := range p.reason {
		require.Len(x.t, letters[id], 1, "dead letters of %s, wanted for %s", id, want)
		header := letters[id][0]
		require.Equal(x.t, want, header.Get("Laurel-Reason"), "%s: %s", header.Get("x-original"), header.Get("Laurel-Message"))
		require.NotEmpty(x.t, header.Get("x-original"), "the original headers")
		require.Equal(x.t, "poisoner", header.Get("ce-source"))
	}
	require.Len(x.t, letters, len(p.reason), "nothing else is dead")
	p.redrive()
	w.settled(l)
	l.deadMax = len(p.reason)
	w.holds(l)
	after := l.p99()
	x.note("%d poisonous events of %d kinds, p99 of calls %d ms, clean %d ms", p.serial, len(toxins)+1, after.Milliseconds(), before.Milliseconds())
	x.within(slowerMax*before, after, "the p99 of calls")
}

// redrive puts an order right whose return was refused, and has the return published again: it counts once.
func (p *poisoner) redrive() {
	w := p.l.w
	ref, account := p.orders[0], p.who[0]
	const amended, left = 2 * boughtPoints, 2 * boughtPoints / 4 // four pieces, of which three come back
	m := p.l.message(paidOrder(ref, account, 1, 2*boughtPieces, amended), amended-boughtPoints)
	require.NoError(w.t, p.l.publish(w.t.Context(), []bus.Outgoing{m}))
	w.settled(p.l)
	list := w.ctl("-o", "csv", "dead", "list")
	row := regexp.MustCompile(`(?m)^([^,]+),.*poison-[^\n]*RETURN_EXCEEDS_ORDER`)
	for _, found := range row.FindAllStringSubmatch(list, -1) {
		if shown := w.ctl("dead", "show", found[1]); strings.Contains(shown, ref.Order) || strings.Contains(shown, p.idOf(ref)) {
			w.ctl("dead", "redrive", found[1])
			p.l.credit(account, left-amended)
			p.l.redriven++
			return
		}
	}
	w.t.Fatalf("no dead letter of order %s:\n%s", ref.Order, list)
}

// idOf is the id of the event that asked for too much of an order back.
func (p *poisoner) idOf(ref orders.Ref) string {
	return "poison-" + strings.TrimLeft(strings.TrimPrefix(ref.Order, "p"), "0")
}

// letters reads the headers of all dead letters, by the id of the event, once there are so many.
func (w *world) letters(want int) map[string][]nats.Header {
	w.t.Helper()
	conn, err := nats.Connect(w.busURL(), nats.Token(w.busToken()))
	require.NoError(w.t, err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	require.NoError(w.t, err)
	var last uint64
	require.Eventually(w.t, func() bool {
		stream, err := js.Stream(w.t.Context(), bus.Dead)
		if err == nil {
			last = stream.CachedInfo().State.LastSeq
		}
		return err == nil && last >= uint64(want) //nolint:gosec // a count
	}, drainMax, loadTick, "every poisonous event is a dead letter")
	letters := map[string][]nats.Header{}
	stream, err := js.Stream(context.WithoutCancel(w.t.Context()), bus.Dead)
	require.NoError(w.t, err)
	for sequence := uint64(1); sequence <= last; sequence++ {
		m, err := stream.GetMsg(w.t.Context(), sequence)
		require.NoError(w.t, err)
		letters[m.Header.Get("ce-id")] = append(letters[m.Header.Get("ce-id")], m.Header)
	}
	return letters
}

// p99 is how long the slowest hundredth of the calls that were answered took at least.
func (l *load) p99() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.Sort(l.calls.took)
	return l.calls.took[len(l.calls.took)*99/100]
}
