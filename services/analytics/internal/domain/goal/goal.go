// Package goal tells how far a goal of the programme is reached.
package goal

import (
	"math/big"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Metrics that a goal can be about, measured over the year before the day.
const (
	Purchases = "purchases" // orders per customer who bought
	Spend     = "spend"     // minor units per customer who bought
	Customers = "customers" // who bought
	Repeat    = "repeat"    // share of those who bought with two purchase days
)

// Months is the period that a metric is measured over.
const Months = 12

// Params are what is wanted.
type Params struct {
	Metric        string
	Start, Target money.Ratio
}

// Check refuses a metric that there is not. The error is a reason.InvalidArgument.
func (p Params) Check() error {
	switch p.Metric {
	case Purchases, Spend, Customers, Repeat:
		return nil
	}
	return reason.New(reason.InvalidArgument, "metric", "there is no metric %.64q; there are %s, %s, %s, %s", p.Metric, Purchases, Spend, Customers, Repeat)
}

// Progress is how far a goal is reached.
type Progress struct {
	Current history.Share
	// Rise is (target − start) ÷ start; not set where the start is 0.
	Rise history.Share
	// Reached is (current − start) ÷ (target − start); not set where both are one, or nothing is known.
	Reached history.Share
	Done    bool
}

// Of tells how far a goal is reached. Where less is wanted (a target below the start), less reaches it.
func (p Params) Of(current history.Share) Progress {
	start, target := rat(p.Start), rat(p.Target)
	way := new(big.Rat).Sub(target, start)
	g := Progress{Current: current, Rise: quotient(way, start)}
	at, ok := current.Rat()
	if !ok {
		return g
	}
	gone := new(big.Rat).Sub(at, start)
	if way.Sign() < 0 { // both the other way round, so that the whole is above zero
		g.Reached, g.Done = quotient(gone.Neg(gone), way.Neg(way)), at.Cmp(target) <= 0
		return g
	}
	g.Reached, g.Done = quotient(gone, way), at.Cmp(target) >= 0
	return g
}

func rat(r money.Ratio) *big.Rat { return big.NewRat(r.Num(), r.Den()) }

func quotient(part, whole *big.Rat) history.Share {
	if whole.Sign() <= 0 {
		return history.Share{}
	}
	q := new(big.Rat).Quo(part, whole)
	return history.NewShare(q.Num(), q.Denom())
}

// Builder measures a metric. Not safe for many goroutines.
type Builder struct {
	asOf, from               calendar.Day
	customers, orders, twice int64
	spend                    money.Minor
}

// New makes a builder for the year before a day.
func New(asOf calendar.Day) *Builder { return &Builder{asOf: asOf, from: asOf.AddMonths(-Months)} }

// Add takes a customer. The error is a reason.AmountOutOfRange.
func (b *Builder) Add(c history.Customer) error {
	c = c.Before(b.asOf).From(b.from)
	if len(c.Orders) == 0 {
		return nil
	}
	spend, err := c.Spend()
	if err != nil {
		return err
	}
	b.customers++
	b.orders += int64(len(c.Orders))
	if len(c.Days()) >= 2 {
		b.twice++
	}
	b.spend, err = history.Add(b.spend, spend)
	return err
}

// Customers is how many bought.
func (b *Builder) Customers() int64 { return b.customers }

// Metric is the metric now; not set where nobody bought and it is per customer.
func (b *Builder) Metric(name string) history.Share {
	switch name {
	case Purchases:
		return history.ShareOf(b.orders, b.customers)
	case Spend:
		return history.ShareOf(int64(b.spend), b.customers)
	case Repeat:
		return history.ShareOf(b.twice, b.customers)
	}
	return history.ShareOf(b.customers, 1)
}
