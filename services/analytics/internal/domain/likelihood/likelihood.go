// Package likelihood finds the parameters under which what was observed is most likely, and says how far they can be
// trusted. It knows no model: a model gives its log-likelihood and the gradient. What it cannot find it does not give:
// a maximum that was not reached, that lies at an edge or is none says why.
package likelihood

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Function is a log-likelihood at the natural logarithms of the parameters, which are all positive. It writes the
// gradient with respect to these logarithms. Both are finite for logarithms within Bound.
type Function func(logs, gradient []float64) float64

// Bound is how large a logarithm of a parameter may become: beyond it the data do not say what the parameter is.
const Bound = 12.0

// Normal is what is believed of the logarithm of a parameter before anything was observed.
type Normal struct{ Mean, Deviation float64 }

// Problem is a model and what it is to be held against.
type Problem struct {
	Names  []string    // of the parameters, for people
	Starts [][]float64 // logarithms from which the search begins; at least one
	// Prior is one for each parameter, or nothing: the mode of the posterior is sought instead (MAP).
	Prior []Normal
	// At is the log-likelihood of all observations.
	At Function
	// Scout is that of some of them, where all are many: the starts are searched with it, and what is best of them with
	// all. Nil: there are few.
	Scout Function
	// Watch is told after each evaluation, and ends the search with an error; nil watches nothing.
	Watch func() error
}

// Estimate is what was found. What did not converge is not to be used.
type Estimate struct {
	Converged bool
	Why       string // it did not converge; empty if it did
	Logs      []float64
	// LogLikelihood leaves out the prior.
	LogLikelihood float64
	// Errors are the standard errors of the parameters themselves, from the curvature at the maximum; none if it has none.
	Errors []float64
	// Covariance of the logarithms, from the same curvature; none if it has none.
	Covariance  *mat.SymDense
	Starts      int // searches
	Agreeing    int // that ended at this maximum, of the scout where there was one
	Evaluations int
}

// Parameters returns the parameters themselves.
func (e Estimate) Parameters() []float64 {
	list := make([]float64, len(e.Logs))
	for i, l := range e.Logs {
		list[i] = math.Exp(l)
	}
	return list
}

// AIC is twice the number of parameters less twice the log-likelihood (Akaike 1974).
func (e Estimate) AIC() float64 { return 2*float64(len(e.Logs)) - 2*e.LogLikelihood }

const (
	// decrementMax is by how much a further step could still better the log-likelihood, at most, for it to have converged.
	decrementMax = 1e-7
	// agreement is how near two log-likelihoods are that are taken for one maximum.
	agreement = 1e-3
	// newtonMax is how many steps of Newton end a search.
	newtonMax = 40
	// edge is how near to Bound a parameter counts as beyond it.
	edge = 0.05
)

// Maximise searches from every start and keeps the best. The error is Watch's alone.
func Maximise(p Problem) (Estimate, error) {
	s := &search{problem: p}
	if p.Scout == nil {
		best, agreeing := s.best()
		return s.judged(best, agreeing)
	}
	scout := &search{problem: p}
	scout.problem.At = p.Scout
	near, agreeing := scout.best()
	if s.stopped = scout.stopped; s.stopped != nil {
		return Estimate{}, s.stopped
	}
	e, err := s.judged(s.polish(s.climb(near)), agreeing)
	e.Evaluations += scout.evaluations
	return e, err
}

// best is the highest point that is reached from the starts, and from how many of them.
func (s *search) best() ([]float64, int) {
	best, agreeing, found := []float64(nil), 0, math.Inf(-1)
	for _, start := range s.problem.Starts {
		at := s.polish(s.climb(start))
		if s.stopped != nil {
			return nil, 0
		}
		value := s.value(at, nil)
		switch {
		case value > found+agreement:
			best, agreeing, found = at, 1, value
		case value > found-agreement:
			agreeing++
			if value > found {
				best, found = at, value
			}
		}
	}
	return best, agreeing
}

// judged is what the end of the searches comes to.
func (s *search) judged(best []float64, agreeing int) (Estimate, error) {
	if s.stopped != nil {
		return Estimate{}, s.stopped
	}
	e := Estimate{Logs: best, Starts: len(s.problem.Starts), Agreeing: agreeing, Converged: true}
	s.judge(&e)
	e.Evaluations = s.evaluations
	return e, s.stopped
}

// judge says whether the best point is a maximum.
func (s *search) judge(e *Estimate) {
	gradient := make([]float64, len(e.Logs))
	s.value(e.Logs, gradient)
	e.LogLikelihood = s.problem.At(e.Logs, make([]float64, len(e.Logs)))
	for i, l := range e.Logs {
		if math.Abs(l) > Bound-edge {
			e.fail("%s runs away to %.1e: the data do not tell it, so there is no maximum", s.problem.Names[i], math.Exp(l))
			return
		}
	}
	step, factor, ok := s.newton(e.Logs, gradient)
	if !ok {
		e.fail("the log-likelihood is flat or bends upwards where the search ended: the data do not tell the parameters apart")
		return
	}
	if left := gain(step, gradient); left > decrementMax {
		e.fail("the search ended %.1e below the maximum", left)
		return
	}
	var inverse mat.SymDense
	if err := factor.InverseTo(&inverse); err != nil {
		e.fail("the curvature cannot be inverted: the data hardly tell the parameters apart")
		return
	}
	e.Covariance = &inverse
	for i, l := range e.Logs {
		e.Errors = append(e.Errors, math.Exp(l)*math.Sqrt(inverse.At(i, i)))
	}
}

func (e *Estimate) fail(format string, args ...any) {
	e.Converged, e.Why = false, fmt.Sprintf(format, args...)
}

// gain is half of step · gradient: by how much a step of Newton betters a parabola.
func gain(step, gradient []float64) float64 {
	sum := 0.0
	for i := range step {
		sum += step[i] * gradient[i]
	}
	return sum / 2
}
