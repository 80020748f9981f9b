// Package earning decides what an order earns: points per currency unit, multiplied by category and tier, without what
// is excluded, floored once per order. It owns the shares of the lines. When and for whom it is posted is the ledger's.
package earning

import (
	"fmt"
	"slices"

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

// RateUnit returns the points of a unit beside the programme's own, as Rate does: one floor over the sum of all lines. Of a unit
// that each order gives, all of them as long as anything counts that is not excluded. The error is an overflow.
func RateUnit(p *program.Program, u *program.Unit, tier, segment string, counted []program.Counted) (money.Points, error) {
	if u.PerOrder > 0 {
		if slices.ContainsFunc(counted, func(c program.Counted) bool { return c.Base > 0 && !p.Excluded(c.Line) }) {
			return u.PerOrder, nil
		}
		return 0, nil
	}
	terms := make([]money.Term, len(counted))
	for i, c := range counted {
		terms[i] = money.Term{N: int64(c.Base), R: u.LineRate(c.Line, tier, segment)}
	}
	total, err := money.SumFloor(terms)
	if err != nil {
		return 0, fmt.Errorf("%s of %d lines: %w", u.Name, len(terms), err)
	}
	return money.Points(total), nil
}
