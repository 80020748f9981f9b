package orders

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// tally is what came back of each line of the latest revision. It is made anew for each question.
type tally struct {
	paid  *Event
	back  []back // one for each line; nil while nothing came back
	index index
}

// back is what came back of one line. All its fields only grow up to their limit, so the order of
// returns is nothing to it.
type back struct {
	pieces   int64       // <= the line's quantity
	unpriced int64       // pieces that came without an amount; <= the line's quantity
	amount   money.Minor // amounts that were given; <= the line's amount
	whole    bool
}

// tally adds up the returns that did not lapse. Rows that name one line come first; rows whose SKU
// several lines have are spread afterwards (Judge refuses such a row; it is there only if the
// return waited, or an amendment made the second line), the returns in the order of their ids, so
// that the result does not depend on who came first.
func (s State) tally() tally {
	t := tally{paid: s.paid}
	if s.returns == 0 {
		return t
	}
	t.back = make([]back, len(s.paid.Lines))
	t.index = indexOf(s.paid)
	var spread []*Event
	for n := s.last; n != nil; n = n.older {
		if n.event.Kind != Returned || s.lapsed.has(n) {
			continue
		}
		if t.addClear(&n.event) {
			spread = append(spread, &n.event)
		}
	}
	slices.SortFunc(spread, func(a, b *Event) int { return cmp.Compare(a.Occurrence, b.Occurrence) })
	for _, e := range spread {
		for _, r := range e.Returned {
			if _, lines := t.index.find(r); lines > 1 {
				t.spread(r)
			}
		}
	}
	return t
}

// addClear adds the rows that name exactly one line, and says whether it left out rows that name
// several. A row that names none takes nothing: the line is no longer part of the order.
func (t *tally) addClear(e *Event) bool {
	unclear := false
	if len(e.Returned) == 0 {
		for i := range t.back {
			t.back[i].whole = true
		}
	}
	for _, r := range e.Returned {
		switch i, lines := t.index.find(r); lines {
		case 0:
		case 1:
			t.add(i, r)
		default:
			unclear = true
		}
	}
	return unclear
}

// add books a row on the i-th line, at most up to what the line has.
func (t *tally) add(i int, r ReturnedLine) {
	l, b := &t.paid.Lines[i], &t.back[i]
	b.whole = b.whole || r.whole()
	b.pieces = capped(b.pieces, r.Quantity, l.Quantity)
	if r.HasAmount {
		b.amount = capped(b.amount, r.Amount, l.Amount)
		return
	}
	b.unpriced = capped(b.unpriced, r.Quantity, l.Quantity)
}

// spread books a row on the lines with its SKU, from the first on, each as far as it has something
// left.
func (t *tally) spread(r ReturnedLine) {
	quantity, amount := r.Quantity, r.Amount
	for i := range t.paid.Lines {
		if t.paid.Lines[i].SKU != r.SKU {
			continue
		}
		if r.whole() {
			t.back[i].whole = true
			continue
		}
		part := ReturnedLine{HasAmount: r.HasAmount}
		part.Quantity, part.Amount = t.left(i)
		part.Quantity, part.Amount = min(quantity, part.Quantity), min(amount, part.Amount)
		if part.whole() {
			continue // nothing to book here, and no quantity would mean all of it
		}
		t.add(i, part)
		quantity, amount = quantity-part.Quantity, amount-part.Amount
	}
}

// left is what remains of the i-th line: of the amount, what was neither given back nor is the
// share of the pieces that came back without an amount, floor(amount x pieces / quantity). A line
// of which all pieces came back keeps 0.
func (t *tally) left(i int) (quantity int64, amount money.Minor) {
	l := &t.paid.Lines[i]
	if t.back == nil {
		return l.Quantity, l.Amount
	}
	b := &t.back[i]
	if b.whole || l.Quantity > 0 && b.pieces == l.Quantity {
		return 0, 0
	}
	return l.Quantity - b.pieces, max(0, l.Amount-Share(l.Amount, b.unpriced, l.Quantity)-b.amount)
}

// gone says that nothing of the i-th line can come back any more.
func (t *tally) gone(i int) bool {
	l := &t.paid.Lines[i]
	quantity, amount := t.left(i)
	switch {
	case t.back != nil && t.back[i].whole:
		return true
	case l.Quantity > 0:
		return quantity == 0
	default:
		return l.Amount > 0 && amount == 0
	}
}

// Share is floor(amount x pieces / of) for 0 <= pieces <= of, exact for all amounts; 0 for what
// cannot be shared.
func Share(amount money.Minor, pieces, of int64) money.Minor {
	if amount <= 0 || pieces <= 0 || of < pieces {
		return 0
	}
	high, low := bits.Mul64(uint64(amount), uint64(pieces))
	quotient, _ := bits.Div64(high, low, uint64(of)) // high < of, because pieces <= of and amount < 2^64
	return money.Minor(quotient)
}

// capped adds without passing the limit; 0 <= sum <= limit.
func capped[N ~int64](sum, more, limit N) N {
	if more > limit-sum {
		return limit
	}
	return sum + more
}

// index finds lines by id and by SKU.
type index struct {
	lines []Line
	byID  map[string]int
	bySKU map[string]skuLines
}

// skuLines says how many lines have a SKU, and which is the first.
type skuLines struct{ first, lines int }

func indexOf(paid *Event) index {
	n := len(paid.Lines)
	x := index{lines: paid.Lines, byID: make(map[string]int, n), bySKU: make(map[string]skuLines, n)}
	for i, l := range paid.Lines {
		x.byID[paid.lineID(i)] = i
		same, ok := x.bySKU[l.SKU]
		if !ok {
			same.first = i
		}
		same.lines++
		x.bySKU[l.SKU] = same
	}
	return x
}

// find returns the first line that the row names and how many it names.
func (x index) find(r ReturnedLine) (first, lines int) {
	if r.Line == "" {
		same := x.bySKU[r.SKU]
		return same.first, same.lines
	}
	i, ok := x.byID[r.Line]
	if !ok || r.SKU != "" && r.SKU != x.lines[i].SKU {
		return 0, 0
	}
	return i, 1
}
