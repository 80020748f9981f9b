package orders_test

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// twin is the slow, obvious order: a list of events that is read anew, from the first to the last,
// for every question. It shares no code with State: no links, maps, hashes, bounded sums or 128 bits.
type twin struct {
	events []orders.Event
	gone   map[int]bool // places in events of what lapsed
}

func (w *twin) apply(e orders.Event) {
	w.events = append(w.events, e)
	if e.Kind != orders.Lapsed {
		return
	}
	if i := w.waits(e.LapsedKind, e.Occurrence); i >= 0 {
		w.gone[i] = true
	}
}

func (w *twin) paid() *orders.Event {
	var newest *orders.Event
	for _, e := range w.events {
		if e.Kind == orders.Paid && (newest == nil || e.Revision > newest.Revision) {
			newest = &e
		}
	}
	return newest
}

func (w *twin) paidAt() time.Time {
	var at time.Time
	for _, e := range slices.Backward(w.events) {
		if e.Kind == orders.Paid {
			at = e.OccurredAt
		}
	}
	return at
}

func (w *twin) currency() money.Currency {
	for _, e := range w.events {
		if e.Currency != "" {
			return e.Currency
		}
	}
	return ""
}

func (w *twin) canceled() bool {
	for i, e := range w.events {
		if e.Kind == orders.Canceled && !w.gone[i] {
			return w.paid() != nil
		}
	}
	return false
}

// waits returns the place of the waiting event with this name, the newest if there are several.
func (w *twin) waits(kind orders.Kind, occurrence string) int {
	for i, e := range slices.Backward(w.events) {
		waits := e.Kind == orders.Returned || e.Kind == orders.Canceled
		if w.paid() == nil && waits && !w.gone[i] && e.Kind == kind && e.Occurrence == occurrence {
			return i
		}
	}
	return -1
}

func (w *twin) waiting() []orders.Waiting {
	var all []orders.Waiting
	for i, e := range w.events {
		if w.paid() == nil && (e.Kind == orders.Returned || e.Kind == orders.Canceled) && !w.gone[i] {
			all = append(all, orders.Waiting{Kind: e.Kind, Occurrence: e.Occurrence, OccurredAt: e.OccurredAt})
		}
	}
	return all
}

// cameBack is what came back of one line, without any limit.
type cameBack struct {
	pieces, unpriced int64
	amount           big.Int
	whole            bool
}

func (b *cameBack) add(quantity int64, amount money.Minor, hasAmount bool) {
	b.pieces += quantity
	if hasAmount {
		b.amount.Add(&b.amount, big.NewInt(int64(amount)))
		return
	}
	b.unpriced += quantity
}

// left works out what remains of a line, limits and all.
func (b *cameBack) left(l orders.Line) (int64, money.Minor) {
	if b.whole || l.Quantity > 0 && b.pieces >= l.Quantity {
		return 0, 0
	}
	amount := big.NewInt(int64(l.Amount))
	if l.Quantity > 0 {
		unpriced := min(b.unpriced, l.Quantity)
		share := new(big.Int).Mul(amount, big.NewInt(unpriced))
		amount = new(big.Int).Sub(amount, share.Quo(share, big.NewInt(l.Quantity)))
	}
	amount = new(big.Int).Sub(amount, &b.amount)
	if amount.Sign() < 0 {
		amount.SetInt64(0)
	}
	return max(0, l.Quantity-b.pieces), money.Minor(amount.Int64())
}

// named lists the lines that a row names.
func named(p *orders.Event, r orders.ReturnedLine) []int {
	var all []int
	for i, l := range p.Lines {
		switch {
		case r.Line == "" && l.SKU == r.SKU:
			all = append(all, i)
		case r.Line != "" && lineID(l, i) == r.Line && (r.SKU == "" || r.SKU == l.SKU):
			all = append(all, i)
		}
	}
	return all
}

func lineID(l orders.Line, i int) string {
	if l.ID == "" {
		return strconv.Itoa(i + 1)
	}
	return l.ID
}

// cameBack adds up all returns: first what names one line, then, by the id of the return, what
// names several, money before pieces and both one by one.
func (w *twin) cameBack() []cameBack {
	p := w.paid()
	all := make([]cameBack, len(p.Lines))
	var later []orders.Event
	for i, e := range w.events {
		if e.Kind != orders.Returned || w.gone[i] {
			continue
		}
		later = append(later, e)
		if len(e.Returned) == 0 {
			for i := range all {
				all[i].whole = true
			}
		}
		for _, r := range e.Returned {
			if lines := named(p, r); len(lines) == 1 {
				addRow(all, lines, p, r)
			}
		}
	}
	slices.SortFunc(later, func(a, b orders.Event) int { return strings.Compare(a.Occurrence, b.Occurrence) })
	for _, e := range later {
		for _, r := range e.Returned {
			if lines := named(p, r); len(lines) > 1 {
				addRow(all, lines, p, r)
			}
		}
	}
	return all
}

func addRow(all []cameBack, lines []int, p *orders.Event, r orders.ReturnedLine) {
	switch {
	case r.Quantity == 0 && !r.HasAmount:
		for _, i := range lines {
			all[i].whole = true
		}
	case len(lines) == 1:
		all[lines[0]].add(r.Quantity, r.Amount, r.HasAmount)
	default:
		if r.HasAmount {
			for range r.Amount {
				oneByOne(lines, func(i int) bool {
					_, amount := all[i].left(p.Lines[i])
					return amount > 0
				}, func(i int) { all[i].add(0, 1, true) })
			}
		}
		for range r.Quantity {
			oneByOne(lines, func(i int) bool {
				quantity, _ := all[i].left(p.Lines[i])
				return quantity > 0
			}, func(i int) { all[i].add(1, 0, r.HasAmount) })
		}
	}
}

// oneByOne does something to the first line that has something left.
func oneByOne(lines []int, hasLeft func(i int) bool, do func(i int)) {
	if at := slices.IndexFunc(lines, hasLeft); at >= 0 {
		do(lines[at])
	}
}

func (w *twin) kept() []orders.Kept {
	p := w.paid()
	if p == nil {
		return nil
	}
	back := w.cameBack()
	kept := []orders.Kept{}
	for i, l := range p.Lines {
		k := orders.Kept{Line: l, Gone: w.canceled()}
		k.Line.ID = lineID(l, i)
		if !w.canceled() {
			k.Quantity, k.Amount = back[i].left(l)
			k.Gone = back[i].whole || l.Quantity > 0 && k.Quantity == 0 || l.Quantity == 0 && l.Amount > 0 && k.Amount == 0
		}
		kept = append(kept, k)
	}
	return kept
}

func (w *twin) base() money.Minor {
	var sum money.Minor
	for _, k := range w.kept() {
		sum += k.Amount
	}
	return sum
}

// judge answers as verdict prints it.
func (w *twin) judge(e orders.Event) string {
	if e.Kind == orders.Lapsed && w.waits(e.LapsedKind, e.Occurrence) >= 0 {
		return "takes"
	}
	conflict := false
	for i, known := range slices.Backward(w.events) {
		if known.Kind != e.Kind || known.Occurrence != e.Occurrence || known.Revision != e.Revision || known.LapsedKind != e.LapsedKind {
			continue
		}
		if w.gone[i] && e.Kind != orders.Lapsed {
			continue
		}
		if fmt.Sprintf("%+v", known) == fmt.Sprintf("%+v", e) {
			return "repeats " + strconv.Itoa(i+1)
		}
		conflict = conflict || e.Kind != orders.Lapsed
	}
	switch c := w.currency(); {
	case conflict:
		return "CONFLICTING_DUPLICATE"
	case e.Currency != "" && c != "" && e.Currency != c:
		return "CURRENCY_MISMATCH"
	case w.paid() == nil && (e.Kind == orders.Returned || e.Kind == orders.Canceled):
		return "waits"
	case e.Kind == orders.Returned:
		return w.judgeReturn(e)
	}
	return "takes"
}

func (w *twin) judgeReturn(e orders.Event) string {
	if w.canceled() {
		return "RETURN_EXCEEDS_ORDER"
	}
	p, back := w.paid(), w.cameBack()
	nothingLeft := func(i int) bool {
		l := p.Lines[i]
		quantity, amount := back[i].left(l)
		return back[i].whole || quantity == 0 && amount == 0 && (l.Quantity > 0 || l.Amount > 0)
	}
	if len(e.Returned) == 0 {
		for i := range p.Lines {
			if !nothingLeft(i) {
				return "takes"
			}
		}
		return "RETURN_EXCEEDS_ORDER"
	}
	for _, r := range e.Returned {
		lines := named(p, r)
		if len(lines) != 1 {
			return "UNKNOWN_LINE"
		}
		i := lines[0]
		quantity, amount := back[i].left(p.Lines[i])
		if r.Quantity > quantity || r.HasAmount && r.Amount > amount || r.Quantity == 0 && !r.HasAmount && nothingLeft(i) {
			return "RETURN_EXCEEDS_ORDER"
		}
		addRow(back, lines, p, r)
	}
	return "takes"
}
