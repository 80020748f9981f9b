package orders

import (
	"crypto/sha256"
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Outcome says what an event means for an order.
type Outcome uint8

// Outcomes of Judge.
const (
	OutcomeUnset Outcome = iota // the event is refused
	Takes                       // it has an effect, or at least a place
	Repeats                     // it is known already; nothing is to be stored
	Waits                       // it came before its order was paid and is kept until then
)

var outcomeNames = [...]string{"", "takes", "repeats", "waits"}

// String gives the word; it is empty for OutcomeUnset and what is no outcome.
func (o Outcome) String() string {
	if int(o) >= len(outcomeNames) {
		return ""
	}
	return outcomeNames[o]
}

// Judge says what an event means for the order. For Repeats the number is the place of the event
// that it repeats.
//
// An occurrence is told by kind and occurrence id, a Paid by its revision. The same occurrence with
// the same content repeats; with other content it is refused (reason.ConflictingDuplicate). What has
// lapsed is known no more: the same return may come again, and then it is new. Further refusals: reason.CurrencyMismatch against
// the order's first event with a currency, reason.UnknownLine and reason.ReturnExceedsOrder
// (metadata line, left, asked) for a return of a paid order, and those of Event.Check. A revision
// below the newest takes a place without effect, as does a Paid of a cancelled order.
func (s State) Judge(e Event) (Outcome, int, error) {
	if err := e.Check(); err != nil {
		return OutcomeUnset, 0, err
	}
	if e.Kind == Lapsed && s.waiting(e.LapsedKind, e.Occurrence) != nil {
		return Takes, 0, nil
	}
	switch n, err := s.known(&e); {
	case err != nil:
		return OutcomeUnset, 0, err
	case n > 0:
		return Repeats, n, nil
	}
	if e.Currency != "" && s.currency != "" && e.Currency != s.currency {
		return OutcomeUnset, 0, reason.New(reason.CurrencyMismatch, "currency",
			"the order is in %s, the event in %s", s.currency, e.Currency).
			With("order", s.currency).With("event", e.Currency)
	}
	if s.paid == nil && e.Kind.waits() {
		return Waits, 0, nil
	}
	if e.Kind == Returned {
		if err := s.admit(&e); err != nil {
			return OutcomeUnset, 0, err
		}
	}
	return Takes, 0, nil
}

// known returns the place of the event that e repeats, 0 if e is new.
func (s State) known(e *Event) (int, error) {
	var other *node
	var contents [][sha256.Size]byte // of e, where any is asked for
	for n := s.last; n != nil; n = n.older {
		if !n.event.same(e) {
			continue
		}
		if e.Kind != Lapsed && s.lapsed.has(n) {
			continue
		}
		if contents == nil {
			contents = e.Contents()
		}
		if slices.Contains(contents, n.event.Content()) {
			return n.n, nil
		}
		if e.Kind != Lapsed {
			other = n
		}
	}
	if other == nil {
		return 0, nil
	}
	return 0, reason.New(reason.ConflictingDuplicate, e.identityField(),
		"%s is event %d of the order, with other content", e.identity(), other.n).With("known", other.n)
}

// admit refuses a return that asks for more than is left of a paid order, or for a line that it
// does not have.
func (s State) admit(e *Event) error {
	if s.cancel != nil {
		return nothingLeft("lines", "the order is cancelled")
	}
	t := s.tally()
	if len(e.Returned) == 0 {
		for i := range s.paid.Lines {
			if !t.gone(i) {
				return nil
			}
		}
		return nothingLeft("lines", "everything came back already")
	}
	if t.back == nil {
		t.back, t.index = make([]back, len(s.paid.Lines)), indexOf(s.paid)
	}
	for row, r := range e.Returned {
		if err := t.admit(row, r); err != nil {
			return err
		}
	}
	return nil
}

// admit checks one row against what is left and books it, so that the next rows see it.
func (t *tally) admit(row int, r ReturnedLine) error {
	i, lines := t.index.find(r)
	switch {
	case lines == 0:
		return reason.New(reason.UnknownLine, field(row, "line_id"),
			"the order has no line %q with sku %q", r.Line, r.SKU)
	case lines > 1:
		return reason.New(reason.UnknownLine, field(row, "sku"),
			"%d lines have the sku %q; name the line by its id", lines, r.SKU)
	}
	id := t.paid.lineID(i)
	quantity, amount := t.left(i)
	switch {
	case r.whole() && t.gone(i):
		return nothingLeft(field(row, "line_id"), "line "+id+" came back already").With("line", id)
	case r.Quantity > quantity:
		return exceeds(field(row, "quantity"), "more pieces than are left", id, quantity, r.Quantity)
	case r.HasAmount && r.Amount > amount:
		at := field(row, "amount_minor")
		return exceeds(at, "a higher amount than is left", id, int64(amount), int64(r.Amount))
	}
	t.add(i, r)
	return nil
}

func nothingLeft(at, why string) *reason.Error {
	return reason.New(reason.ReturnExceedsOrder, at, "%s: nothing is left to return", why).With("left", 0)
}

func exceeds(at, what, line string, left, asked int64) error {
	return reason.New(reason.ReturnExceedsOrder, at, "line %s: %s: %d asked, %d left", line, what, asked, left).
		With("line", line).With("left", left).With("asked", asked)
}
