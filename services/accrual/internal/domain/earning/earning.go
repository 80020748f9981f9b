// Package earning decides what an order earns: points per currency unit, multiplied by category and tier, without what
// is excluded, floored once per order. It owns the shares of the lines. When and for whom it is posted is the ledger's.
package earning

import (
	"fmt"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

// Line says what one line of an order earned and why.
type Line struct {
	ID       string
	SKU      string
	Category string
	Base     money.Minor // what is left of the line after returns
	Rate     money.Ratio // points per minor unit, all multipliers included
	Points   money.Points
	Rules    []string // in words, in the order in which they applied
}

// Rating is what an order earns as it stands.
type Rating struct {
	Points money.Points
	Lines  []Line
}

// Rate returns the points of what is left of an order: one floor over the sum of amount × rate of all lines, shared
// over the lines by largest remainder (ties to the earlier line). Tier and segment are those before the order was paid.
// The error is an overflow.
func Rate(p *program.Program, tier, segment string, kept []orders.Kept) (Rating, error) {
	lines := make([]Line, len(kept))
	terms := make([]money.Term, len(kept))
	for i, k := range kept {
		rate, rules := p.LineRate(k.Line, tier, segment)
		lines[i] = Line{
			ID: k.Line.ID, SKU: k.Line.SKU, Category: k.Line.Category,
			Base: k.Amount, Rate: rate, Rules: rules,
		}
		terms[i] = money.Term{N: int64(k.Amount), R: rate}
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
