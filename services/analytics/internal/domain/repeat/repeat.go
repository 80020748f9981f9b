// Package repeat is what models of buying know of a customer: how often they came back, when last, and since when they
// are known. It reduces orders to that, and customers with the same figures to groups. What follows from them is the
// models' business.
package repeat

import (
	"cmp"
	"math"
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// DaysOfWeek is how many days a week has: the models count in weeks.
const DaysOfWeek = 7.0

// Count is how a customer bought up to a day, in whole days.
type Count struct {
	Repeats int // purchase days after the first
	Recency int // days from the first purchase day to the last; 0 without repeats
	Age     int // days from the first purchase day to the end; Recency <= Age
}

// Weeks returns recency and age in weeks.
func (c Count) Weeks() (recency, age float64) {
	return float64(c.Recency) / DaysOfWeek, float64(c.Age) / DaysOfWeek
}

// Customer is a customer as the models know them on a day.
type Customer struct {
	ID    string
	First calendar.Day
	Count Count
	// Spent is all that they have spent, Repeated what of it on repeat days.
	Spent, Repeated money.Minor
}

// Of reduces a customer to what is known when a day begins; not ok without orders before it. A reason.AmountOutOfRange:
// the orders do not add up.
func Of(c history.Customer, asOf calendar.Day) (Customer, bool, error) {
	c = c.Before(asOf)
	if len(c.Orders) == 0 {
		return Customer{}, false, nil
	}
	days := c.Days()
	known := Customer{ID: c.ID, First: days[0], Count: Count{
		Repeats: len(days) - 1, Recency: int(days[len(days)-1] - days[0]), Age: int(asOf - 1 - days[0]),
	}}
	for _, o := range c.Orders {
		var err error
		if known.Spent, err = history.Add(known.Spent, o.Base); err != nil {
			return Customer{}, false, reason.New(reason.AmountOutOfRange, "",
				"the orders of account %s add up to more than %d minor units; amend or cancel the one that is wrong", c.ID, int64(math.MaxInt64))
		}
		if o.Day != known.First {
			known.Repeated += o.Base // a part of what fits
		}
	}
	return known, true, nil
}

// Group is customers with the same figures.
type Group struct {
	Count
	Customers int64
}

// Groups counts customers by their figures. The zero value is not ready; make it with NewGroups.
type Groups struct{ by map[Count]int64 }

// NewGroups makes an empty count.
func NewGroups() Groups { return Groups{map[Count]int64{}} }

// Add takes a customer.
func (g Groups) Add(c Count) { g.by[c]++ }

// Sorted returns the groups in one fixed order, so that sums over them do not depend on who the customers are.
func (g Groups) Sorted() []Group {
	list := make([]Group, 0, len(g.by))
	for c, n := range g.by {
		list = append(list, Group{c, n})
	}
	slices.SortFunc(list, func(a, b Group) int {
		return cmp.Or(a.Repeats-b.Repeats, a.Recency-b.Recency, a.Age-b.Age)
	})
	return list
}

// fewGroups is how many groups are searched from every start.
const fewGroups = 20_000

// Some returns all groups, or where they are many each n-th of them in their order, so that all kinds of customers are
// among them: enough to find the neighbourhood of a maximum.
func Some(groups []Group) []Group {
	step := (len(groups) + fewGroups - 1) / fewGroups
	if step <= 1 {
		return groups
	}
	var some []Group
	for i := step / 2; i < len(groups); i += step {
		some = append(some, groups[i])
	}
	return some
}

// Sum is what all groups have together.
type Sum struct {
	Customers, Repeaters, Repeats int64
	MostRepeats                   int
	RecencyDays, AgeDays          int64
}

// MeanAge is how many days a customer has been known on average, at least 1.
func (s Sum) MeanAge() float64 { return max(float64(s.AgeDays)/float64(s.Customers), 1) }

// SumOf adds groups up.
func SumOf(groups []Group) Sum {
	var s Sum
	for _, g := range groups {
		s.Customers += g.Customers
		s.Repeats += g.Customers * int64(g.Repeats)
		s.MostRepeats = max(s.MostRepeats, g.Repeats)
		s.RecencyDays += g.Customers * int64(g.Recency)
		s.AgeDays += g.Customers * int64(g.Age)
		if g.Repeats > 0 {
			s.Repeaters += g.Customers
		}
	}
	return s
}
