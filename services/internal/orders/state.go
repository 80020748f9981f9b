package orders

import (
	"math"
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// State is an order after all events so far. The zero value is an order of which nothing is known.
// It is an immutable value: Apply returns another one, and both stay good. It is safe for many
// goroutines.
//
// Apply costs one small allocation whatever the length of the order; what is left of the lines is
// worked out when somebody asks. So folding a long order is linear, and an order that was only paid
// costs next to nothing.
type State struct {
	last     *node  // the newest event, linked to the older ones
	first    *Event // the Paid that arrived first: it dates the order
	paid     *Event // the Paid of the highest revision: its lines count
	cancel   *node  // the cancellation, unless it lapsed
	lapsed   *lapse // the events that lapsed
	returns  int    // Returned events that did not lapse
	currency money.Currency
}

// node is an event at its place under the order.
type node struct {
	event Event
	n     int // counted from 1
	older *node
}

// lapse lists nodes that waited too long.
type lapse struct {
	node  *node
	older *lapse
}

func (l *lapse) has(n *node) bool {
	for ; l != nil; l = l.older {
		if l.node == n {
			return true
		}
	}
	return false
}

// Apply folds an event that Judge let in (Takes or Waits), or a lapse. It is total: an event that
// was stored once can always be folded, whatever came before or after it. A return that finds less
// than it asks for takes what is there.
func (s State) Apply(e Event) State {
	n := &node{event: e, n: s.Events() + 1, older: s.last}
	s.last = n
	if s.currency == "" {
		s.currency = e.Currency
	}
	switch e.Kind {
	case Paid:
		if s.first == nil {
			s.first = &n.event
		}
		if s.paid == nil || e.Revision > s.paid.Revision {
			s.paid = &n.event
		}
	case Returned:
		s.returns++
	case Canceled:
		s.cancel = n
	case Lapsed:
		if w := s.waiting(e.LapsedKind, e.Occurrence); w != nil {
			return s.lapse(w)
		}
	}
	return s
}

// waiting returns the event of this kind and occurrence that waits, if there is one.
func (s State) waiting(kind Kind, occurrence string) *node {
	if s.paid != nil {
		return nil
	}
	for n := s.last; n != nil; n = n.older {
		if n.event.Kind == kind && n.event.Occurrence == occurrence && kind.waits() && !s.lapsed.has(n) {
			return n
		}
	}
	return nil
}

// lapse removes a waiting event for good. It stays known, so that it is recognised when it comes
// again.
func (s State) lapse(n *node) State {
	s.lapsed = &lapse{node: n, older: s.lapsed}
	if n.event.Kind == Canceled {
		s.cancel = nil
		return s
	}
	s.returns--
	return s
}

// Events is the number of events so far, which is the place of the last one.
func (s State) Events() int {
	if s.last == nil {
		return 0
	}
	return s.last.n
}

// Currency is that of the order's first event that has one; empty before.
func (s State) Currency() money.Currency { return s.currency }

// Paid says that a Paid event is in.
func (s State) Paid() bool { return s.paid != nil }

// PaidAt is when the order was paid by the Paid event that arrived first; it dates lots and windows
// and never changes afterwards. It is the zero time before.
func (s State) PaidAt() time.Time {
	if s.first == nil {
		return time.Time{}
	}
	return s.first.OccurredAt
}

// Canceled says that the order was paid and is off. A cancellation that still waits does not count.
func (s State) Canceled() bool { return s.paid != nil && s.cancel != nil }

// Waiting is a return or a cancellation that came before its order.
type Waiting struct {
	Kind       Kind
	Occurrence string
	OccurredAt time.Time
}

// Waiting lists what waits for the order to be paid, oldest arrival first; nothing waits once it is
// paid.
func (s State) Waiting() []Waiting {
	if s.paid != nil || s.returns == 0 && s.cancel == nil {
		return nil
	}
	var all []Waiting
	for n := s.last; n != nil; n = n.older {
		if e := &n.event; e.Kind.waits() && !s.lapsed.has(n) {
			all = append(all, Waiting{Kind: e.Kind, Occurrence: e.Occurrence, OccurredAt: e.OccurredAt})
		}
	}
	slices.Reverse(all)
	return all
}

// Kept lists the lines of the latest revision, each with what is left of it: the whole list also
// when nothing is left, nil before the order is paid.
func (s State) Kept() []Kept {
	if s.paid == nil {
		return nil
	}
	t := s.tally()
	kept := make([]Kept, len(s.paid.Lines))
	for i, l := range s.paid.Lines {
		l.ID = s.paid.lineID(i)
		kept[i].Line, kept[i].Gone = l, s.cancel != nil || t.gone(i)
		if s.cancel == nil {
			kept[i].Quantity, kept[i].Amount = t.left(i)
		}
	}
	return kept
}

// Channel is that of the latest revision that was paid; empty where none was told.
func (s State) Channel() string {
	if s.paid == nil {
		return ""
	}
	return s.paid.Channel
}

// Base is what counts of the order in minor units: the sum of what Kept leaves; 0 before it is paid
// and after it is cancelled.
func (s State) Base() money.Minor {
	if s.paid == nil || s.cancel != nil {
		return 0
	}
	t := s.tally()
	var base money.Minor
	for i := range s.paid.Lines {
		_, amount := t.left(i)
		base += min(amount, math.MaxInt64-base)
	}
	return base
}
