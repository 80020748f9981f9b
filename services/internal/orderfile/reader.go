// Package orderfile reads orders from CSV and turns them into order events: one row a line item, columns by name in
// any order, the rows of one order together. It owns the meaning of the columns and what happens to rows that do not
// parse; opening files, keeping rejected rows and publishing events is left to the caller.
//
// A row is one line of text: a quoted value ends on the line on which it began, so that a broken quote costs one row
// and not the rest of the file. Memory is bounded by the longest row and the longest order, not by the file.
package orderfile

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const (
	rowBytesMax   = 64 << 10  // a longer row is rejected
	orderRowsMax  = 1_000     // an order with more rows is rejected whole
	orderBytesMax = 256 << 10 // as an event; what the bus takes of one order
)

// Defaults are what the columns leave open.
type Defaults struct {
	// Zone is where a bare date means 12:00; nil is UTC.
	Zone *time.Location
	// Currency is that of rows without one; empty: such rows are rejected.
	Currency money.Currency
}

// Group is one event of one order, made of adjacent rows.
type Group struct {
	Account string
	Ref     orders.Ref // Ref.Merchant is Merchant
	// Merchant is the shop whose subject the event belongs to.
	Merchant string
	Event    orders.Event
	// Line is the file's line of the first row, counted from 1; Rows is how many rows there are.
	Line, Rows int
	// ID is the CloudEvent id: a function of merchant, order, kind and occurrence or revision alone.
	ID string
}

// Reader reads one file. It is not safe for many goroutines.
type Reader struct {
	name     string
	lines    lines
	header   header
	defaults Defaults
	reject   func(Rejected)
	resolve  func(Group) (Who, error) // nil: accounts are as they are written

	open   *batch // rows of the order that is being read
	stray  *row   // a row behind them that does not say which order it belongs to, rejected already
	broken error  // of the file; nothing is returned after it
}

// NewReader reads the header. It fails if the file is empty or not text, and on columns that are missing, unknown or
// there twice, naming them (reason.InvalidField); on anything else the error is that of r. The name stands in all
// messages.
func NewReader(name string, r io.Reader, d Defaults) (*Reader, error) {
	if d.Zone == nil {
		d.Zone = time.UTC
	}
	reader := &Reader{name: name, lines: newLines(r), defaults: d, reject: func(Rejected) {}}
	text, long, err := reader.lines.next()
	if errors.Is(err, io.EOF) {
		return nil, reason.New(reason.InvalidField, "header", "%s is empty; its first line must name the columns: %s", name, known())
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if long && otherFormat(text) == "" {
		return nil, refuse(name, "the first line is longer than %d bytes; it must name the columns: %s", rowBytesMax, known())
	}
	if reader.header, err = parseHeader(name, text); err != nil {
		return nil, err
	}
	return reader, nil
}

// OnRejected sets who hears of rejected rows, each once, during Next. Nobody hears of them before it is called.
func (r *Reader) OnRejected(hear func(Rejected)) { r.reject = hear }

// Header returns the columns as the file names them, in its order; Rejected.Row has the same order. Columns that
// Rejects added to an earlier file are left out.
func (r *Reader) Header() []string { return r.header.names() }

// Next returns the next order event of the file, io.EOF at its end, and otherwise the error of the underlying reader.
// Rows that do not parse go to OnRejected, and with them all rows of the same order, kind and occurrence. Where the
// rows of an order do not stand together, each part comes with the same ID, and the ledger refuses all but the first.
func (r *Reader) Next() (Group, error) {
	for {
		text, long, err := r.lines.next()
		switch {
		case r.broken != nil:
			return Group{}, r.broken
		case errors.Is(err, io.EOF):
			if g, ok := r.close(); ok {
				return g, nil
			}
			return Group{}, cmp.Or(r.broken, io.EOF)
		case err != nil:
			r.broken = fmt.Errorf("read %s behind line %d: %w", r.name, r.lines.number, err)
			return Group{}, r.broken
		case !long && blank(text):
			continue
		}
		if g, ok := r.take(r.parse(text, long)); ok {
			return g, nil
		}
	}
}

// take puts a row where it belongs, and returns the order that it ends, if that is whole. A row that does not say
// which order it belongs to spoils whatever order around it may be its own: never is a part of an order returned.
func (r *Reader) take(w row) (Group, bool) {
	if r.open != nil && r.open.key.fits(w.key) && (w.key.has.order || w.maybe(r.open)) {
		if r.stray != nil { // it stands among the rows of this order
			r.spoil(r.stray.flaw)
			r.stray = nil
		}
		r.add(w)
		return Group{}, false
	}
	if !w.key.has.order {
		r.reject(*w.flaw)
		r.stray = &w
		return Group{}, false
	}
	before := r.stray
	g, ok := r.close()
	r.open = &batch{key: w.key, account: w.account}
	if before != nil && before.maybe(r.open) {
		r.spoil(before.flaw)
	}
	r.add(w)
	return g, ok
}
