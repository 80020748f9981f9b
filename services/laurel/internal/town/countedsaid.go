package town

import (
	"fmt"
	"math"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// said is what somebody said last of a field from a day on and before another; false: nothing.
func (a patron) said(field string, from, before calendar.Day) (int64, bool) {
	value, told := int64(0), false
	for _, d := range a.deeds {
		if v, is := d.Data[field]; is && d.Day >= from && d.Day < before {
			value, told = whole(v), true
		}
	}
	return value, told
}

// whole is a number of an event.
func whole(v any) int64 {
	switch n := v.(type) {
	case int:
		return int64(n)
	case int64:
		return n
	}
	panic(fmt.Sprintf("%v is no whole number", v)) // the town itself wrote it
}

// did is how many events of a type somebody has from a day on.
func (a patron) did(kind string, from calendar.Day) int64 {
	n := int64(0)
	for _, d := range a.deeds {
		if d.Type == kind && d.Day >= from {
			n++
		}
	}
	return n
}

// count is of how many something was true.
type count struct{ fits, of int64 }

func (c *count) add(fits bool) { //nolint:revive // whether they fit is what is counted
	c.of++
	if fits {
		c.fits++
	}
}

func (c count) part() float64 { return float64(c.fits) / math.Max(1, float64(c.of)) }

// verdicts are the seven statements on satisfaction: of whom they speak, and of the others where there are some.
type verdicts struct{ this, that [8]count }

// of adds a customer of a satisfaction, who buys on and speaks well of the town, or not.
func (v *verdicts) of(satisfaction int64, loyal, speaks bool) { //nolint:revive // facts, not switches
	side := func(n int, first bool) *count {
		if first {
			return &v.this[n]
		}
		return &v.that[n]
	}
	glad := satisfaction >= satisfied
	if satisfaction <= badUpTo {
		v.this[1].add(!loyal)
	}
	if glad {
		v.this[2].add(loyal)
		side(5, satisfaction == scaleMost).add(loyal) //nolint:mnd // its number
	}
	if loyal {
		v.this[3].add(glad)
	}
	side(4, glad).add(loyal)  //nolint:mnd // its number
	side(6, glad).add(speaks) //nolint:mnd // its number
}

// statements are counted of those who have said how satisfied they are; the parts are those of all members. Satisfaction moves nobody in the
// town: between the satisfied and the others, and between those who fell and the others, there is no difference but chance.
func (t Town) statements(p Params, buyers []patron) Counted {
	c := Counted{Report: "statements"}
	var told, all verdicts
	for _, a := range buyers {
		silent := int(p.End()-a.last()) > silentDays
		loyal := len(a.days(p.End())) > 1 && !silent
		m, member := t.known[a.name]
		if member {
			all.of(int64(m.satisfaction), loyal, m.recommend >= promoter || m.refers)
		}
		last, answered := a.said("satisfaction", p.Start, p.End())
		if !answered {
			continue
		}
		recommend, _ := a.said("recommend", p.Start, p.End())
		told.of(last, loyal, recommend >= promoter || a.did("referral", p.Start) > 0)
		var scores []int64
		for _, d := range a.deeds {
			if v, is := d.Data["satisfaction"]; is {
				scores = append(scores, whole(v))
			}
		}
		if len(scores) > 1 && last < scores[0] {
			told.this[7].add(silent)
		} else if len(scores) > 1 {
			told.that[7].add(silent)
		}
	}
	for n := 1; n <= 7; n++ {
		c.add(fmt.Sprintf("%d: fit", n), told.this[n].fits)
		c.add(fmt.Sprintf("%d: of", n), told.this[n].of)
		if told.that[n].of > 0 {
			c.add(fmt.Sprintf("%d: of the others fit", n), told.that[n].fits)
		}
	}
	for n := 1; n <= 3; n++ {
		c.rate(fmt.Sprintf("%d, of all", n), all.this[n].part())
	}
	c.rate("4, difference", 0)
	c.rate("5, difference", 0)
	c.rate("6, difference", all.this[6].part()-all.that[6].part())
	c.rate("7, difference", 0)
	return c
}

// loyalest is the score of who is as loyal as can be told; quarters, minutes and per cents of it are whole.
const loyalest = 300

// asked are the indicators that rest on what members say, with what a member would say, and the loyalty in it.
var asked = []struct { //nolint:gochecknoglobals // a table
	name, field string
	of          func(habits) int
	score       func(int64) int64
}{
	{"repurchase intent", "repurchase", func(h habits) int { return h.repurchase }, func(v int64) int64 { return loyalest * (v - 1) / 4 }},
	{"time to choose", "choose_minutes", func(h habits) int { return h.minutes }, func(v int64) int64 { return loyalest * max(0, 60-v) / 60 }},
	{"price sensitivity", "price_sensitivity", func(h habits) int { return h.prices }, func(v int64) int64 { return loyalest * (5 - v) / 4 }},
	{"attitude to competitors", "competitors", func(h habits) int { return h.others }, func(v int64) int64 { return loyalest * (5 - v) / 4 }},
	{"sensitivity to quality", "quality_sensitivity", func(h habits) int { return h.quality }, func(v int64) int64 { return loyalest * (5 - v) / 4 }},
	{"share of wallet", "wallet_percent", nil, func(v int64) int64 { return loyalest * v / 100 }},
}

// indicators are nine, over the last twelve months: three of what was bought and done, six of what was said, which are counted, and beside
// the means of all members.
func (t Town) indicators(p Params, buyers []patron) Counted {
	c := Counted{Report: "loyalty-indicators"}
	begin := p.End().AddMonths(-yearMonths)
	earlier := begin.AddMonths(-yearMonths)
	n, sums := map[string]int64{}, map[string]int64{}
	tell := func(name string, score int64) {
		n[name]++
		sums[name] += score
	}
	for _, a := range buyers {
		now := len(a.days(p.End())) - len(a.days(begin)) // purchase days
		if now > 0 {
			if a.first() >= begin {
				now-- // the first one is no repeat
			}
			tell("repeat purchases", loyalest*min(4, int64(now))/4) //nolint:mnd // times a year
			tell("referrals", loyalest*min(1, a.did("referral", begin)))
		}
		if len(a.between(earlier, begin)) > 0 {
			tell("retention", map[bool]int64{true: loyalest}[a.last() >= begin])
		}
		for _, q := range asked {
			if v, told := a.said(q.field, begin, p.End()); told {
				tell(q.name, q.score(v))
			}
		}
	}
	index := 0.0
	for _, name := range sorted(n) {
		c.add(name+": known of", n[name])
		c.add(name+": score, thousandths", nearest(100_000*sums[name], loyalest*n[name])) //nolint:mnd // of a hundred
		index += 100_000 * float64(sums[name]) / float64(loyalest*n[name])                //nolint:mnd // of a hundred
	}
	c.add("index, thousandths", int64(math.Round(index/math.Max(1, float64(len(n))))))
	for _, q := range asked {
		var all Mean
		if all = t.Truth.Asked.Households.Wallet; q.of != nil {
			all = Mean{}
			for _, name := range sorted(t.known) {
				all.add(float64(q.score(int64(q.of(t.known[name].habits)))) / loyalest)
			}
		}
		if n[q.name] > 0 {
			c.Rates = append(c.Rates, Rate{Name: q.name + ", of all", Planted: all.Of, Deviation: all.Deviation})
		}
	}
	return c
}
