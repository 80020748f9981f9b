// Package profit tells what each customer brings and costs: revenue − cost of goods − cost to serve − cost of points. It is
// fed customer by customer and keeps a line of each. What of the costs is not known is left out and said to be.
package profit

import (
	"cmp"
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

const (
	// Steps is how many equal steps the whale curve has.
	Steps = 100
	// listed is how many of the best and of the worst are named.
	listed = 20
)

// Line is what one customer brings and costs, in minor units.
type Line struct {
	ID string
	// Revenue is all that was paid; Uncosted the part whose cost nobody tells, which is in no profit; Told the part whose cost
	// the order itself tells.
	Revenue, Uncosted, Told        money.Minor
	Goods, Orders, Actions, Points money.Minor
	Profit                         money.Minor
}

// Serving is what it costs to serve the customer.
func (l Line) Serving() money.Minor { return l.Orders + l.Actions } // the sum is checked in Of

// Of sums a customer up. The costs of goods by margin are rounded down once per margin, and so is the cost of points. The
// error is a reason.AmountOutOfRange.
func Of(c history.Customer, e *program.Economics) (Line, error) {
	l := Line{ID: c.ID}
	byMargin := map[money.Ratio]money.Minor{}
	points := money.Points(0)
	var err error
	for _, o := range c.Orders {
		if l.Revenue, err = history.Add(l.Revenue, o.Base); err != nil {
			return l, err
		}
		for _, part := range lines(o) {
			margin := e.MarginOf(part.Category)
			switch { // the parts of an order add up to no more than the order
			case part.HasCost:
				l.Told += part.Base
				l.Goods, err = history.Add(l.Goods, part.Cost)
			case margin != nil:
				byMargin[*margin] += part.Base
			default:
				l.Uncosted += part.Base
			}
			if err != nil {
				return l, err
			}
		}
		if o.Detail != nil {
			points += o.Detail.Points
		}
	}
	if l.Orders, err = history.Times(int64(len(c.Orders)), e.Order); err != nil {
		return l, err
	}
	for _, d := range c.Deeds {
		points += d.Points
		if l.Actions, err = history.Add(l.Actions, e.Actions[d.Type]); err != nil {
			return l, err
		}
	}
	for margin, base := range byMargin {
		kept, err := margin.Floor(int64(base))
		if err != nil {
			return l, err
		}
		if l.Goods, err = history.Add(l.Goods, base-money.Minor(kept)); err != nil {
			return l, err
		}
	}
	cost, err := e.Point.Floor(int64(max(points, 0)))
	if err != nil {
		return l, err
	}
	l.Points = money.Minor(cost)
	l.Profit, err = l.profit()
	return l, err
}

// lines are the lines of an order; one of no category where none were told.
func lines(o history.Order) []history.Line {
	if o.Detail == nil || len(o.Detail.Lines) == 0 {
		return []history.Line{{Base: o.Base}}
	}
	return o.Detail.Lines
}

func (l Line) profit() (money.Minor, error) {
	costs := l.Goods
	for _, more := range []money.Minor{l.Orders, l.Actions, l.Points} {
		var err error
		if costs, err = history.Add(costs, more); err != nil {
			return 0, err
		}
	}
	return history.Sum(l.Revenue-l.Uncosted, -costs)
}

// Point is the most profitable customers up to here, and what they bring together.
type Point struct {
	Customers int64
	Profit    money.Minor
}

// Report is all customers with an order or a deed in the period.
type Report struct {
	Customers   int64
	All         Line // without an id
	Losing      Point
	Peak        Point
	Whale       []Point // empty without customers
	Best, Worst []Line  // the best first, the worst first; of equals the lower id first
}

// Builder makes a Report. Not safe for many goroutines.
type Builder struct {
	from, asOf calendar.Day
	economics  *program.Economics
	list       []Line
}

// New makes a builder for what lies between two days; from may be calendar.None.
func New(from, asOf calendar.Day, e *program.Economics) *Builder {
	return &Builder{from: from, asOf: asOf, economics: e}
}

// Add takes a customer. The error is a reason.AmountOutOfRange.
func (b *Builder) Add(c history.Customer) error {
	c = c.Before(b.asOf).From(b.from)
	if len(c.Orders) == 0 && len(c.Deeds) == 0 {
		return nil
	}
	l, err := Of(c, b.economics)
	b.list = append(b.list, l)
	return err
}

// Report ends the collection. The error is a reason.AmountOutOfRange.
func (b *Builder) Report() (Report, error) {
	slices.SortFunc(b.list, func(x, y Line) int { return cmp.Or(cmp.Compare(y.Profit, x.Profit), cmp.Compare(x.ID, y.ID)) })
	n := len(b.list)
	r := Report{Customers: int64(n), Best: slices.Clone(b.list[:min(n, listed)])}
	for i := n - 1; i >= max(0, n-listed); i-- {
		r.Worst = append(r.Worst, b.list[i])
	}
	if n > 0 {
		r.Whale = append(r.Whale, Point{})
	}
	step := 1
	for i, l := range b.list {
		if err := r.add(l); err != nil {
			return Report{}, err
		}
		if r.All.Profit > r.Peak.Profit {
			r.Peak = Point{int64(i + 1), r.All.Profit}
		}
		for ; step <= Steps && n*step/Steps <= i+1; step++ {
			r.Whale = append(r.Whale, r.at(n*step/Steps, i+1, l))
		}
	}
	return r, nil
}

// at is the curve after so many of the i customers who are summed up; it lies one customer back at most.
func (r *Report) at(customers, i int, l Line) Point {
	if customers < i {
		return Point{int64(customers), r.All.Profit - l.Profit}
	}
	return Point{int64(customers), r.All.Profit}
}

func (r *Report) add(l Line) error {
	for _, sum := range []struct {
		into *money.Minor
		of   money.Minor
	}{
		{&r.All.Revenue, l.Revenue}, {&r.All.Uncosted, l.Uncosted}, {&r.All.Told, l.Told}, {&r.All.Goods, l.Goods},
		{&r.All.Orders, l.Orders}, {&r.All.Actions, l.Actions}, {&r.All.Points, l.Points}, {&r.All.Profit, l.Profit},
	} {
		var err error
		if *sum.into, err = history.Sum(*sum.into, sum.of); err != nil {
			return err
		}
	}
	if l.Profit < 0 {
		r.Losing.Customers++
		r.Losing.Profit += l.Profit // not below the sums that fit
	}
	return nil
}
