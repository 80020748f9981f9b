// Package moneykept tells how much of the money of a period comes again in the next one from the same customers: gross and
// net retention beside that of heads, by class of the earlier period and by the year of the first order.
package moneykept

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/pareto"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Months is how long both periods are, unless said otherwise; monthsMax bounds them.
const (
	Months    = 12
	monthsMax = 60
)

// Check refuses a number of months out of range. The error is a reason.InvalidArgument.
func Check(months int) error {
	if months < 1 || months > monthsMax {
		return reason.New(reason.InvalidArgument, "months", "%d months; give 1 to %d", months, monthsMax)
	}
	return nil
}

// Group is some customers of the earlier period.
type Group struct {
	Name            string
	Customers, Kept int64
	Before, After   money.Minor
	smaller         money.Minor // Σ min(before, after)
}

// Gross is Σ min(before, after) ÷ Σ before: what stayed, growth left out. Net is Σ after ÷ Σ before. Neither is there where
// nothing was spent before.
func (g Group) Gross() history.Share { return history.ShareOf(int64(g.smaller), int64(g.Before)) }

// Net is Σ after ÷ Σ before.
func (g Group) Net() history.Share { return history.ShareOf(int64(g.After), int64(g.Before)) }

func (g *Group) add(before, after money.Minor, bought bool) error { //nolint:revive // a fact, not a switch
	g.Customers++
	if bought {
		g.Kept++
	}
	var err error
	if g.Before, err = history.Add(g.Before, before); err != nil {
		return err
	}
	g.smaller += min(before, after) // no more than before
	g.After, err = history.Add(g.After, after)
	return err
}

// Report compares two periods of equal length.
type Report struct {
	BeforeFrom, AfterFrom calendar.Day
	All                   Group
	New                   int64
	NewMoney              money.Minor
	Classes, Cohorts      []Group // A, B, C; years rising
}

type customer struct {
	id            string
	before, after money.Minor
	bought        bool
	year          int
}

// Builder makes a Report. Not safe for many goroutines.
type Builder struct {
	report  Report
	asOf    calendar.Day
	classes *pareto.Builder
	list    []customer
}

// New makes a builder. The months have been checked.
func New(asOf calendar.Day, months int) *Builder {
	after := asOf.AddMonths(-months)
	before := after.AddMonths(-months)
	return &Builder{asOf: asOf, report: Report{BeforeFrom: before, AfterFrom: after}, classes: pareto.New(after, pareto.Defaults())}
}

// Add takes a customer. The error is a reason.AmountOutOfRange.
func (b *Builder) Add(c history.Customer) error {
	c = c.Before(b.asOf)
	later := c.From(b.report.AfterFrom)
	earlier := c.Before(b.report.AfterFrom).From(b.report.BeforeFrom)
	after, err := later.Spend()
	if err != nil {
		return err
	}
	if len(earlier.Orders) == 0 {
		if len(later.Orders) > 0 {
			b.report.New++
			b.report.NewMoney, err = history.Add(b.report.NewMoney, after)
		}
		return err
	}
	before, err := earlier.Spend()
	if err != nil {
		return err
	}
	if err := b.classes.Add(earlier); err != nil {
		return err
	}
	b.list = append(b.list, customer{c.ID, before, after, len(later.Orders) > 0, c.First().Start(time.UTC).Year()})
	return nil
}

// Report ends the collection. The error is a reason.AmountOutOfRange.
func (b *Builder) Report() (Report, error) {
	cuts := b.classes.Report().Cuts
	classes, years := map[string]*Group{"A": {Name: "A"}, "B": {Name: "B"}, "C": {Name: "C"}}, map[int]*Group{}
	for _, c := range b.list {
		if years[c.year] == nil {
			years[c.year] = &Group{Name: fmt.Sprintf("%04d", c.year)}
		}
		for _, g := range []*Group{&b.report.All, classes[cuts.Class(c.id, c.before)], years[c.year]} {
			if err := g.add(c.before, c.after, c.bought); err != nil {
				return Report{}, err
			}
		}
	}
	for _, name := range []string{"A", "B", "C"} {
		b.report.Classes = append(b.report.Classes, *classes[name])
	}
	for _, year := range slices.Sorted(maps.Keys(years)) {
		b.report.Cohorts = append(b.report.Cohorts, *years[year])
	}
	return b.report, nil
}
