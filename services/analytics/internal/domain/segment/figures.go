// Package segment decides who belongs to a segment: a condition in CEL over the figures of one customer. It reads no
// store and keeps nobody.
package segment

import (
	"maps"
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/cluster"
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
	Needs

	of func(*Customer) any
}

// Needs is what must be known of customers to tell their figures.
type Needs struct {
	Ranked   bool // the other customers' classes and scores
	Detailed bool // lines and deeds
	Scored   bool // what the fit in use says: Customer.Score
	Valued   bool // in money, too; with Scored
	Banded   bool // what the fit says of the others, too; with Valued
	Grouped  bool // the clusters of all
	Costed   bool // what the programme says of costs: Customer.Profit; with Detailed
}

// And is what is needed for both.
func (n Needs) And(o Needs) Needs {
	return Needs{
		n.Ranked || o.Ranked, n.Detailed || o.Detailed, n.Scored || o.Scored, n.Valued || o.Valued, n.Banded || o.Banded, n.Grouped || o.Grouped,
		n.Costed || o.Costed,
	}
}

// Fields are all of them, by name.
func Fields() []Field { return fields }

var fields = []Field{
	{Name: "account", Meaning: "the customer's account", Kind: Text, of: func(c *Customer) any { return c.ID }},
	{Name: "alive_percent", Meaning: "how likely it still buys, by the fit in use, percent, rounded down (report lifetime)", Needs: Needs{Scored: true}, of: func(c *Customer) any { return c.alive }},
	{Name: "average_minor", Meaning: "spend_minor by orders, rounded down, minor units", of: func(c *Customer) any { return int64(c.spend) / c.orders() }},
	{Name: "categories", Meaning: "list of the categories of which something was bought and kept", Kind: Texts, Needs: Needs{Detailed: true}, of: func(c *Customer) any { return slices.Sorted(maps.Keys(c.categories().minor)) }},
	{Name: "category_minor", Meaning: "by category: what is left of its lines after returns, minor units", Kind: Numbers, Needs: Needs{Detailed: true}, of: func(c *Customer) any { return c.categories().minor }},
	{Name: "category_orders", Meaning: "by category: orders of which something of it is left", Kind: Numbers, Needs: Needs{Detailed: true}, of: func(c *Customer) any { return c.categories().orders }},
	{Name: "class", Meaning: "A, B or C by the share of revenue reached before the customer (report pareto)", Kind: Text, Needs: Needs{Ranked: true}, of: func(c *Customer) any { return c.class }},
	{Name: "cluster", Meaning: "1 to 4, of customers who are alike; 1 spent most (report clusters)", Needs: Needs{Grouped: true}, of: func(c *Customer) any { return int64(c.cluster) }},
	{Name: "first_day", Meaning: "day of the first order", Kind: Text, of: func(c *Customer) any { return c.First().String() }},
	{Name: "frequency_score", Meaning: "1 to 5 by orders (report rfm)", Needs: Needs{Ranked: true}, of: func(c *Customer) any { return int64(c.scores.F) }},
	{Name: "last_day", Meaning: "day of the last order", Kind: Text, of: func(c *Customer) any { return c.Last().String() }},
	{Name: "monetary_score", Meaning: "1 to 5 by spend_minor (report rfm)", Needs: Needs{Ranked: true}, of: func(c *Customer) any { return int64(c.scores.M) }},
	{Name: "orders", Meaning: "orders that count", of: func(c *Customer) any { return c.orders() }},
	{Name: "profit_minor", Meaning: "what it has brought less what it has cost, minor units, by all orders and own events so far (report profitability)", Needs: Needs{Detailed: true, Costed: true}, of: func(c *Customer) any { return int64(c.profit) }},
	{Name: "purchase_days", Meaning: "days with an order", of: func(c *Customer) any { return int64(len(c.Days())) }},
	{Name: "recency_days", Meaning: "days since the last order", of: func(c *Customer) any { return int64(c.asOf) - int64(c.Last()) }},
	{Name: "recency_score", Meaning: "1 to 5 by recency_days (report rfm)", Needs: Needs{Ranked: true}, of: func(c *Customer) any { return int64(c.scores.R) }},
	{Name: "rfm", Meaning: "segment by the three scores, of the default table (report rfm)", Kind: Text, Needs: Needs{Ranked: true}, of: func(c *Customer) any { return c.named }},
	{Name: "spend_minor", Meaning: "what is left of the orders after returns, minor units", of: func(c *Customer) any { return int64(c.spend) }},
	{Name: "tenure_days", Meaning: "days since the first order", of: func(c *Customer) any { return int64(c.asOf) - int64(c.First()) }},
	{Name: "worth_minor", Meaning: "what it will still buy within a year, by the fit in use, discounted by 10 %, minor units, rounded down (report lifetime)", Needs: Needs{Scored: true, Valued: true}, of: func(c *Customer) any { return c.worth }},
	{Name: "worth_score", Meaning: "1 to 5 by worth_minor: fifths of the customers, 5 the best, equal ones share the better", Needs: Needs{Scored: true, Valued: true, Banded: true}, of: func(c *Customer) any { return int64(c.worthScale.Score(c.worth)) }},
}

// Customer is one with an order before the day, and its figures.
type Customer struct {
	history.Customer

	asOf         calendar.Day
	spend        money.Minor
	scores       rfm.Scores
	class, named string
	alive, worth int64 // percent, minor units; only where a fit was asked
	worthScale   rfm.Scale
	cluster      int
	profit       money.Minor // only where the costs were asked for
	bought       *categories
}

// Score is what a fit says of a customer.
type Score struct {
	Alive float64 // how likely they still buy, 0 to 1
	Worth int64   // what they will still buy, minor units
}

// Score sets what a fit says.
func (c *Customer) Score(s Score) { c.alive, c.worth = int64(s.Alive*100+rounding), s.Worth }

// Profit sets what the customer has brought less what it has cost.
func (c *Customer) Profit(p money.Minor) { c.profit = p }

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
	c.worthScale = r.Worth
	c.cluster = r.Clusters.Of(cluster.Figures{Recency: m.Recency, Orders: m.Frequency, Spend: int64(m.Monetary)})
	c.class, c.named = r.Cuts.Class(c.ID, c.spend), rfm.Place(rfm.Default(), c.scores)
	return c, true, nil
}
