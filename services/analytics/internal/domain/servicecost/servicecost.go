// Package servicecost sets what serving customers costs against the class of what they bring: who of a better class gets less
// than those of a worse one, and who gets more than their class has earned.
package servicecost

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/pareto"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/profit"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

// listed is how many customers each list names at most.
const listed = 1000

// Class is the customers of one class, and what serving them costs.
type Class struct {
	Name          string
	Customers     int64
	Revenue, Cost money.Minor
	// Below: a customer of this class gets less, in the mean, than one of a worse class.
	Below bool
}

// Mean is what serving one of the class costs in the mean; not set without customers.
func (c Class) Mean() history.Share { return history.ShareOf(int64(c.Cost), c.Customers) }

// Line is one customer who gets more, or less, than their class has earned.
type Line struct {
	ID, Class     string
	Revenue, Cost money.Minor
	// Off is how far the cost lies from the mean of the class that it is held against, rounded towards zero.
	Off money.Minor
}

// Report is all customers with an order in the period.
type Report struct {
	Customers     int64
	Revenue, Cost money.Minor
	Classes       []Class // A, B, C
	// Over are customers of B and C who get more than the mean of a better class, Under those of A and B who get less than the mean
	// of a worse one; held against the class that they are farthest off. Farthest off first, then by account.
	Over, Under           []Line
	OverCount, UnderCount int64
	OverSum               money.Minor // what the first cost beyond that
}

// Builder makes a Report. Not safe for many goroutines.
type Builder struct {
	from, asOf calendar.Day
	economics  *program.Economics
	classes    *pareto.Builder
	list       []Line
}

// New makes a builder for a period, which ends before asOf.
func New(from, asOf calendar.Day, e *program.Economics) *Builder {
	return &Builder{from: from, asOf: asOf, economics: e, classes: pareto.New(asOf, pareto.Defaults())}
}

// Add takes a customer. The error is a reason.AmountOutOfRange.
func (b *Builder) Add(c history.Customer) error {
	c = c.Before(b.asOf).From(b.from)
	if len(c.Orders) == 0 {
		return nil
	}
	l, err := profit.Of(c, b.economics)
	if err != nil {
		return err
	}
	cost, err := history.Add(l.Orders, l.Actions)
	if err != nil {
		return err
	}
	b.list = append(b.list, Line{ID: c.ID, Revenue: l.Revenue, Cost: cost})
	return b.classes.Add(c)
}

// Report ends the collection. The error is a reason.AmountOutOfRange.
func (b *Builder) Report() (Report, error) {
	r := Report{Customers: int64(len(b.list)), Classes: []Class{{Name: pareto.ClassA}, {Name: pareto.ClassB}, {Name: pareto.ClassC}}}
	cuts := b.classes.Report().Cuts
	for i := range b.list {
		l := &b.list[i]
		l.Class = cuts.Class(l.ID, l.Revenue)
		class := &r.Classes[place(l.Class)]
		class.Customers++
		for _, sum := range []struct {
			into *money.Minor
			of   money.Minor
		}{{&class.Revenue, l.Revenue}, {&class.Cost, l.Cost}, {&r.Revenue, l.Revenue}, {&r.Cost, l.Cost}} {
			var err error
			if *sum.into, err = history.Add(*sum.into, sum.of); err != nil {
				return Report{}, err
			}
		}
	}
	for better := range r.Classes {
		for _, worse := range r.Classes[better+1:] {
			r.Classes[better].Below = r.Classes[better].Below || less(r.Classes[better], worse)
		}
	}
	return r, b.hold(&r)
}

func place(class string) int { return int(class[0] - pareto.ClassA[0]) }

// less tells whether the mean cost of one class is below that of another; false where one has nobody.
func less(a, b Class) bool {
	return a.Customers > 0 && b.Customers > 0 && off(a.Cost, a.Customers, b).Sign() < 0
}

// off is cost × n(class) − n × cost(class): the sign of the difference between a mean and that of a class.
func off(cost money.Minor, n int64, class Class) *big.Int {
	left := new(big.Int).Mul(big.NewInt(int64(cost)), big.NewInt(class.Customers))
	return left.Sub(left, new(big.Int).Mul(big.NewInt(n), big.NewInt(int64(class.Cost))))
}

// hold holds each customer against the better classes, and against the worse ones.
func (b *Builder) hold(r *Report) error {
	for _, l := range b.list {
		at := place(l.Class)
		var err error
		if least := extreme(r.Classes[:at], false); least.Customers > 0 && off(l.Cost, 1, least).Sign() > 0 {
			r.OverCount++
			over := l.against(least)
			if r.OverSum, err = history.Add(r.OverSum, over.Off); err != nil {
				return err
			}
			r.Over = append(r.Over, over)
		}
		if most := extreme(r.Classes[at+1:], true); most.Customers > 0 && off(l.Cost, 1, most).Sign() < 0 {
			r.UnderCount++
			r.Under = append(r.Under, l.against(most))
		}
	}
	r.Over, r.Under = farthest(r.Over), farthest(r.Under)
	return nil
}

// extreme is the class of the least mean cost, or of the greatest; without customers: there is none.
func extreme(classes []Class, greatest bool) Class { //nolint:revive // which end, not a mode
	var found Class
	for _, c := range classes {
		if c.Customers > 0 && (found.Customers == 0 || !greatest && less(c, found) || greatest && less(found, c)) {
			found = c
		}
	}
	return found
}

func (l Line) against(class Class) Line {
	by := off(l.Cost, 1, class)
	l.Off = money.Minor(by.Quo(by, big.NewInt(class.Customers)).Int64()) // between two costs
	return l
}

func farthest(list []Line) []Line {
	slices.SortFunc(list, func(x, y Line) int {
		return cmp.Or(cmp.Compare(max(y.Off, -y.Off), max(x.Off, -x.Off)), cmp.Compare(x.ID, y.ID))
	})
	return list[:min(len(list), listed)]
}
