// Package survival estimates how long it takes until something happens to a customer when not all have been observed
// to the end: S(t) by Kaplan and Meier, its standard error by Greenwood and its interval, of all or of groups, and whether
// groups differ, by the log-rank test. It knows two such things: the first repeat, and the loss after silent days. It is fed
// customer by customer and keeps counts by day only, but for classes, which are known once everybody is.
package survival

import (
	"maps"
	"math"
	"slices"
	"strconv"
)

// Observation is one customer: for how many days, and whether it happened then. If not, they are censored: it had not
// happened when the observation ended.
type Observation struct {
	Days     int
	Happened bool
}

// Curve is the estimate of how many it has not happened to.
type Curve struct {
	Customers, Events int64
	Days              int64  // Σ durations
	Longest           int    // of them: beyond it nothing is known
	Steps             []Step // where something happens, rising by day
	// Median is the first day on which S is a half or less; 0: it was not reached.
	Median int
}

// Step is the curve from a day on, until the next step.
type Step struct {
	Day    int
	AtRisk int64 // observed for at least so many days
	Events int64 // happened on this day
	// S is Π (1 − events/at risk) up to this day, this day included (Kaplan & Meier 1958, page 465).
	S Estimate
	// Error is S · √(Σ events / (at risk · (at risk − events))) (Greenwood 1926; Kaplan & Meier 1958, page 477). It is 0
	// where nobody is left: the sum has no last term there.
	Error Estimate
	// Low and High are the ends of the interval of 95 % (Kalbfleisch & Prentice 1980, page 15: by log(−log S), so that they
	// stay within 0 and 1); none where Bounded is not set, which is where nobody is left.
	Low, High Estimate
	Bounded   bool
}

// z is the quantile of the normal distribution of a two-sided interval of 95 %.
const z = 1.959963984540054

// bound sets the interval, the sum being Greenwood's. S lies between 0 and 1, both excluded.
func (s *Step) bound(sum float64) {
	spread := math.Exp(z * math.Sqrt(sum) / -math.Log(float64(s.S)))
	s.Low, s.High, s.Bounded = Estimate(math.Pow(float64(s.S), spread)), Estimate(math.Pow(float64(s.S), 1/spread)), true
}

// rounding is more than a product of as many fractions as there are days can be off by: a half is seen as a half.
const rounding = 1e-9

// Estimate is a statistic, not money: a float that is computed the same way on every machine, since nothing in it can
// be fused.
type Estimate float64

// String prints nine digits after the point.
func (e Estimate) String() string { return strconv.FormatFloat(float64(e), 'f', 9, 64) }

// At returns the curve at a day: before the first step nothing has happened.
func (c Curve) At(day int) Step {
	at := Step{S: 1}
	for _, s := range c.Steps {
		if s.Day > day {
			break
		}
		at = s
	}
	at.Day = day
	return at
}

// tally counts observations by duration.
type tally struct {
	events, censored map[int]int64
	curve            Curve
}

func newTally() tally { return tally{events: map[int]int64{}, censored: map[int]int64{}} }

func (t *tally) add(o Observation) {
	t.curve.Customers++
	t.curve.Days += int64(o.Days)
	t.curve.Longest = max(t.curve.Longest, o.Days)
	if !o.Happened {
		t.censored[o.Days]++
		return
	}
	t.curve.Events++
	t.events[o.Days]++
}

// merge adds what another one counted.
func (t *tally) merge(o tally) {
	t.curve.Customers += o.curve.Customers
	t.curve.Days += o.curve.Days
	t.curve.Events += o.curve.Events
	t.curve.Longest = max(t.curve.Longest, o.curve.Longest)
	for day, n := range o.events {
		t.events[day] += n
	}
	for day, n := range o.censored {
		t.censored[day] += n
	}
}

// leaving is how many observations end on a day, whether it happened or not.
func (t *tally) leaving() map[int]int64 {
	all := maps.Clone(t.events)
	for day, n := range t.censored {
		all[day] += n
	}
	return all
}

// estimate makes the curve. At equal times events come before censorings: whoever is censored on a day is at risk on it.
func (t *tally) estimate() Curve {
	c := t.curve
	leaving := t.leaving()
	risk, s, sum := c.Customers, 1.0, 0.0
	for _, day := range slices.Sorted(maps.Keys(leaving)) {
		if d := t.events[day]; d > 0 {
			s = s * float64(risk-d) / float64(risk)
			step := Step{Day: day, AtRisk: risk, Events: d, S: Estimate(s)}
			if risk > d {
				sum += float64(d) / (float64(risk) * float64(risk-d))
				step.Error = Estimate(s * math.Sqrt(sum))
				step.bound(sum)
			}
			c.Steps = append(c.Steps, step)
			if c.Median == 0 && s <= 0.5+rounding {
				c.Median = day
			}
		}
		risk -= leaving[day]
	}
	return c
}
