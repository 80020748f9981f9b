package paretonbd

import (
	"math"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/likelihood"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/repeat"
)

// Names of the parameters, in the order of their logarithms.
func Names() []string { return []string{"r", "alpha", "s", "beta"} }

// Sample is what a model is held against, with time in units of the mean age, so that the search is the same for a shop
// of a week and one of ten years.
type Sample struct {
	rows  []row
	above []float64 // above[j]: customers with more than j repeats
	unit  float64   // weeks
	shift float64   // of the log-likelihood: repeats · ln(unit)
}

// NewSample prepares groups, which are at least one.
func NewSample(groups []repeat.Group) *Sample {
	return sampleOf(groups, repeat.SumOf(groups).MeanAge()/repeat.DaysOfWeek)
}

// sampleOf prepares groups with a unit of time of so many weeks.
func sampleOf(groups []repeat.Group, unit float64) *Sample {
	total := repeat.SumOf(groups)
	s := &Sample{rows: make([]row, len(groups)), above: make([]float64, total.MostRepeats), unit: unit}
	s.shift = float64(total.Repeats) * math.Log(s.unit)
	for i, g := range groups {
		recency, age := g.Weeks()
		s.rows[i] = row{float64(g.Customers), float64(g.Repeats), recency / s.unit, age / s.unit}
		for j := range g.Repeats {
			s.above[j] += float64(g.Customers)
		}
	}
	return s
}

// LogLikelihood is that of parameters, natural and whole: no constant is left out.
func (s *Sample) LogLikelihood(m Model) float64 {
	return s.At([]float64{math.Log(m.R), math.Log(m.Alpha / s.unit), math.Log(m.S), math.Log(m.Beta / s.unit)}, make([]float64, 4))
}

// At is the log-likelihood in the sample's unit of time: for a customer with x repeats the last of which was at t of T,
// Σ(j<x) ln(r+j) − r·ln(1+T/α) − x·ln(α+T) − s·ln(1+T/β) + ln(1 + odds of having left).
func (s *Sample) At(logs, gradient []float64) float64 {
	m := Model{R: math.Exp(logs[0]), Alpha: math.Exp(logs[1]), S: math.Exp(logs[2]), Beta: math.Exp(logs[3])}
	var sum float64
	var d slopes
	for j, n := range s.above {
		sum += n * math.Log(m.R+float64(j))
		d.r += n / (m.R + float64(j))
	}
	for _, c := range s.rows {
		lnAlpha, lnBeta := math.Log1p(c.age/m.Alpha), math.Log1p(c.age/m.Beta)
		odds, by := m.odds(c)
		gone := likelihood.Sigmoid(odds)
		sum += c.n * (likelihood.Softplus(odds) - m.R*lnAlpha - c.repeats*math.Log(m.Alpha+c.age) - m.S*lnBeta)
		d.r += c.n * (gone*by.r - lnAlpha)
		d.alpha += c.n * (gone*by.alpha + (m.R*c.age/m.Alpha-c.repeats)/(m.Alpha+c.age))
		d.s += c.n * (gone*by.s - lnBeta)
		d.beta += c.n * (gone*by.beta + m.S*c.age/m.Beta/(m.Beta+c.age))
	}
	gradient[0], gradient[1], gradient[2], gradient[3] = d.r*m.R, d.alpha*m.Alpha, d.s*m.S, d.beta*m.Beta
	return sum - s.shift
}

// Options of a fit.
type Options struct {
	// Prior is what is believed beforehand of ln r, ln(α / mean age), ln s and ln(β / mean age); nothing: maximum
	// likelihood.
	Prior []likelihood.Normal
	Watch func() error
}

// Weak is a prior that a few hundred customers overrule: half of what is bought by one who is alive within the mean age,
// half a chance to leave within it, each within a factor of some twenty.
func Weak() []likelihood.Normal {
	const wide = 1.5
	return []likelihood.Normal{{Mean: math.Log(0.5), Deviation: wide}, {Deviation: wide}, {Deviation: wide}, {Deviation: wide}}
}

// Fit finds the model under which the groups are most likely. The parameters of the estimate are r, α (weeks), s, β
// (weeks). The error is Watch's alone.
func Fit(groups []repeat.Group, o Options) (Model, likelihood.Estimate, error) {
	s := NewSample(groups)
	var starts [][]float64
	for _, start := range [][4]float64{{0.5, 0.4, 0.6, 0.5}, {1, 1, 1, 1}, {3, 3, 0.2, 0.5}, {0.2, 0.05, 3, 3}} {
		starts = append(starts, []float64{math.Log(start[0]), math.Log(start[1]), math.Log(start[2]), math.Log(start[3])})
	}
	problem := likelihood.Problem{Names: Names(), Starts: starts, Prior: o.Prior, At: s.At, Watch: o.Watch}
	if some := repeat.Some(groups); len(some) < len(groups) {
		problem.Scout = sampleOf(some, s.unit).At
	}
	e, err := likelihood.Maximise(problem)
	if err != nil {
		return Model{}, e, err
	}
	for _, i := range []int{1, 3} {
		e.Logs[i] += math.Log(s.unit)
		if e.Errors != nil {
			e.Errors[i] *= s.unit
		}
	}
	p := e.Parameters()
	return Model{p[0], p[1], p[2], p[3]}, e, nil
}
