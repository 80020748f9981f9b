package orderfile

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// batch is the rows of one event while it is read. Once spoilt it keeps none.
type batch struct {
	key     key
	account string
	rows    []row
	spoil   *Rejected // why the whole of it is rejected
	bytes   int
}

// add takes one more row into the open order.
func (r *Reader) add(w row) {
	b := r.open
	if w.flaw == nil {
		if len(b.rows) > 0 {
			w.flaw = r.disagree(b.rows[0], w)
		}
		if len(b.rows) == orderRowsMax {
			w.flaw = r.flawed(w, "", reason.New(reason.TooLarge, "", "the order has more than %d rows", orderRowsMax))
		}
	}
	if b.spoil != nil {
		b.key = b.key.refined(w.key)
		r.reject(along(b.spoil, w))
		return
	}
	b.rows, b.bytes = append(b.rows, w), b.bytes+w.bytes
	if w.flaw != nil {
		r.spoil(w.flaw)
	}
	b.key = b.key.refined(w.key)
}

// spoil rejects the open order with all rows that it has so far.
func (r *Reader) spoil(why *Rejected) {
	b := r.open
	if b.spoil == nil {
		b.spoil = why
	}
	for _, w := range b.rows {
		r.reject(along(b.spoil, w))
	}
	b.rows = nil
}

// along is why a row goes: its own flaw, or that of another row of its order.
func along(why *Rejected, w row) Rejected {
	if w.flaw != nil {
		return *w.flaw
	}
	return Rejected{File: why.File, Line: w.line, Column: 1, Code: why.Code, Row: w.cells,
		Reason: fmt.Sprintf("not read, because line %d of the same order is wrong: %s", why.Line, why.text())}
}

// refined adds to a key what another row of the order knows better.
func (k key) refined(o key) key {
	if !k.has.merchant && o.has.merchant {
		k.merchant, k.has.merchant = o.merchant, true
	}
	if !k.has.kind && o.has.kind {
		k.kind, k.has.kind = o.kind, true
	}
	if !k.has.occurrence && o.has.occurrence {
		k.occurrence, k.has.occurrence = o.occurrence, true
	}
	if !k.has.revision && o.has.revision {
		k.revision, k.has.revision = o.revision, true
	}
	return k
}

// disagree finds what two rows of one event say differently, though it belongs to the event.
func (r *Reader) disagree(first, w row) *Rejected {
	for _, f := range []struct {
		column      column
		have, other string
	}{
		{colAccount, w.account, first.account},
		{colOccurredAt, w.at.Format(time.RFC3339Nano), first.at.Format(time.RFC3339Nano)},
		{colCurrency, string(w.currency), string(first.currency)},
		{colChannel, w.channel, first.channel},
		{colMember, w.member, first.member},
	} {
		if f.have != f.other {
			return r.flawed(w, columnNames[f.column], reason.New(reason.InvalidField, "",
				"%q is not the %q of line %d, and both are rows of one order", f.have, f.other, first.line))
		}
	}
	return nil
}

// flawed is the rejection of a row that could be read.
func (r *Reader) flawed(w row, field string, err error) *Rejected {
	rejected := &Rejected{File: r.name, Line: w.line, Column: 1, Field: field, Code: reason.InvalidField,
		Reason: err.Error(), Row: w.cells}
	if refusal, ok := reason.Of(err); ok {
		rejected.Code, rejected.Reason = refusal.Reason, refusal.Message
	}
	return rejected
}

// close ends the open order and returns it, if it is whole.
func (r *Reader) close() (Group, bool) {
	b := r.open
	r.open, r.stray = nil, nil
	if b == nil || b.spoil != nil {
		return Group{}, false
	}
	g := b.group()
	field, err := "", b.check(g)
	if err == nil && r.resolve != nil {
		field, err = columnNames[colAccount], r.settle(&g)
	}
	if r.broken != nil {
		return Group{}, false
	}
	if err != nil {
		b.rows[0].flaw = r.flawed(b.rows[0], field, err)
		r.open = b
		r.spoil(b.rows[0].flaw)
		r.open = nil
		return Group{}, false
	}
	return g, true
}

// check holds the event against the rules of the orders room and the limits of the bus.
func (b *batch) check(g Group) error {
	if err := g.Event.Check(); err != nil {
		return err
	}
	if g.Event.Amount > amountMax {
		return reason.New(reason.AmountOutOfRange, "", "the rows add up to more than fits")
	}
	if b.bytes <= orderBytesMax/2 { // the event is not twice as long as its rows, see TestSizeOfAnEvent
		return nil
	}
	if n := proto.Size(ToProto(g)); n > orderBytesMax {
		return reason.New(reason.TooLarge, "", "the order takes %d bytes as an event, more than %d", n, orderBytesMax)
	}
	return nil
}

// group makes the event of the rows.
func (b *batch) group() Group {
	w := b.rows[0]
	k := w.key
	g := Group{Account: w.account, Merchant: k.merchant, Ref: orders.Ref{Merchant: k.merchant, Order: k.order},
		Line: w.line, Rows: len(b.rows), ID: eventID(k)}
	g.Event = orders.Event{Kind: k.kind, Occurrence: k.occurrence, OccurredAt: w.at}
	e := &g.Event
	switch k.kind {
	case orders.Placed, orders.Paid:
		e.Currency, e.Channel, e.Member, e.Revision = w.currency, w.channel, w.member, k.revision
		for _, w := range b.rows {
			l := orders.Line{SKU: w.sku, Category: w.category, Brand: w.brand,
				Quantity: w.quantity, Amount: w.amount - w.points, Cost: w.cost, HasCost: w.hasCost,
				GiftCard: w.giftCards, Shipping: w.shipping, Points: w.points}
			l.ShareTax(w.tax)
			e.Lines = append(e.Lines, l)
		}
	case orders.Returned:
		e.Currency, e.Returned = w.currency, b.returned()
	case orders.Payment:
		e.Currency = w.currency
		for _, w := range b.rows {
			e.Amount += w.amount // at most orderRowsMax × amountMax: it fits
		}
	default: // a shipment and a cancellation have nothing more
	}
	return g
}

// returned names the lines that came back: by SKU, or, in a file without that column, by the place of the row. A row
// alone that says nothing at all means everything that is left.
func (b *batch) returned() []orders.ReturnedLine {
	w := b.rows[0]
	if len(b.rows) == 1 && w.sku == "" && !w.hasQuantity && !w.hasAmount {
		return nil
	}
	lines := make([]orders.ReturnedLine, len(b.rows))
	for i, w := range b.rows {
		lines[i] = orders.ReturnedLine{SKU: w.sku, Quantity: w.quantity, Amount: w.amount, HasAmount: w.hasAmount}
		if w.noSKU {
			lines[i].Line = strconv.Itoa(i + 1)
		}
	}
	return lines
}

// eventID is readable and never the same for two events: no part can hold the slash that separates them.
func eventID(k key) string {
	parts := []string{url.PathEscape(k.merchant), url.PathEscape(k.order), k.kind.String()}
	switch {
	case k.kind == orders.Paid:
		parts = append(parts, strconv.Itoa(int(k.revision)))
	case k.occurrence != "":
		parts = append(parts, url.PathEscape(k.occurrence))
	}
	return strings.Join(parts, "/")
}
