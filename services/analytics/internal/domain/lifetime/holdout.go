package lifetime

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/repeat"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// Holdout is what the customers of a calibration did after it.
type Holdout struct {
	cut, end  calendar.Day // the days from cut on, before end
	customers int64
	later     map[later]int64
	starts    map[calendar.Day]int64 // customers by their first purchase day
	repeats   map[calendar.Day]int64 // repeat purchases by day, before and after the cut
}

// later is how a customer bought before, and on how many days after.
type later struct {
	repeat.Count
	bought int
}

func newHoldout(cut, end calendar.Day) *Holdout {
	return &Holdout{cut: cut, end: end, later: map[later]int64{}, starts: map[calendar.Day]int64{}, repeats: map[calendar.Day]int64{}}
}

// add takes a customer of the calibration with all purchase days before the end.
func (h *Holdout) add(before repeat.Customer, days []calendar.Day) {
	h.customers++
	h.later[later{before.Count, len(days) - 1 - before.Count.Repeats}]++
	h.starts[before.First]++
	for _, d := range days[1:] {
		h.repeats[d]++
	}
}

// Check is a forecast beside what came.
type Check struct {
	Cut, End  calendar.Day
	Customers int64
	Actual    int64   // purchases in the holdout
	Expected  float64 // of them
	// MeanError is the mean over customers of |expected − actual|, MeanAlive that of P(alive) at the cut.
	MeanError, MeanAlive float64
	ByRepeats            []RepeatLine
	Tracking             []TrackPoint
}

// RepeatLine is the customers with so many repeats before the cut; the last line has those with more, too.
type RepeatLine struct {
	Repeats   int
	AndMore   bool
	Customers int64
	Actual    int64
	Expected  float64
}

// TrackPoint is how many repeat purchases all customers had made by the end of a day, and how many were to be expected of
// as many new customers with their first days.
type TrackPoint struct {
	Day      calendar.Day // the last one that counts
	Actual   int64
	Expected float64
}

// repeatLines is how many lines ByRepeats has.
const repeatLines = 8

// Check holds a model of buying, fitted to what was known at the cut or before, against the holdout.
func (h *Holdout) Check(b Buying) Check {
	c := Check{Cut: h.cut, End: h.end, Customers: h.customers, Tracking: h.track(b)}
	weeks := float64(h.end-h.cut) / repeat.DaysOfWeek
	while := map[[2]int]float64{}
	lines := make([]RepeatLine, repeatLines)
	absolute, alive := 0.0, 0.0
	for _, k := range slices.SortedFunc(maps.Keys(h.later), compareLater) {
		n := h.later[k]
		key := [2]int{k.Repeats, k.Age}
		if _, ok := while[key]; !ok {
			while[key] = b.WhileAlive(k.Repeats, k.Age, weeks)
		}
		p := b.Alive(k.Count)
		expected := p * while[key]
		line := &lines[min(k.Repeats, repeatLines-1)]
		line.Customers += n
		line.Actual += n * int64(k.bought)
		line.Expected += float64(n) * expected
		absolute += float64(n) * math.Abs(expected-float64(k.bought))
		alive += float64(n) * p
	}
	for i := range lines {
		lines[i].Repeats, lines[i].AndMore = i, i == repeatLines-1
		c.Actual += lines[i].Actual
		c.Expected += lines[i].Expected
	}
	c.ByRepeats = lines
	c.MeanError, c.MeanAlive = absolute/float64(h.customers), alive/float64(h.customers)
	return c
}

func compareLater(a, b later) int {
	return cmp.Or(a.Repeats-b.Repeats, a.Recency-b.Recency, a.Age-b.Age, a.bought-b.bought)
}

// trackPoints is how many points a tracking has at most; weeks are left out of longer ones.
const trackPoints = 260

// track follows the customers of the calibration week by week from the first day of all to the end of the holdout.
func (h *Holdout) track(b Buying) []TrackPoint {
	starts := slices.Sorted(maps.Keys(h.starts))
	days := slices.Sorted(maps.Keys(h.repeats))
	step := calendar.Day(repeat.DaysOfWeek * math.Ceil(float64(h.end-starts[0])/repeat.DaysOfWeek/trackPoints))
	expected := map[calendar.Day]float64{}
	var points []TrackPoint
	actual, next := int64(0), 0
	for last := starts[0] + step - 1; last < h.end; last += step {
		for ; next < len(days) && days[next] <= last; next++ {
			actual += h.repeats[days[next]]
		}
		p := TrackPoint{Day: last, Actual: actual}
		for _, start := range starts {
			age := last - start
			if age <= 0 {
				break
			}
			if _, ok := expected[age]; !ok {
				expected[age] = b.New(float64(age) / repeat.DaysOfWeek)
			}
			p.Expected += float64(h.starts[start]) * expected[age]
		}
		points = append(points, p)
	}
	return points
}
