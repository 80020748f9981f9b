package cluster

import (
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Check refuses a number of clusters that is none. The error is a reason.InvalidArgument at k.
func Check(k int) error {
	if k < Least || k > Most {
		return reason.New(reason.InvalidArgument, "k", "%d clusters; give %d to %d", k, Least, Most)
	}
	return nil
}

// Of are a customer's figures before a day; false: no order lies before it. The error is a reason.AmountOutOfRange.
func Of(c history.Customer, asOf calendar.Day) (Figures, bool, error) {
	c = c.Before(asOf)
	if len(c.Orders) == 0 {
		return Figures{}, false, nil
	}
	spend, err := c.Spend()
	return Figures{Recency: int64(asOf - c.Last()), Orders: int64(len(c.Orders)), Spend: int64(spend)}, true, err
}

// Line is one cluster: sums over its customers.
type Line struct {
	Customers, Orders, RecencyDays int64
	Spend                          money.Minor
}

// Choice is how well so many clusters would do.
type Choice struct {
	K     int
	Found Found
}

// Report is all customers with an order before the day.
type Report struct {
	Customers int64
	Lines     []Line
	Choices   []Choice // 1 to Most
}

// Builder makes a Report. Not safe for many goroutines.
type Builder struct {
	asOf calendar.Day
	list []Figures
}

// New begins with nobody, as of a day.
func New(asOf calendar.Day) *Builder { return &Builder{asOf: asOf} }

// Add takes a customer. The error is a reason.AmountOutOfRange.
func (b *Builder) Add(c history.Customer) error {
	f, some, err := Of(c, b.asOf)
	if some && err == nil {
		b.list = append(b.list, f)
	}
	return err
}

// Model groups those who were added.
func (b *Builder) Model(k int) Model { return Group(b.list, k).Model }

// Report groups those who were added into k clusters, and tells how well others would do. Watch is asked in between; its error ends it.
// Other errors are a reason.AmountOutOfRange.
func (b *Builder) Report(k int, watch func() error) (Report, error) {
	r := Report{Customers: int64(len(b.list))}
	for n := 1; n <= Most && len(b.list) > 0; n++ {
		if err := watch(); err != nil {
			return r, err
		}
		r.Choices = append(r.Choices, Choice{n, Group(b.list, n)})
	}
	if len(b.list) == 0 {
		return r, nil
	}
	model := r.Choices[k-1].Found.Model
	r.Lines = make([]Line, len(model.Centres))
	for _, f := range b.list {
		l := &r.Lines[model.Of(f)-1]
		var err error
		if l.Spend, err = history.Add(l.Spend, money.Minor(f.Spend)); err != nil {
			return r, err
		}
		l.Customers, l.Orders, l.RecencyDays = l.Customers+1, l.Orders+f.Orders, l.RecencyDays+f.Recency
	}
	return r, nil
}
