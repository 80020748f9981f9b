package town

import (
	"cmp"
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// worth is what one of the buyers of a period brought, and how they are classed by it.
type worth struct {
	patron
	revenue, profit, months int64
	class, even             string
}

// classed makes classes of the buyers of a period by what they paid in it: who stands before 80 of 100 of it is A, before 95 B. Who
// brings most stands first, of equals the lower account.
func classed(buyers []patron, from, before calendar.Day) []*worth {
	var list []*worth
	total := int64(0)
	for _, a := range buyers {
		if len(a.between(from, before)) > 0 {
			w := &worth{patron: a, revenue: a.spent(from, before)}
			list, total = append(list, w), total+w.revenue
		}
	}
	slices.SortFunc(list, func(x, y *worth) int { return cmp.Or(cmp.Compare(y.revenue, x.revenue), cmp.Compare(x.name, y.name)) })
	reached := int64(0)
	for _, w := range list {
		switch {
		case 100*reached < 80*total: //nolint:mnd // per cent
			w.class = "A"
		case 100*reached < 95*total: //nolint:mnd // per cent
			w.class = "B"
		default:
			w.class = "C"
		}
		reached += w.revenue
	}
	return list
}

// The town's members buy at random, so that hardly any are even: X and Y are taken wide. Of the criteria those count that it knows.
var abcXYZ = map[string]any{ //nolint:gochecknoglobals // a table
	"x_variation": "0.5", "y_variation": "1",
	"weights": map[string]any{"volume": "1", "potential": "0", "payment_speed": "0", "profitability": "1", "loyalty": "1"},
}

// classes is what report abc-xyz should say of the last twelve months.
func classes(p Params, buyers []patron) Counted {
	c := Counted{Report: "abc-xyz", With: abcXYZ}
	list := classed(buyers, p.End().AddMonths(-yearMonths), p.End())
	for _, w := range list {
		w.measure(p)
	}
	n := map[string]int64{}
	for i, class := range severally(list) {
		n[list[i].class]++
		n[list[i].even]++
		n[list[i].class+list[i].even]++
		n[class+" by several"]++
	}
	c.add("customers", int64(len(list)))
	for _, name := range []string{"A", "B", "C", "X", "Y", "Z"} {
		c.add("of class "+name, n[name])
	}
	c.add("of class A and X", n["AX"])
	c.add("of class A by several", n["A by several"])
	c.add("of class B by several", n["B by several"])
	return c
}

// measure is what else they are classed by: profit, months with a purchase, how even the months are.
func (w *worth) measure(p Params) {
	begin := p.End().AddMonths(-yearMonths)
	year := w.between(begin, p.End())
	w.profit = w.revenue*marginPercent/100 - orderCost*int64(len(year)) - visitCost*w.did("visit", begin) - points(p, year) //nolint:mnd // per cent
	seen := map[calendar.Day]bool{}
	for _, o := range w.orders {
		seen[o.Day.FirstOfMonth()] = true
	}
	w.months = int64(len(seen))
	// Months are counted back from the end, up to the one of the first purchase. With s the sum of n months and q that of their squares
	// the variance is q/n - (s/n)², its root divided by the mean s/n the variation: n·q - s² over s² is its square.
	var n, s, q int64
	for k := range yearMonths {
		from := p.End().AddMonths(-k - 1)
		x := w.spent(from, p.End().AddMonths(-k))
		n, s, q = n+1, s+x, q+x*x
		if w.first() >= from {
			break
		}
	}
	switch {
	case n < 3 || s == 0: //nolint:mnd // months that tell nothing
	case 4*(n*q-s*s) <= s*s: // a half at most
		w.even = "X"
	case n*q-s*s <= s*s:
		w.even = "Y"
	default:
		w.even = "Z"
	}
}

// severally is the class of each by the mean of three scores, each 5 less the fifths of all who are better: 4 makes A, 2.5 makes B.
func severally(list []*worth) []string {
	sums := make([]int, len(list))
	for _, of := range []func(*worth) int64{
		func(w *worth) int64 { return w.revenue }, func(w *worth) int64 { return w.profit }, func(w *worth) int64 { return w.months },
	} {
		var values []int64
		for _, w := range list {
			values = append(values, of(w))
		}
		slices.Sort(values)
		for i, w := range list {
			upTo, _ := slices.BinarySearch(values, of(w)+1)
			sums[i] += 5 - 5*(len(list)-upTo)/len(list) //nolint:mnd // fifths
		}
	}
	made := make([]string, len(list))
	for i, sum := range sums {
		switch {
		case sum >= 3*4: //nolint:mnd // see above
			made[i] = "A"
		case 2*sum >= 3*5: //nolint:mnd // see above
			made[i] = "B"
		default:
			made[i] = "C"
		}
	}
	return made
}
