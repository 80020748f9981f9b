// Package cohort groups customers by the month of their first order, and tells how many of each group came back in which
// month, and how many newcomers bought a second and a third time within their first days. It is fed customer by customer
// and keeps counts only.
package cohort

import (
	"maps"
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Report is the cohorts of all customers with an order before a day.
type Report struct {
	Cohorts []Cohort // rising by month; months in which nobody came are left out
	// Older are the customers of cohorts before the first one shown: Params.Months bounds the triangle.
	Older int64
	All   Newcomers
	// Orders2 and Days2 are the customers with at least two orders, and with at least two purchase days.
	Orders2, Days2 int64
}

// Cohort is the customers whose first order fell into a month.
type Cohort struct {
	Month calendar.Day // its first day
	// Active has, for the k-th month after, how many of the cohort had an order in it: Active[0] is all of them. It ends
	// with the month of the last day observed, which may not be over.
	Active []int64
	Newcomers
}

// Newcomers is how soon customers came back, by purchase days.
type Newcomers struct {
	Customers int64
	Second    int64 // ever had a second purchase day
	Third     int64 // and a third
	Windows   []Window
}

// Ever is the share who ever came back.
func (n Newcomers) Ever() history.Share { return history.ShareOf(n.Second, n.Customers) }

// Window is how many came back within some days of their first purchase.
type Window struct {
	Days int
	// Customers are those who have been observed for that long: who came yesterday says nothing of a year.
	Customers     int64
	Second, Third int64
}

// Share is the part that came back within the window.
func (w Window) Share() history.Share { return history.ShareOf(w.Second, w.Customers) }

// Regular tells whether most newcomers become regulars within the window: the mark is reached.
func (w Window) Regular(mark money.Ratio) bool { return w.Share().AtLeast(mark) }

// Builder makes a Report. Not safe for many goroutines.
type Builder struct {
	asOf    calendar.Day
	params  Params
	cohorts map[calendar.Day]*Cohort
	report  Report
}

// New makes a builder for the orders before a day. The parameters have been checked.
func New(asOf calendar.Day, params Params) *Builder {
	return &Builder{
		asOf: asOf, params: params, cohorts: map[calendar.Day]*Cohort{},
		report: Report{All: newcomers(params.Windows)},
	}
}

func newcomers(windows []int) Newcomers {
	n := Newcomers{Windows: make([]Window, len(windows))}
	for i, days := range windows {
		n.Windows[i].Days = days
	}
	return n
}

// Add takes a customer.
func (b *Builder) Add(c history.Customer) error {
	c = c.Before(b.asOf)
	if len(c.Orders) == 0 {
		return nil
	}
	days := c.Days()
	if len(c.Orders) >= 2 {
		b.report.Orders2++
	}
	if len(days) >= 2 {
		b.report.Days2++
	}
	last := b.asOf - 1
	b.report.All.add(days, last)
	month := days[0].FirstOfMonth()
	if monthsBetween(month, last) >= b.params.Months {
		b.report.Older++
		return nil
	}
	cohort := b.cohorts[month]
	if cohort == nil {
		cohort = &Cohort{Month: month, Active: make([]int64, monthsBetween(month, last)+1), Newcomers: newcomers(b.params.Windows)}
		b.cohorts[month] = cohort
	}
	cohort.add(days, last)
	seen := -1
	for _, d := range days {
		if k := monthsBetween(month, d); k != seen {
			cohort.Active[k]++
			seen = k
		}
	}
	return nil
}

// add counts a customer who was observed up to the last day.
func (n *Newcomers) add(days []calendar.Day, last calendar.Day) {
	n.Customers++
	if len(days) >= 2 {
		n.Second++
	}
	if len(days) >= 3 {
		n.Third++
	}
	for i := range n.Windows {
		w := &n.Windows[i]
		until := days[0].AddDays(w.Days)
		if until > last {
			continue
		}
		w.Customers++
		if len(days) >= 2 && days[1] <= until {
			w.Second++
		}
		if len(days) >= 3 && days[2] <= until {
			w.Third++
		}
	}
}

// Report ends the collection.
func (b *Builder) Report() Report {
	for _, month := range slices.Sorted(maps.Keys(b.cohorts)) {
		b.report.Cohorts = append(b.report.Cohorts, *b.cohorts[month])
	}
	return b.report
}

// monthsBetween counts the months from the first day of a month to that of a later day.
func monthsBetween(first, day calendar.Day) int {
	a, b := first.Start(utc), day.Start(utc)
	return (b.Year()-a.Year())*monthsPerYear + int(b.Month()) - int(a.Month())
}
