// Package lifetime says what a customer is worth: what they have spent, what they would be worth if all stayed as it is
// (a formula of retention and discount), and what they will still spend by a model of buying and one of amounts. It owns
// what goes into a fit, how a fit is held against what came after it, and what is made of it. The models are others'.
package lifetime

import (
	"math"
	"math/rand/v2"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/gammagamma"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/repeat"
)

// Buying is a model of when customers buy.
type Buying interface {
	// Alive is the probability that a customer still buys, above 0.
	Alive(c repeat.Count) float64
	// WhileAlive is how many purchases are expected in so many weeks of one who does, with so many repeats in so many days.
	WhileAlive(repeats, ageDays int, weeks float64) float64
	// New is how many repeats are expected of a new customer in so many weeks.
	New(weeks float64) float64
	// Future draws when a customer buys within so many weeks, the most purchases at most.
	Future(c repeat.Count, weeks float64, most int, source rand.Source) []float64
}

// Terms are how far ahead a value looks and how later money is discounted.
type Terms struct {
	Weeks    int
	Discount float64 // a year of 52 weeks; 0.1 is 10 %
}

// Defaults are a year, discounted by 10 %.
func Defaults() Terms { return Terms{Weeks: weeksOfYear, Discount: 0.1} }

// WeeksMax bounds how far ahead a value looks.
const WeeksMax = 520

const weeksOfYear = 52

// Value is what one customer is expected to do from a day on.
type Value struct {
	Alive     float64 // probability
	Purchases float64 // expected within the terms
	// PerPurchase is the expected amount of one, Residual the discounted amount of all; major units, no margin taken off.
	// Both are there only if there is a model of amounts.
	PerPurchase, Residual float64
}

// Valuer makes values. Not safe for many goroutines: it remembers what customers of equal age and repeats share.
type Valuer struct {
	buying  Buying
	amounts *gammagamma.Model
	terms   Terms
	major   float64
	ahead   map[[2]int]ahead
	doubt   Doubt
}

// ahead is what is expected of a customer who is alive.
type ahead struct{ purchases, discounted float64 }

// NewValuer makes a valuer; amounts may be nil. Major is how many minor units the major one has.
func NewValuer(b Buying, amounts *gammagamma.Model, t Terms, major float64) *Valuer {
	return &Valuer{buying: b, amounts: amounts, terms: t, major: major, ahead: map[[2]int]ahead{}}
}

// Value says what a customer is expected to do.
func (v *Valuer) Value(c repeat.Customer) Value {
	key := [2]int{c.Count.Repeats, c.Count.Age}
	while, ok := v.ahead[key]
	if !ok {
		while = v.look(c.Count)
		v.ahead[key] = while
	}
	value := Value{Alive: v.buying.Alive(c.Count)}
	value.Purchases = value.Alive * while.purchases
	if v.amounts != nil {
		value.PerPurchase = v.amounts.Mean()
		if c.Count.Repeats > 0 {
			value.PerPurchase = v.amounts.Expected(c.Count.Repeats, float64(c.Repeated)/v.major/float64(c.Count.Repeats))
		}
		value.Residual = value.PerPurchase * value.Alive * while.discounted
	}
	return value
}

// look adds up week by week: Σ (E[Y(w)] − E[Y(w−1)]) · (1 + discount)^(−w/52).
func (v *Valuer) look(c repeat.Count) ahead {
	var a ahead
	for w := 1; w <= v.terms.Weeks; w++ {
		so := v.buying.WhileAlive(c.Repeats, c.Age, float64(w))
		a.discounted += (so - a.purchases) * math.Pow(1+v.terms.Discount, -float64(w)/weeksOfYear)
		a.purchases = so
	}
	return a
}

// Major is how many minor units the major one has.
func (v *Valuer) Major() float64 { return v.major }

// HasAmounts tells whether there is a model of amounts, and so a value in money.
func (v *Valuer) HasAmounts() bool { return v.amounts != nil }
