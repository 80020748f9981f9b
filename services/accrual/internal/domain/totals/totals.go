// Package totals adds entries up by day: how many points moved in which way, between whom. It owns what others compare
// their own books with before money moves. Which entries count, and where the sums are kept, is left to others.
package totals

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// Key is what a tally is kept for: the entries of a programme and partition that took effect on a day.
type Key struct {
	Program   string
	Partition int
	Day       calendar.Day
}

// Cell is movements that are added up together.
type Cell struct {
	Move     ledger.Move
	Unit     string
	Issuer   string
	Redeemer string // as in ledger.Movement
}

// Sum is what the movements of a cell come to. Points have no bound: each account's fit into 64 bits, those of all need not.
type Sum struct {
	Points    *big.Int
	Movements int64
}

// Tally is what entries come to. The zero value is that of none. Not safe for many goroutines.
type Tally struct {
	Entries int64
	cells   map[Cell]Sum
}

// Add counts an entry.
func (t *Tally) Add(e ledger.Entry) {
	t.Entries++
	for _, m := range e.Movements {
		cell := Cell{Move: m.Move, Unit: m.Lot.Unit, Issuer: m.Lot.Issuer, Redeemer: m.Redeemer}
		t.AddSum(cell, Sum{Points: big.NewInt(int64(m.Points)), Movements: 1})
	}
}

// AddSum adds to a cell; the sum stays its owner's.
func (t *Tally) AddSum(cell Cell, s Sum) {
	if t.cells == nil {
		t.cells = map[Cell]Sum{}
	}
	have, ok := t.cells[cell]
	if !ok {
		have.Points = new(big.Int)
	}
	have.Points.Add(have.Points, s.Points)
	have.Movements += s.Movements
	t.cells[cell] = have
}

// AddTally adds all of another tally.
func (t *Tally) AddTally(o Tally) {
	t.Entries += o.Entries
	for cell, s := range o.cells {
		t.AddSum(cell, s)
	}
}

// Sum is what a cell comes to.
func (t *Tally) Sum(cell Cell) Sum {
	if s, ok := t.cells[cell]; ok {
		return s
	}
	return Sum{Points: new(big.Int)}
}

// Cells lists the cells in which something moved, sorted by move, unit, issuer, redeemer.
func (t *Tally) Cells() []Cell {
	return slices.SortedFunc(maps.Keys(t.cells), func(a, b Cell) int {
		return cmp.Or(cmp.Compare(a.Move, b.Move), cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Issuer, b.Issuer),
			cmp.Compare(a.Redeemer, b.Redeemer))
	})
}

// Difference says in what a stored tally is not what the entries come to. Empty: they are equal.
func Difference(entries, stored Tally) string {
	if entries.Entries != stored.Entries {
		return fmt.Sprintf("%d entries are counted, there are %d", stored.Entries, entries.Entries)
	}
	both := Tally{}
	both.AddTally(entries)
	both.AddTally(stored)
	for _, cell := range both.Cells() {
		want, got := entries.Sum(cell), stored.Sum(cell)
		if want.Points.Cmp(got.Points) != 0 || want.Movements != got.Movements {
			return fmt.Sprintf("%s: %s points in %d movements are counted, the entries have %s in %d",
				cell, got.Points, got.Movements, want.Points, want.Movements)
		}
	}
	return ""
}

// String names a cell.
func (c Cell) String() string {
	s := fmt.Sprintf("%s of %s of %s", c.Move, c.Unit, c.Issuer)
	if c.Redeemer != "" {
		s += " at " + c.Redeemer
	}
	return s
}
