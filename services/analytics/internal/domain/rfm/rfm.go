// Package rfm scores customers by recency, frequency and monetary value, names their segments, and tells who moved from
// one segment to another between two dates. It is fed customer by customer and keeps three numbers of each per date.
package rfm

import (
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Measure is what a customer is scored by, as of a day.
type Measure struct {
	Recency   int64       // days from the last order to the day; less is better
	Frequency int64       // orders
	Monetary  money.Minor // their sum
}

// MeasureOf measures a customer by the orders before a day; false without any. The error is a reason.AmountOutOfRange.
func MeasureOf(c history.Customer, asOf calendar.Day) (Measure, bool, error) {
	c = c.Before(asOf)
	if len(c.Orders) == 0 {
		return Measure{}, false, nil
	}
	spend, err := c.Spend()
	if err != nil {
		return Measure{}, false, err
	}
	return Measure{Recency: int64(asOf) - int64(c.Last()), Frequency: int64(len(c.Orders)), Monetary: spend}, true, nil
}

// Scores are from Worst to Best; zero: the customer had no order by then.
type Scores struct{ R, F, M int }

// Scales turn measures into scores.
type Scales struct{ R, F, M Scale }

// Scores scores a measure.
func (s Scales) Scores(m Measure) Scores {
	return Scores{s.R.Score(m.Recency), s.F.Score(m.Frequency), s.M.Score(int64(m.Monetary))}
}

// Report is the scores of all customers with an order before a day.
type Report struct {
	Customers int64
	Scales    Scales
	Cells     []Cell // that have customers: R falling, then F, then M
	Segments  []Held // in the order of the table, empty ones too
	Moves     []Move // since the date compared with, if there is one
}

// Cell is the customers with the same three scores.
type Cell struct {
	Scores    Scores
	Customers int64
}

// Held is a segment and who is in it.
type Held struct {
	Name      string
	Customers int64
	Sum       money.Minor
}

// Move is how many customers went from one segment to another, or stayed. From is empty for who had no order at the
// earlier date.
type Move struct {
	From, To  string
	Customers int64
}

// Builder makes a Report. Not safe for many goroutines.
type Builder struct {
	asOf, compare calendar.Day
	table         []Segment
	now, then     []Measure // then has a zero Measure for who was not there yet
}

// New makes a builder for the orders before a day. Compare is an earlier day to tell moves from, or calendar.None. The
// table has been checked.
func New(asOf, compare calendar.Day, table []Segment) *Builder {
	return &Builder{asOf: asOf, compare: compare, table: table}
}

// Add takes a customer. The error is a reason.AmountOutOfRange.
func (b *Builder) Add(c history.Customer) error {
	now, some, err := MeasureOf(c, b.asOf)
	if err != nil || !some {
		return err
	}
	b.now = append(b.now, now)
	if b.compare == calendar.None {
		return nil
	}
	then, _, err := MeasureOf(c, b.compare)
	b.then = append(b.then, then)
	return err
}

// Report ends the collection. The error is a reason.AmountOutOfRange.
func (b *Builder) Report() (Report, error) {
	r := Report{Customers: int64(len(b.now)), Scales: scales(b.now), Segments: make([]Held, len(b.table))}
	place := map[string]int{}
	for i, s := range b.table {
		r.Segments[i].Name, place[s.Name] = s.Name, i
	}
	cells := map[Scores]int64{}
	for _, m := range b.now {
		scores := r.Scales.Scores(m)
		cells[scores]++
		held := &r.Segments[place[Place(b.table, scores)]]
		held.Customers++
		var err error
		if held.Sum, err = history.Add(held.Sum, m.Monetary); err != nil {
			return Report{}, err
		}
	}
	for cell := range everyCell {
		if n := cells[cell]; n > 0 {
			r.Cells = append(r.Cells, Cell{cell, n})
		}
	}
	r.Moves = b.moves(r.Scales)
	return r, nil
}

// moves scores both dates, each by its own scales. They come in the order of the table, newcomers first.
func (b *Builder) moves(now Scales) []Move {
	if b.compare == calendar.None {
		return nil
	}
	var there []Measure
	for _, m := range b.then {
		if m.Frequency > 0 {
			there = append(there, m)
		}
	}
	then, counted := scales(there), map[Move]int64{}
	for i, m := range b.then {
		move := Move{To: Place(b.table, now.Scores(b.now[i]))}
		if m.Frequency > 0 {
			move.From = Place(b.table, then.Scores(m))
		}
		counted[move]++
	}
	var moves []Move
	for _, from := range append([]Segment{{}}, b.table...) {
		for _, to := range b.table {
			move := Move{From: from.Name, To: to.Name}
			if move.Customers = counted[move]; move.Customers > 0 {
				moves = append(moves, move)
			}
		}
	}
	return moves
}

// everyCell yields all scores, the best first.
func everyCell(yield func(Scores) bool) {
	const scores = Best - Worst + 1
	for i := range scores * scores * scores {
		if !yield(Scores{Best - i/scores/scores, Best - i/scores%scores, Best - i%scores}) {
			return
		}
	}
}
