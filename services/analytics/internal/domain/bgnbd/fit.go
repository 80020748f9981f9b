package bgnbd

import (
	"math"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/likelihood"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/repeat"
)

// names of the parameters, in the order of their logarithms.
func names() []string { return []string{"r", "alpha", "a", "b"} }

// Sample is what a model is held against, with time in units of the mean age, so that the search is the same for a shop
// of a week and one of ten years.
type Sample struct {
	kind  Kind
	rows  []row
	above []float64 // above[j]: customers with more than j repeats
	stays []float64 // stays[j]: customers who had more than j chances to leave and did not take them before the last
	unit  float64   // weeks
	shift float64   // of the log-likelihood: repeats · ln(unit)
}

type row struct{ n, repeats, chances, recency, age float64 }

// NewSample prepares groups, which are at least one.
func NewSample(kind Kind, groups []repeat.Group) *Sample {
	return sampleOf(kind, groups, repeat.SumOf(groups).MeanAge()/repeat.DaysOfWeek)
}

// sampleOf prepares groups with a unit of time of so many weeks.
func sampleOf(kind Kind, groups []repeat.Group, unit float64) *Sample {
	total := repeat.SumOf(groups)
	s := &Sample{
		kind: kind, rows: make([]row, len(groups)), above: make([]float64, total.MostRepeats),
		stays: make([]float64, kind.chances(total.MostRepeats)), unit: unit,
	}
	s.shift = float64(total.Repeats) * math.Log(s.unit)
	for i, g := range groups {
		recency, age := g.Weeks()
		chances, n := kind.chances(g.Repeats), float64(g.Customers)
		s.rows[i] = row{n, float64(g.Repeats), float64(chances), recency / s.unit, age / s.unit}
		if g.Repeats > 0 {
			s.above[g.Repeats-1] += n
		}
		if chances > 0 {
			s.stays[chances-1] += n
		}
	}
	accumulate(s.above)
	accumulate(s.stays)
	return s
}

// accumulate turns counts of "exactly j+1" into counts of "more than j".
func accumulate(list []float64) {
	for j := len(list) - 2; j >= 0; j-- {
		list[j] += list[j+1]
	}
}

// LogLikelihood is that of parameters, natural and whole: no constant is left out.
func (s *Sample) LogLikelihood(m Model) float64 {
	return s.At([]float64{math.Log(m.R), math.Log(m.Alpha / s.unit), math.Log(m.A), math.Log(m.B)}, make([]float64, 4))
}

// At is the log-likelihood in the sample's unit of time. It is that of the paper's equation 6, rearranged so that no two
// large numbers are taken from each other: for a customer with x repeats the last of which was at t of T,
// Σ(j<x) ln(r+j) + Σ(j<x) ln(1 − a/(a+b+j)) − r·ln(1+T/α) − x·ln(α+T) + ln(1 + odds of having left).
func (s *Sample) At(logs, gradient []float64) float64 {
	r, alpha, a, b := math.Exp(logs[0]), math.Exp(logs[1]), math.Exp(logs[2]), math.Exp(logs[3])
	var sum, dr, dalpha, da, db float64
	for j, n := range s.above {
		sum += n * math.Log(r+float64(j))
		dr += n / (r + float64(j))
	}
	for j, n := range s.stays {
		all := a + b + float64(j)
		sum += n * logPart(b+float64(j), a)
		da -= n / all
		db += n * (a / all) / (b + float64(j))
	}
	for _, c := range s.rows {
		value, slope := -r*math.Log1p(c.age/alpha)-c.repeats*math.Log(alpha+c.age), [3]float64{}
		slope[0] = -math.Log1p(c.age / alpha)
		slope[1] = (r*c.age/alpha - c.repeats) / (alpha + c.age)
		if c.chances > 0 {
			silent := math.Log1p((c.age - c.recency) / (alpha + c.recency))
			odds := logs[2] - math.Log(b+(c.chances-1)) + (r+c.repeats)*silent
			gone := likelihood.Sigmoid(odds)
			value += likelihood.Softplus(odds)
			slope[0] += gone * silent
			slope[1] -= gone * (r + c.repeats) * (c.age - c.recency) / ((alpha + c.recency) * (alpha + c.age))
			da += c.n * gone / a
			db -= c.n * gone / (b + (c.chances - 1))
		}
		sum += c.n * value
		dr += c.n * slope[0]
		dalpha += c.n * slope[1]
	}
	gradient[0], gradient[1], gradient[2], gradient[3] = dr*r, dalpha*alpha, da*a, db*b
	return sum - s.shift
}

// logPart is ln(x/(x+y)), exact where either is small beside the other.
func logPart(x, y float64) float64 {
	if y < x {
		return math.Log1p(-y / (x + y))
	}
	return math.Log(x / (x + y))
}

// Options of a fit.
type Options struct {
	// Prior is what is believed beforehand of ln r, ln(α / mean age), ln a and ln b; nothing: maximum likelihood.
	Prior []likelihood.Normal
	Watch func() error
}

// Weak is a prior that a few hundred customers overrule: half of what is bought by one who is alive within the mean age,
// one in four leaving after a purchase, each within a factor of some twenty.
func Weak() []likelihood.Normal {
	const wide = 1.5
	return []likelihood.Normal{{Mean: math.Log(0.5), Deviation: wide}, {Deviation: wide}, {Deviation: wide}, {Mean: math.Log(3), Deviation: wide}}
}

// Fit finds the model under which the groups are most likely. The parameters of the estimate are r, α (weeks), a, b. The
// error is Watch's alone.
func Fit(kind Kind, groups []repeat.Group, o Options) (Model, likelihood.Estimate, error) {
	s := NewSample(kind, groups)
	var starts [][]float64
	for _, start := range [][4]float64{{0.3, 0.3, 0.8, 2.5}, {1, 1, 1, 1}, {3, 3, 0.1, 1}, {0.1, 0.05, 5, 50}} {
		starts = append(starts, []float64{math.Log(start[0]), math.Log(start[1]), math.Log(start[2]), math.Log(start[3])})
	}
	problem := likelihood.Problem{Names: names(), Starts: starts, Prior: o.Prior, At: s.At, Watch: o.Watch}
	if some := repeat.Some(groups); len(some) < len(groups) {
		problem.Scout = sampleOf(kind, some, s.unit).At
	}
	e, err := likelihood.Maximise(problem)
	if err != nil {
		return Model{}, e, err
	}
	e.Logs[1] += math.Log(s.unit)
	if e.Errors != nil {
		e.Errors[1] *= s.unit
	}
	p := e.Parameters()
	return Model{kind, p[0], p[1], p[2], p[3]}, e, nil
}
