package effect

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Estimate is a difference of means per customer, in minor units, and how sure it is.
type Estimate struct {
	Known     bool // false: there are too few customers to say anything
	Effect    float64
	Error     float64 // standard error
	Low, High float64 // ends of the interval
	// P is how probable a difference at least as great would be if there were none. With looks it is not adjusted for them.
	P float64
}

// welch compares two means without taking their variances for equal (Welch 1947). The width follows from a bound on the
// normal scale, which for one look is the quantile of the confidence. Below two customers on a side nothing is known. Where
// nobody differs from anybody the interval is a point.
func welch(a, b moments, bound float64) Estimate {
	if a.n < 2 || b.n < 2 { //nolint:mnd // a variance needs two
		return Estimate{}
	}
	va, vb := a.variance/a.n, b.variance/b.n
	degrees := finite((va + vb) * (va + vb) / (va*va/(a.n-1) + vb*vb/(b.n-1)))
	return estimate(beyondNoise(a.mean-b.mean, a, b), beyondNoise(math.Sqrt(va+vb), a, b), degrees, bound)
}

// beyondNoise is x, or 0 where it is no more than what rounding leaves of numbers of this size.
func beyondNoise(x float64, of ...moments) float64 {
	const noise = 1e-12
	for _, m := range of {
		if math.Abs(x) < noise*math.Abs(m.mean) {
			return 0
		}
	}
	return x
}

// paired compares each customer with themselves.
func paired(differences moments, bound float64) Estimate {
	if differences.n < 2 { //nolint:mnd // a variance needs two
		return Estimate{}
	}
	return estimate(differences.mean, math.Sqrt(differences.variance/differences.n), differences.n-1, bound)
}

func estimate(effect, err, degrees, bound float64) Estimate {
	e := Estimate{Known: true, Effect: effect, Error: err, Low: effect, High: effect, P: 1}
	if err == 0 || degrees <= 0 {
		if effect != 0 {
			e.P = 0
		}
		return e
	}
	t := distuv.StudentsT{Sigma: 1, Nu: degrees}
	width := math.Abs(t.Quantile(distuv.UnitNormal.Survival(bound))) * err
	if math.IsInf(width, 0) || math.IsNaN(width) { // a bound beyond what the quantile can tell
		width = bound * err
	}
	e.Low, e.High = effect-width, effect+width
	e.P = 2 * t.Survival(math.Abs(effect)/err)
	return e
}

// cuped takes out of what customers bought what they would have bought anyway, as far as the days before tell (Deng, Xu,
// Kohavi & Walker 2013): theta is the slope within the sides, so that the effect itself does not leak into it. It returns
// both sides adjusted, and theta; where nobody differs before, nothing is adjusted.
func cuped(groups [sides][]customer) ([sides][]float64, float64) {
	var covariance, variance, all, sum float64
	for _, group := range groups {
		x, y := momentsOf(column(group, before)), momentsOf(column(group, during))
		for _, c := range group {
			covariance += (c.before - x.mean) * (c.during - y.mean)
			variance += (c.before - x.mean) * (c.before - x.mean)
		}
		all, sum = all+x.n, sum+x.n*x.mean
	}
	theta, mean := finite(covariance/variance), finite(sum/all)
	var adjusted [sides][]float64
	for side, group := range groups {
		adjusted[side] = column(group, func(c customer) float64 { return c.during - theta*(c.before-mean) })
	}
	return adjusted, theta
}
