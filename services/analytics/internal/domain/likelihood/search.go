package likelihood

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

// search is a climb over one problem. It never leaves the box of Bound: outside, the function is the one at the border
// less a parabola that leads back.
type search struct {
	problem     Problem
	evaluations int
	stopped     error // by Watch

	// The last point with what was found there: value and slope are asked for one after the other.
	last, slope []float64
	height      float64
}

// wall is how steep the way back into the box is.
const wall = 1e3

// value is the log-likelihood, with the prior, at any point, and its gradient unless that is nil.
func (s *search) value(at, gradient []float64) float64 {
	if s.last != nil && slices.Equal(s.last, at) {
		copy(gradient, s.slope)
		return s.height
	}
	s.evaluations++
	if s.problem.Watch != nil && s.stopped == nil {
		s.stopped = s.problem.Watch()
	}
	inside, slope := make([]float64, len(at)), make([]float64, len(at))
	for i, l := range at {
		inside[i] = min(max(l, -Bound), Bound)
	}
	value := s.problem.At(inside, slope)
	for i, prior := range s.problem.Prior {
		off := (inside[i] - prior.Mean) / prior.Deviation
		value -= off * off / 2
		slope[i] -= off / prior.Deviation
	}
	for i, l := range at {
		if beyond := l - inside[i]; beyond != 0 {
			value -= wall * beyond * beyond
			slope[i] = -2 * wall * beyond
		}
	}
	copy(gradient, slope)
	s.last, s.slope, s.height = slices.Clone(at), slope, value
	return value
}

// climb goes up from a start by BFGS. Where it ends early, polish goes on.
func (s *search) climb(start []float64) []float64 {
	scale := 1 / (1 + math.Abs(s.value(start, nil)))
	problem := optimize.Problem{
		Func: func(x []float64) float64 { return -scale * s.value(x, nil) },
		Grad: func(gradient, x []float64) {
			s.value(x, gradient)
			for i := range gradient {
				gradient[i] *= -scale
			}
		},
		Status: func() (optimize.Status, error) {
			if s.stopped != nil {
				return optimize.Failure, s.stopped
			}
			return optimize.NotTerminated, nil
		},
	}
	settings := &optimize.Settings{
		GradientThreshold: 1e-8, MajorIterations: 200, FuncEvaluations: 1000,
		Converger: &optimize.FunctionConverge{Absolute: 1e-11, Iterations: 10},
	}
	// An error says that the line search found no better point: what was found is judged by its slope, not by that.
	result, _ := optimize.Minimize(problem, start, settings, &optimize.BFGS{})
	if result == nil || len(result.X) != len(start) {
		return start
	}
	return result.X
}

// polish goes the last way by Newton, with half the step as long as that is no way up.
func (s *search) polish(at []float64) []float64 {
	gradient := make([]float64, len(at))
	for range newtonMax {
		value := s.value(at, gradient)
		step, _, ok := s.newton(at, gradient)
		if !ok || s.stopped != nil || gain(step, gradient) < decrementMax/100 {
			return at
		}
		next, better := at, false
		for half := 1.0; half > 1e-6 && !better; half /= 2 {
			next = make([]float64, len(at))
			for i := range at {
				next[i] = at[i] + half*step[i]
			}
			better = s.value(next, nil) > value
		}
		if !better {
			return at
		}
		at = next
	}
	return at
}

// newton is the step to the top of the parabola that touches here; not ok where none opens downwards.
func (s *search) newton(at, gradient []float64) ([]float64, *mat.Cholesky, bool) {
	n := len(at)
	curvature := s.curvature(at)
	var factor mat.Cholesky
	if !factor.Factorize(curvature) {
		return nil, nil, false
	}
	var step mat.VecDense
	if err := factor.SolveVecTo(&step, mat.NewVecDense(n, append([]float64(nil), gradient...))); err != nil {
		return nil, nil, false
	}
	return step.RawVector().Data, &factor, true
}

// reach is how far from a point the gradient is taken for its curvature, in logarithms.
const reach = 1e-4

// curvature is minus the matrix of second derivatives, from the gradient on both sides.
func (s *search) curvature(at []float64) *mat.SymDense {
	n := len(at)
	rows := make([][]float64, n)
	for i := range at {
		up, down := append([]float64(nil), at...), append([]float64(nil), at...)
		up[i] += reach
		down[i] -= reach
		above, below := make([]float64, n), make([]float64, n)
		s.value(up, above)
		s.value(down, below)
		rows[i] = make([]float64, n)
		for j := range rows[i] {
			rows[i][j] = (below[j] - above[j]) / (2 * reach)
		}
	}
	matrix := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			matrix.SetSym(i, j, (rows[i][j]+rows[j][i])/2)
		}
	}
	return matrix
}
