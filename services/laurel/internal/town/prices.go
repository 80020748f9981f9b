package town

import (
	"math"
	"math/rand/v2"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// Prices is what members say of prices, and what was bought around a day on which one changed. What is written down: fields are added,
// never renamed.
type Prices struct {
	// Rises is how many of all members bear a rise of so many per cents and leave at a higher one, counted from 0.
	Rises []int64 `json:"rises"`

	// Four is who answers the four questions of van Westendorp 1976 on the product; Contradicting got two of them the wrong way round.
	Product       string `json:"product"`
	Four          int64  `json:"four_answers"`
	Contradicting int64  `json:"four_contradicting"`
	// The prices at which two of the four curves cross, of the distribution that the answers are drawn from.
	Cheapest    float64 `json:"cheapest_minor"`    // too cheap and expensive
	Dearest     float64 `json:"dearest_minor"`     // cheap and too expensive
	Best        float64 `json:"best_minor"`        // too cheap and too expensive
	Indifferent float64 `json:"indifferent_minor"` // cheap and expensive

	// Cuts is how many of those who have gone would come back for a cut of so many per cents, counted from 0; CutAnswers is how many
	// say so, and CutCostMinor what that would cost on what these spent in the twelve months before.
	Cuts         []int64 `json:"cuts"`
	CutAnswers   int64   `json:"cut_answers"`
	CutCostMinor int64   `json:"cut_cost_minor"`

	Change Change `json:"change"`
}

// Change is a price that changed without moving anybody, and what was bought around the day.
type Change struct {
	Category string `json:"category"`
	Day      string `json:"day"`
	Percent  int32  `json:"percent"`
	Days     int    `json:"window_days"`
	// Before bought of the category in the window before the day, Stayed of these in the one after it.
	Before      int64 `json:"before"`
	Stayed      int64 `json:"stayed"`
	BeforeMinor int64 `json:"before_minor"`
	AfterMinor  int64 `json:"after_minor"`
}

const (
	fourPart    = 0.3 // of the members are asked the four questions
	fourSlips   = 0.04
	fourProduct = "loaf"
	// What a loaf is worth to a member is log-normal over members. Below half of it they distrust the loaf, and so on.
	worthMedian                          = 320.0
	worthAcross                          = 0.25
	tooCheapAt, cheapAt, dearAt, tooDear = 0.5, 0.8, 1.3, 1.8

	cutStep, cutSteps = 5, 8 // 5 to 40 per cent
	cutPart           = 0.5  // of who has gone
	hundred           = 100

	changeCategory = "bakery"
	changePercent  = 5
	changeBack     = 200 // days before the end
	changeWindow   = 60
)

// price is what a member says of prices, and what they bought around the change.
func (t *Town) price(p Params, l life, at person, r *rand.Rand) {
	s := &t.Truth.Asked.Prices
	if s.Rises == nil {
		s.plant(p)
	}
	s.Rises[at.tolerance]++
	s.Change.count(p, l)
	asked, worth := r.Float64() < fourPart, worthMedian*math.Exp(worthAcross*r.NormFloat64())
	part := func(of float64) int64 { return int64(math.Round(of * worth)) }
	said := map[string]any{
		"product": fourProduct, "too_cheap_minor": part(tooCheapAt), "cheap_minor": part(cheapAt), "expensive_minor": part(dearAt), "too_expensive_minor": part(tooDear),
	}
	slip := r.Float64() < fourSlips
	if slip {
		said["cheap_minor"], said["expensive_minor"] = said["expensive_minor"], said["cheap_minor"]
	}
	switch {
	case !asked || !t.answer(p, l.account, "prices", l.someDay(p, r), said):
	case slip:
		s.Contradicting++
	default:
		s.Four++
	}
}

// plant writes down what no member can change. Of two curves one says "below a times my worth", the other "above b times my worth". With
// a log-normal worth as many say the one as the other at its median times the root of a times b.
func (s *Prices) plant(p Params) {
	cross := func(a, b float64) float64 { return worthMedian * math.Sqrt(a*b) }
	*s = Prices{
		Rises: make([]int64, risesMore), Product: fourProduct, Cuts: make([]int64, cutStep*cutSteps+1),
		Cheapest: cross(tooCheapAt, dearAt), Dearest: cross(cheapAt, tooDear), Best: cross(tooCheapAt, tooDear), Indifferent: cross(cheapAt, dearAt),
		Change: Change{Category: changeCategory, Day: day(p.End().AddDays(-changeBack)), Percent: changePercent, Days: changeWindow},
	}
}

// count adds a member to who bought around the change.
func (c *Change) count(p Params, l life) {
	on, before, after := p.End().AddDays(-changeBack), false, false
	for _, o := range l.orders {
		switch {
		case Shelf[o.Goods].Category != c.Category:
		case o.Day < on && o.Day >= on.AddDays(-c.Days):
			before = true
			c.BeforeMinor += int64(o.Amount)
		case o.Day >= on && o.Day < on.AddDays(c.Days):
			after = true
			c.AfterMinor += int64(o.Amount)
		}
	}
	if before {
		c.Before++
	}
	if before && after {
		c.Stayed++
	}
}

// farewell is for which cut one who has gone would come back, and whether they say so.
func (t *Town) farewell(p Params, l life, r *rand.Rand) {
	if !l.gone(p) {
		return
	}
	s, percent, told := &t.Truth.Asked.Prices, cutStep*(1+r.IntN(cutSteps)), r.Float64() < cutPart
	s.Cuts[percent]++
	said := l.last().AddDays(1 + r.IntN(tellDays))
	if !told || !t.answer(p, l.account, "farewell", said, map[string]any{"cut_to_return_percent": percent}) {
		return
	}
	s.CutAnswers++
	s.CutCostMinor += l.spent(said.AddMonths(-yearMonths), said) * int64(percent) / hundred
}

// gone tells whether a member has stopped, and been silent for so long that it shows.
func (l life) gone(p Params) bool { return !l.alive && int(p.End()-l.last()) > silentDays }

// last is the day of the last order.
func (l life) last() calendar.Day { return l.orders[len(l.orders)-1].Day }

// spent is what a member spent from a day to the one before another, minor units.
func (l life) spent(from, to calendar.Day) int64 {
	sum := int64(0)
	for _, o := range l.orders {
		if o.Day >= from && o.Day < to {
			sum += int64(o.Amount)
		}
	}
	return sum
}
