// Package earning decides what an order earns: points per currency unit, multiplied by category and tier, without what
// is excluded, floored once per order. It owns the shares of the lines. When and for whom it is posted is the ledger's.
package earning

import (
	"fmt"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

// Line says what one line of an order earned and why.
type Line struct {
	ID       string
	SKU      string
	Category string
	Base     money.Minor // what counts of the line
	Rate     money.Ratio // points per minor unit, all multipliers included
	Points   money.Points
	Rules    []string // in words, in the order in which they applied
}

// Rating is what an order earns as it stands.
type Rating struct {
	Points money.Points
	Lines  []Line
}

// Rate returns the points of what counts of an order: one floor over the sum of amount × rate of all lines, shared
// over the lines by largest remainder (ties to the earlier line). Tier and segment are those before the order was paid.
// The error is an overflow.
func Rate(p *program.Program, tier, segment string, counted []program.Counted) (Rating, error) {
	lines := make([]Line, len(counted))
	terms := make([]money.Term, len(counted))
	for i, c := range counted {
		rate, rules := p.LineRate(c.Line, tier, segment)
		lines[i] = Line{
			ID: c.Line.ID, SKU: c.Line.SKU, Category: c.Line.Category,
			Base: c.Base, Rate: rate, Rules: rules,
		}
		terms[i] = money.Term{N: int64(c.Base), R: rate}
	}
	total, err := money.SumFloor(terms)
	if err != nil {
		return Rating{}, fmt.Errorf("points of %d lines: %w", len(lines), err)
	}
	shares, err := money.Split(total, terms)
	if err != nil {
		return Rating{}, fmt.Errorf("shares of %d lines: %w", len(lines), err)
	}
	for i, share := range shares {
		lines[i].Points = money.Points(share)
	}
	return Rating{money.Points(total), lines}, nil
}
