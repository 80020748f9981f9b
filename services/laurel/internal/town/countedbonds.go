package town

import (
	"cmp"
	"slices"
)

// bonds is what reports should say of why members stay.
func (t Town) bonds(p Params, buyers []patron) []Counted {
	return []Counted{matrix(p, buyers), involved(p, buyers), t.statements(p, buyers), t.indicators(p, buyers), priorities(p, buyers), switching(p, buyers)}
}

// matrix is revenue beside orders, each cut where the better half begins.
func matrix(p Params, buyers []patron) Counted {
	c, n := Counted{Report: "matrix"}, map[string]int64{}
	var revenue, orders []int64
	for _, a := range buyers {
		revenue, orders = append(revenue, a.spent(p.Start, p.End())), append(orders, int64(len(a.orders)))
	}
	cut := func(values []int64) int64 { return slices.Sorted(slices.Values(values))[len(values)/2] }
	level := map[bool]string{true: "high", false: "low"}
	richest, much, often := int64(0), cut(revenue), cut(orders)
	for i := range buyers {
		x, y := revenue[i] >= much, orders[i] >= often
		n[level[x]+" revenue, "+level[y]+" orders"]++
		if x && y {
			richest += revenue[i]
		}
	}
	c.add("cut of revenue, minor units", much)
	c.add("cut of orders", often)
	for _, name := range []string{"high revenue, high orders", "high revenue, low orders", "low revenue, high orders", "low revenue, low orders"} {
		c.add(name, n[name])
	}
	c.add("of high and high, minor units", richest)
	return c
}

// kinds of taking part by the types of own events, as the report has them: how many of each count at most, for a quarter of the index.
var parts = []struct { //nolint:gochecknoglobals // a table
	name  string
	types []string
	most  int64
}{
	{"participation", []string{"idea", "kano", "panel", "review", "survey"}, 4}, {"referrals", []string{"referral"}, 2},
	{"responses", []string{"app", "message"}, 4}, {"events", []string{"event"}, 4},
}

// involved is how far the buyers of twelve months took part, and who of them bought in the 180 days behind these.
func involved(p Params, buyers []patron) Counted {
	c, n := Counted{Report: "involvement"}, map[string]int64{}
	until := p.End().AddDays(-silentDays)
	from := until.AddMonths(-yearMonths)
	for _, a := range buyers {
		if len(a.between(from, until)) == 0 {
			continue
		}
		sixteenths, kept := int64(0), a.last() >= until
		count := func(name string) {
			n[name]++
			if kept {
				n[name+", kept"]++
			}
		}
		for _, part := range parts {
			did := int64(0)
			for _, d := range a.deeds {
				if d.Day >= from && d.Day < until && slices.Contains(part.types, d.Type) {
					did++
				}
			}
			if did > 0 {
				count("in " + part.name)
			}
			n["acts of "+part.name] += did
			sixteenths += min(did, part.most) * 4 / part.most //nolint:mnd // of 16, a quarter each
		}
		count("customers")
		switch { // 50 and 20 of a hundred
		case 100*sixteenths >= 50*16: //nolint:mnd // see above
			count("high")
		case sixteenths*100/16 >= 20: //nolint:mnd // see above, rounded down
			count("middle")
		case sixteenths > 0:
			count("low")
		default:
			count("none")
		}
	}
	for _, name := range []string{"customers", "none", "low", "middle", "high", "in participation", "in events"} {
		c.add(name, n[name])
		c.add(name+", kept", n[name+", kept"])
	}
	c.add("acts of participation", n["acts of participation"])
	c.add("acts of events", n["acts of events"])
	if p.Start.AddDays(joinDays) <= from && n["customers"] > 0 { // all have had the same time to come to feasts
		c.rate("kept of who came to events", float64(n["customers, kept"])/float64(n["customers"]))
	}
	return c
}

const (
	loafPoints    = 250
	hamperPoints  = 2000
	nearlyPercent = 80
)

var rewards = map[string]any{"rewards": []any{ //nolint:gochecknoglobals // a table
	map[string]any{"name": "loaf", "points": loafPoints}, map[string]any{"name": "hamper", "points": hamperPoints},
}}

// switching is the points that buyers would leave behind, and who has come to the first reward. A point is worth a minor unit, and none
// lapses. They took effect on the day on which the house read the orders, so that it is asked as of now.
func switching(p Params, buyers []patron) Counted {
	c := Counted{Report: "switching", With: rewards, Now: true}
	var holders, all, loaf, nearly, hamper, nearlyHamper int64
	var held, spends, notYet []int64
	for _, a := range buyers {
		has := points(p, a.orders)
		if all += has; has > 0 {
			holders, held = holders+1, append(held, has)
		}
		for _, of := range []struct {
			price          int64
			enough, nearly *int64
		}{{loafPoints, &loaf, &nearly}, {hamperPoints, &hamper, &nearlyHamper}} {
			if has >= of.price {
				*of.enough++
			} else if 100*has >= nearlyPercent*of.price {
				*of.nearly++
			}
		}
		if has >= loafPoints {
			spends = append(spends, a.spent(p.Start, p.End()))
		} else {
			notYet = append(notYet, a.spent(p.Start, p.End()))
		}
	}
	c.add("customers", int64(len(buyers)))
	c.add("with points", holders)
	c.add("points", all)
	c.add("worth, minor units", all)
	c.add("median of points, halves", halves(held))
	c.add("enough for a loaf", loaf)
	c.add("nearly enough for a loaf", nearly)
	c.add("enough for a hamper", hamper)
	c.add("nearly enough for a hamper", nearlyHamper)
	c.add("came to the first reward", int64(len(spends)))
	c.add("median spent of these, halves", halves(spends))
	c.add("not yet", int64(len(notYet)))
	c.add("median spent of those, halves", halves(notYet))
	return c
}

// halves is twice the median: the two in the middle together.
func halves(values []int64) int64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[(len(values)-1)/2] + values[len(values)/2]
}

var terms = map[string]any{ //nolint:gochecknoglobals // a table
	"keep": map[string]any{"cost_minor": 200}, "develop": map[string]any{"cost_minor": 100}, "win_back": map[string]any{"cost_minor": 500},
}

// priorities is whom to keep, to develop and to win back, and the margin that a year of them brings: that which ends with the last
// purchase. Who is developed could bring as much as the mean of all.
func priorities(p Params, buyers []patron) Counted {
	c, n, gain := Counted{Report: "priorities", With: terms}, map[string]int64{}, map[string]int64{}
	margins, all := make([]int64, len(buyers)), int64(0)
	for i, a := range buyers {
		end := a.last() + 1
		margins[i] = a.spent(end.AddMonths(-yearMonths), end) * marginPercent / 100 //nolint:mnd // per cent
		all += margins[i]
	}
	for i, a := range buyers {
		switch a.stage(p.End()) {
		case "at risk":
			n["keep"]++
			gain["keep"] += margins[i]
		case "lapsed", "lost":
			n["win back"]++
			gain["win back"] += margins[i]
		default:
			n["develop"]++
			gain["develop"] += max(0, all/int64(len(buyers))-margins[i])
		}
		if a.first() >= p.End().AddMonths(-yearMonths) {
			n["acquire"]++
		}
	}
	for _, of := range []struct {
		name string
		cost int64
	}{{"keep", 200}, {"develop", 100}, {"win back", 500}} {
		c.add(of.name, n[of.name])
		c.add(of.name+" costs, minor units", of.cost*n[of.name])
		c.add(of.name+" gains, minor units", gain[of.name])
	}
	c.add("acquire", n["acquire"])
	c.add("win back returns, thousandths", nearest(1000*(gain["win back"]/10), cmp.Or(500*n["win back"], 1))) //nolint:mnd // a tenth
	return c
}

// nearest is a fraction rounded half up.
func nearest(num, den int64) int64 { return (2*num + den) / (2 * den) }
