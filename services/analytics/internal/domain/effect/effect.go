// Package effect measures what a campaign has done: the margin of those it was for against those who were held out of it,
// with intervals, before it begins what it could find at all, and while it runs bounds that looking early does not spoil.
// Where nobody was held out it compares before and after, and says that this is weaker. It decides on its own input alone:
// who is held out follows from names, or from lists that are given.
package effect

import (
	"math"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/holdout"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Sides of a campaign.
const (
	Treated = 0
	HeldOut = 1
	sides   = 2
)

// customer is what is known of one: margin of the campaign's days, and of the days before it, in minor units.
type customer struct{ during, before float64 }

// Builder takes customers one by one and holds two numbers of each. Not safe for many goroutines.
type Builder struct {
	params   Params
	until    calendar.Day
	margin   float64
	listed   map[string]int // side, of those on a list
	groups   [sides][]customer
	leaked   int64 // held out, and on the list of the treated all the same
	missed   int64 // treated, and not on the list of those whom the campaign reached
	reaching bool  // there is a list of those whom it reached
}

// New makes a builder for a campaign that is measured up to the day before until. The params must be checked.
func New(until calendar.Day, p Params) *Builder {
	b := &Builder{params: p, until: until, margin: float64(p.Margin.Num()) / float64(p.Margin.Den()), listed: map[string]int{}}
	for _, id := range p.Treated {
		b.listed[id] = Treated
	}
	for _, id := range p.HeldOut {
		b.listed[id] = HeldOut
	}
	b.reaching = len(p.Treated) > 0 && len(p.HeldOut) == 0
	return b
}

// Add takes a customer. Who had no order before the campaign began is not asked: whether they came at all may be its doing.
// Those on lists that say who is on which side are taken as they are.
func (b *Builder) Add(c history.Customer) error {
	c = c.Before(b.until)
	side, counts := b.side(c)
	if !counts {
		return nil
	}
	made := customer{}
	for _, o := range c.Orders {
		switch {
		case o.Day >= b.params.Start:
			made.during += float64(o.Base) * b.margin
		case o.Day >= b.params.Start.AddDays(-b.params.PreDays):
			made.before += float64(o.Base) * b.margin
		}
	}
	b.groups[side] = append(b.groups[side], made)
	return nil
}

// side is where a customer stands, and if they are asked at all.
func (b *Builder) side(c history.Customer) (int, bool) {
	side, listed := b.listed[c.ID]
	if listed {
		delete(b.listed, c.ID) // seen
	}
	if len(b.params.HeldOut) > 0 {
		return side, listed
	}
	if len(c.Orders) == 0 || c.First() >= b.params.Start {
		return 0, false
	}
	held := holdout.In(b.params.Campaign, c.ID, b.params.Share)
	switch {
	case held && listed:
		b.leaked++
	case !held && b.reaching && !listed:
		b.missed++
	}
	if held {
		return HeldOut, true
	}
	// Without held-out customers those alone are looked at whom the campaign reached, where there is a list of them.
	return Treated, b.params.Share.Num() > 0 || !b.reaching || listed
}

// complete adds those on the lists of both sides of whom no order is known: they bought nothing.
func (b *Builder) complete() {
	if len(b.params.HeldOut) == 0 {
		return
	}
	for id, side := range b.listed {
		b.groups[side] = append(b.groups[side], customer{})
		delete(b.listed, id)
	}
}

// moments are number, mean and variance of a list of numbers, by two passes: amounts may be large and alike.
type moments struct {
	n              float64
	mean, variance float64 // variance with n − 1; 0 below two
}

func momentsOf(list []float64) moments {
	m := moments{n: float64(len(list))}
	if m.n == 0 {
		return m
	}
	for _, x := range list {
		m.mean += x
	}
	m.mean /= m.n
	if m.n < 2 { //nolint:mnd // see variance
		return m
	}
	for _, x := range list {
		m.variance += (x - m.mean) * (x - m.mean) / (m.n - 1)
	}
	return m
}

func column(group []customer, of func(customer) float64) []float64 {
	list := make([]float64, len(group))
	for i, c := range group {
		list[i] = of(c)
	}
	return list
}

func during(c customer) float64 { return c.during }
func before(c customer) float64 { return c.before }

// finite is x, or 0 where x is no number: what divides by nothing has no answer, and its callers say so apart.
func finite(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	return x
}

// minor rounds to whole minor units, at the ends of what they can be.
func minor(x float64) money.Minor {
	switch x = math.Round(finite(x)); {
	case x >= math.MaxInt64:
		return math.MaxInt64
	case x <= math.MinInt64:
		return math.MinInt64
	}
	return money.Minor(x)
}
