package effect

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

const (
	gridPoints  = 400 // even: Simpson's rule
	bisections  = 60
	boundHigher = 30.0 // no bound lies beyond so many standard errors
)

// Bounds returns for each of so many equally spaced looks beyond how many standard errors an effect must lie, so that all
// looks together find one that is not there with the probability alpha. It spends alpha as O'Brien & Fleming would, by Lan &
// DeMets 1983: little at first, most at the end, where the bound is near that of a single look.
func Bounds(alpha float64, looks int) []float64 {
	z := distuv.UnitNormal.Quantile(1 - alpha/4) //nolint:mnd // two sides, each with a two-sided function of its own
	step := 1 / float64(looks)
	bounds := make([]float64, looks)
	s := sums{points: []float64{1}, step: step} // nothing is observed yet
	for k := range looks {
		t := float64(k+1) * step
		bounds[k] = s.solve(spent(z, t)-spent(z, t-step), math.Sqrt(t))
		s = s.next(bounds[k] * math.Sqrt(t))
	}
	return bounds
}

// spent is how much of alpha is spent when a share t of the campaign is over.
func spent(z, t float64) float64 {
	if t <= 0 {
		return 0
	}
	return 4 * distuv.UnitNormal.Survival(z/math.Sqrt(t)) //nolint:mnd // two sides of two-sided functions
}

func normal(x, variance float64) float64 {
	return math.Exp(-x*x/(2*variance)) / math.Sqrt(2*math.Pi*variance)
}

// sums is how the sum of what was observed is distributed at a look, among the campaigns that no look has ended: a walk whose
// steps have the variance step (Armitage, McPherson & Rowe 1969). It is cut off at bound, and told by the masses of points at
// equal distances.
type sums struct {
	bound, step float64
	points      []float64
}

func (s *sums) place(i int) float64 {
	if len(s.points) == 1 {
		return 0
	}
	return s.bound * (2*float64(i)/gridPoints - 1)
}

// crossing is how probable it is that the next look finds a sum beyond b.
func (s *sums) crossing(b float64) float64 {
	p, sd := 0.0, math.Sqrt(s.step)
	for i, mass := range s.points {
		x := s.place(i)
		p += mass * (distuv.UnitNormal.Survival((b-x)/sd) + distuv.UnitNormal.CDF((-b-x)/sd))
	}
	return p
}

// solve finds the bound, in standard errors, that the next look crosses with a probability.
func (s *sums) solve(p, sd float64) float64 {
	low, high := 0.0, boundHigher
	for range bisections {
		if middle := (low + high) / 2; s.crossing(middle*sd) > p { //nolint:mnd // bisection
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2 //nolint:mnd // bisection
}

// next is the distribution at the next look, cut off at its bound: by Simpson's rule.
func (s *sums) next(bound float64) sums {
	made := sums{step: s.step, bound: bound, points: make([]float64, gridPoints+1)}
	for i := range made.points {
		weight := 4.0 - 2*float64((i+1)%2) // 4 at odd points, 2 at even ones
		if i == 0 || i == gridPoints {
			weight = 1
		}
		density := 0.0
		for k, mass := range s.points {
			density += mass * normal(made.place(i)-s.place(k), s.step)
		}
		made.points[i] = density * weight * 2 * bound / gridPoints / 3
	}
	return made
}
