package lifetime

import (
	"math/big"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Multiple is how many times what a customer brings in a period they are worth, if in each further period they stay with
// probability retention and money is discounted: r/(1 + d − r) (Gupta & Lehmann 2003, page 15). Not ok where there is no
// such number: everybody stays and nothing is discounted.
func Multiple(retention, discount *big.Rat) (*big.Rat, bool) {
	left := new(big.Rat).Add(big.NewRat(1, 1), discount)
	if left.Sub(left, retention).Sign() <= 0 {
		return nil, false
	}
	return new(big.Rat).Quo(retention, left), true
}

// Simple is what the simple value of a customer is made of: who bought in the last period, for how much, and who of those
// of the period before came again.
type Simple struct {
	PeriodDays int
	Before     int64 // customers with an order in the period before the last
	Kept       int64 // of them, with one in the last
	Active     int64 // customers with an order in the last period
	Spent      money.Minor
}

// Retention is Kept of Before; not ok where nobody bought before.
func (s Simple) Retention() (*big.Rat, bool) {
	if s.Before == 0 {
		return nil, false
	}
	return big.NewRat(s.Kept, s.Before), true
}

// SimpleBuilder counts for Simple. Make it with NewSimple.
type SimpleBuilder struct {
	asOf   calendar.Day
	simple Simple
}

// NewSimple makes a builder for the two periods of so many days before a day.
func NewSimple(asOf calendar.Day, periodDays int) *SimpleBuilder {
	return &SimpleBuilder{asOf, Simple{PeriodDays: periodDays}}
}

// Add takes a customer. A reason.AmountOutOfRange: the orders do not add up.
func (b *SimpleBuilder) Add(c history.Customer) error {
	last := b.asOf.AddDays(-b.simple.PeriodDays)
	before := last.AddDays(-b.simple.PeriodDays)
	now, then := false, false
	for _, o := range c.Before(b.asOf).Orders {
		switch {
		case o.Day >= last:
			now = true
			var err error
			if b.simple.Spent, err = history.Add(b.simple.Spent, o.Base); err != nil {
				return err
			}
		case o.Day >= before:
			then = true
		}
	}
	if now {
		b.simple.Active++
	}
	if then {
		b.simple.Before++
	}
	if now && then {
		b.simple.Kept++
	}
	return nil
}

// Simple ends the collection.
func (b *SimpleBuilder) Simple() Simple { return b.simple }
