package town

import (
	"math"
	"math/rand/v2"
)

const (
	visitCost   = 1200
	visitedPart = 0.2 // of the members, whatever they buy
	visitsMore  = 4   // 1 to 4 visits to each of them
)

// visit lets the town hall's baker call on some members.
func (t *Town) visit(p Params, l life, r *rand.Rand) {
	if r.Float64() >= visitedPart {
		return
	}
	for range 1 + r.IntN(visitsMore) {
		day := l.someDay(p, r)
		if t.answer(p, l.account, "visit", day, map[string]any{}) && day >= p.End().AddMonths(-yearMonths) {
			t.visits++
		}
	}
}

// serving is what the orders and visits of the last twelve months cost.
func (t *Town) serving() int64 { return orderCost*t.year.orders + visitCost*t.visits }

// served is what reports should say of what serving costs, and of what keeping more would bring.
func served(p Params, buyers []patron) []Counted {
	return []Counted{service(p, buyers), keeping(p, buyers)}
}

// service is what orders and visits of the last twelve months cost by class. Who costs more than the mean of a better class gets too much,
// who costs less than the mean of a worse one too little.
func service(p Params, buyers []patron) Counted {
	c := Counted{Report: "service-cost"}
	from := p.End().AddMonths(-yearMonths)
	list := classed(buyers, from, p.End())
	costs := make([]int64, len(list))
	sum, n, all, revenue := map[string]int64{}, map[string]int64{}, int64(0), int64(0)
	for i, w := range list {
		costs[i] = orderCost*int64(len(w.between(from, p.End()))) + visitCost*w.did("visit", from)
		sum[w.class] += costs[i]
		n[w.class]++
		all, revenue = all+costs[i], revenue+w.revenue
	}
	mean := func(class string) float64 { return float64(sum[class]) / float64(n[class]) }
	var over, beyond, under int64
	for i, w := range list {
		cost := float64(costs[i])
		least, most := math.Inf(1), 0.0 // of the better classes, of the worse ones
		for _, class := range []string{"A", "B", "C"} {
			if n[class] > 0 && class < w.class {
				least = min(least, mean(class))
			}
			if n[class] > 0 && class > w.class {
				most = max(most, mean(class))
			}
		}
		if cost > least {
			over, beyond = over+1, beyond+int64(math.Floor(cost-least))
		}
		if cost < most {
			under++
		}
	}
	c.add("customers", int64(len(list)))
	c.add("revenue, minor units", revenue)
	c.add("cost, minor units", all)
	for _, class := range []string{"A", "B", "C"} {
		c.add("cost of class "+class+", minor units", sum[class])
	}
	c.add("get too much", over)
	c.add("too much, minor units", beyond)
	c.add("get too little", under)
	return c
}

// keeping is who of a year bought in the next one, and by how much five points more of them would raise what a member is worth: at a
// discount of a tenth that is m·r/(1.1 - r), m being what a year brings.
func keeping(p Params, buyers []patron) Counted {
	c := Counted{Report: "churn-effect"}
	last := p.End().AddDays(-daysOfYear)
	var before, kept, active, spent int64
	for _, a := range buyers {
		then, now := len(a.between(last.AddDays(-daysOfYear), last)) > 0, len(a.between(last, p.End())) > 0
		if now {
			active, spent = active+1, spent+a.spent(last, p.End())
		}
		if then {
			before++
		}
		if then && now {
			kept++
		}
	}
	c.add("bought in the year before", before)
	c.add("of these, in the last year", kept)
	c.add("bought in the last year", active)
	c.add("spent in it, minor units", spent)
	if before > 0 && kept > 0 {
		r := float64(kept) / float64(before)
		worth := func(r float64) float64 { return r / (1.1 - r) }
		c.add("retention, millionths", millionths(kept, before))
		c.add("worth so many years, millionths", int64(math.Round(1e6*worth(r))))
		c.add("rise by five points, millionths", int64(math.Round(1e6*(worth(r+0.05)/worth(r)-1))))
	}
	return c
}
