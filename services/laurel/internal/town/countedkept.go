package town

import (
	"fmt"
	"math"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// bought is what reports should say that rest on orders alone, or on how many events there were.
func (t Town) bought(p Params, all, buyers []patron) []Counted {
	return []Counted{
		classes(p, buyers), t.did(), cohorts(p, buyers), dearest(p, buyers), stages(p, all), kept(p, buyers), t.survived(p, buyers),
	}
}

// did is how many events there were of each type.
func (t Town) did() Counted {
	c, n := Counted{Report: "actions"}, map[string]int64{}
	for _, a := range t.Actions {
		n[a.Type]++
	}
	for _, kind := range sorted(n) {
		c.add(kind, n[kind])
	}
	return c
}

// month is a month as reports write it.
func month(d calendar.Day) string { return day(d)[:len("2024-01")] }

// cohorts is who came in which month, who of them bought in which month after it, and how soon they bought again.
func cohorts(p Params, buyers []patron) Counted {
	c := Counted{Report: "cohorts"}
	came, back := map[string]int64{}, map[string]int64{} // by month, and by both months
	var soon [2]int64                                    // a second purchase day within 30 days, a third within 90, of those observed for so long
	for _, a := range buyers {
		days := a.days(p.End())
		came[month(days[0])]++
		seen := map[string]bool{}
		for _, d := range days {
			if !seen[month(d)] {
				back[month(days[0])+" in "+month(d)]++
			}
			seen[month(d)] = true
		}
		for i, within := range []int{30, 90} {
			if until := days[0].AddDays(within); until < p.End() && len(days) > i+1 && days[i+1] <= until {
				soon[i]++
			}
		}
	}
	cells := int64(0)
	for _, n := range back {
		cells += n
	}
	first := month(p.Start)
	c.add("came in "+first, came[first])
	for _, later := range []int{1, 12} {
		if at := p.Start.AddMonths(later); at < p.End() {
			c.add(fmt.Sprintf("of %s in %s", first, month(at)), back[first+" in "+month(at)])
		}
	}
	c.add("months with a purchase", cells)
	c.add("second within 30 days", soon[0])
	c.add("third within 90 days", soon[1])
	return c
}

// dearest is the card of who spent most, of equals the lower account.
func dearest(p Params, buyers []patron) Counted {
	best, most := buyers[0], int64(0)
	for _, a := range buyers {
		if sum := a.spent(p.Start, p.End()); sum > most {
			best, most = a, sum
		}
	}
	c := Counted{Report: "customer", With: map[string]any{"account": best.name}}
	favourite := map[string]int64{}
	for _, o := range best.orders {
		favourite[Shelf[o.Goods].Category] += int64(o.Amount)
	}
	top := int64(0)
	for _, sum := range favourite {
		top = max(top, sum)
	}
	c.add("days since the first order", int64(p.End()-best.first()))
	c.add("days since the last order", int64(p.End()-best.last()))
	c.add("orders", int64(len(best.orders)))
	c.add("purchase days", int64(len(best.days(p.End()))))
	c.add("revenue, minor units", most)
	c.add("on the favourite category", top)
	c.add("points earned", points(p, best.orders))
	c.add("own events", int64(len(best.deeds)))
	return c
}

const halfMonths = 6

// kept is the money of the last half year beside that of the half year before it.
func kept(p Params, buyers []patron) Counted {
	c := Counted{Report: "money-retention", With: map[string]any{"months": halfMonths}}
	middle := p.End().AddMonths(-halfMonths)
	begin := middle.AddMonths(-halfMonths)
	var before, after, smaller, stayed, fresh, freshMoney, best, bestStayed int64
	for _, a := range buyers {
		if len(a.between(begin, middle)) == 0 && len(a.between(middle, p.End())) > 0 {
			fresh, freshMoney = fresh+1, freshMoney+a.spent(middle, p.End())
		}
	}
	earlier := classed(buyers, begin, middle)
	for _, w := range earlier {
		now := w.spent(middle, p.End())
		before, after, smaller = before+w.revenue, after+now, smaller+min(w.revenue, now)
		if now > 0 {
			stayed++
		}
		if w.class == "A" {
			best++
			if now > 0 {
				bestStayed++
			}
		}
	}
	c.add("customers", int64(len(earlier)))
	c.add("kept", stayed)
	c.add("before, minor units", before)
	c.add("after, minor units", after)
	c.add("gross, millionths", millionths(smaller, before))
	c.add("of class A", best)
	c.add("of class A, kept", bestStayed)
	c.add("new, or back", fresh)
	c.add("of these, minor units", freshMoney)
	return c
}

// millionths of a whole, to the nearest; 0 of nothing.
func millionths(part, whole int64) int64 {
	if whole == 0 {
		return 0
	}
	return int64(math.Round(1e6 * float64(part) / float64(whole)))
}
