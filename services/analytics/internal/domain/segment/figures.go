// Package segment decides who belongs to a segment: a condition in CEL over the figures of one customer. It reads no
// store and keeps nobody.
package segment

import (
	"maps"
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/rfm"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/ruler"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Kind is how a field is written in a condition.
type Kind int

// Kinds of fields.
const (
	Whole   Kind = iota // a whole number
	Text                // a word or a day, YYYY-MM-DD, in quotes
	Texts               // a list of words
	Numbers             // whole numbers by word
)

// Field is a figure of a customer that a condition may ask for, as of a day: orders of all days before it count.
type Field struct {
	Name, Meaning string
	Kind          Kind
	// Ranked is true for what depends on the other customers, too, Detailed for what the lines of the orders say, and Scored for
	// what a fit says.
	Ranked, Detailed, Scored bool

	of func(*Customer) any
}

// Fields are all of them, by name.
func Fields() []Field { return fields }

var fields = []Field{
	{Name: "account", Meaning: "the customer's account", Kind: Text, of: func(c *Customer) any { return c.ID }},
	{Name: "alive_percent", Meaning: "how likely it still buys, by the fit in use, percent, rounded down (report lifetime)", Scored: true, of: func(c *Customer) any { return c.alive }},
	{Name: "average_minor", Meaning: "spend_minor by orders, rounded down, minor units", of: func(c *Customer) any { return int64(c.spend) / c.orders() }},
	{Name: "categories", Meaning: "list of the categories of which something was bought and kept", Kind: Texts, Detailed: true, of: func(c *Customer) any { return slices.Sorted(maps.Keys(c.categories().minor)) }},
	{Name: "category_minor", Meaning: "by category: what is left of its lines after returns, minor units", Kind: Numbers, Detailed: true, of: func(c *Customer) any { return c.categories().minor }},
	{Name: "category_orders", Meaning: "by category: orders of which something of it is left", Kind: Numbers, Detailed: true, of: func(c *Customer) any { return c.categories().orders }},
	{Name: "class", Meaning: "A, B or C by the share of revenue reached before the customer (report pareto)", Kind: Text, Ranked: true, of: func(c *Customer) any { return c.class }},
	{Name: "first_day", Meaning: "day of the first order", Kind: Text, of: func(c *Customer) any { return c.First().String() }},
	{Name: "frequency_score", Meaning: "1 to 5 by orders (report rfm)", Ranked: true, of: func(c *Customer) any { return int64(c.scores.F) }},
	{Name: "last_day", Meaning: "day of the last order", Kind: Text, of: func(c *Customer) any { return c.Last().String() }},
	{Name: "monetary_score", Meaning: "1 to 5 by spend_minor (report rfm)", Ranked: true, of: func(c *Customer) any { return int64(c.scores.M) }},
	{Name: "orders", Meaning: "orders that count", of: func(c *Customer) any { return c.orders() }},
	{Name: "purchase_days", Meaning: "days with an order", of: func(c *Customer) any { return int64(len(c.Days())) }},
	{Name: "recency_days", Meaning: "days since the last order", of: func(c *Customer) any { return int64(c.asOf) - int64(c.Last()) }},
	{Name: "recency_score", Meaning: "1 to 5 by recency_days (report rfm)", Ranked: true, of: func(c *Customer) any { return int64(c.scores.R) }},
	{Name: "rfm", Meaning: "segment by the three scores, of the default table (report rfm)", Kind: Text, Ranked: true, of: func(c *Customer) any { return c.named }},
	{Name: "spend_minor", Meaning: "what is left of the orders after returns, minor units", of: func(c *Customer) any { return int64(c.spend) }},
	{Name: "tenure_days", Meaning: "days since the first order", of: func(c *Customer) any { return int64(c.asOf) - int64(c.First()) }},
}

// Customer is one with an order before the day, and its figures.
type Customer struct {
	history.Customer

	asOf         calendar.Day
	spend        money.Minor
	scores       rfm.Scores
	class, named string
	alive        int64 // percent; only where a fit was asked
	bought       *categories
}

// Alive sets how likely the customer still buys, 0 to 1.
func (c *Customer) Alive(p float64) { c.alive = int64(p*100 + rounding) }

// rounding keeps a percentage that is whole from ending below itself.
const rounding = 1e-9

// categories are what was bought of each. A line without a category has the category "".
type categories struct{ minor, orders map[string]int64 }

// categories are counted when they are asked for first. Amounts are bounded by the spend, which fits.
func (c *Customer) categories() *categories {
	if c.bought != nil {
		return c.bought
	}
	c.bought = &categories{map[string]int64{}, map[string]int64{}}
	for _, o := range c.Orders {
		if o.Detail == nil {
			continue
		}
		within := map[string]bool{}
		for _, l := range o.Detail.Lines {
			if l.Base > 0 {
				c.bought.minor[l.Category] += int64(l.Base)
				within[l.Category] = true
			}
		}
		for name := range within {
			c.bought.orders[name]++
		}
	}
	return c.bought
}

func (c *Customer) orders() int64 { return int64(len(c.Orders)) }

// Spend is what is left of the orders, in minor units.
func (c *Customer) Spend() money.Minor { return c.spend }

// Measure gives the figures of a customer among others, by the orders before a day; false without any. The error is a
// reason.AmountOutOfRange.
func Measure(r ruler.Rulers, all history.Customer, asOf calendar.Day) (Customer, bool, error) {
	m, some, err := rfm.MeasureOf(all, asOf)
	if err != nil || !some {
		return Customer{}, false, err
	}
	c := Customer{Customer: all.Before(asOf), asOf: asOf, spend: m.Monetary, scores: r.Scales.Scores(m)}
	c.class, c.named = r.Cuts.Class(c.ID, c.spend), rfm.Place(rfm.Default(), c.scores)
	return c, true, nil
}
