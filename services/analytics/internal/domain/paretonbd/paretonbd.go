// Package paretonbd is the model of buying whose customers die at any moment: a customer buys by chance at a rate of their
// own until they leave for good after a time of their own, rates of buying and of leaving being gamma distributed
// (Schmittlein, Morrison & Colombo 1987, Management Science 33(1); the likelihood as in Fader & Hardie 2005, "A Note on
// Deriving the Pareto/NBD Model"). It knows counts only; what the purchases are worth is left to another model.
package paretonbd

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/likelihood"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/repeat"
)

// Model is the model with its parameters, all positive: the rate of buying is gamma distributed with shape R and scale
// 1/Alpha weeks, that of leaving with shape S and scale 1/Beta weeks.
type Model struct{ R, Alpha, S, Beta float64 }

// least is the smallest probability that is told: below it a float would be 0, and nobody is surely gone.
const least = 1e-300

// Alive is the probability that a customer has not left, above 0 in every case.
func (m Model) Alive(c repeat.Count) float64 {
	recency, age := c.Weeks()
	odds, _ := m.odds(row{repeats: float64(c.Repeats), recency: recency, age: age})
	return max(math.Exp(-likelihood.Softplus(odds)), least)
}

// WhileAlive is how many purchases are expected in so many weeks of a customer who is alive at their beginning, with so
// many repeats in an age of so many days (the note's equation 41 without P(alive)).
func (m Model) WhileAlive(repeats, age int, weeks float64) float64 {
	old := float64(age) / repeat.DaysOfWeek
	return (m.R + float64(repeats)) / (m.Alpha + old) * m.lasting(m.Beta+old, weeks)
}

// New is how many repeats are expected of a new customer in so many weeks.
func (m Model) New(weeks float64) float64 { return m.R / m.Alpha * m.lasting(m.Beta, weeks) }

// lasting is how many of so many weeks a customer is expected to stay whose rate of leaving is gamma(S, beta):
// β/(s−1)·(1 − (β/(β+t))^(s−1)), written so that s = 1 is a number as any other.
func (m Model) lasting(beta, weeks float64) float64 {
	span := math.Log1p(weeks / beta)
	z := (m.S - 1) * span
	if z == 0 {
		return beta * span
	}
	return beta * span * -math.Expm1(-z) / z
}

// row is a customer, or several with the same figures, in any unit of time.
type row struct{ n, repeats, recency, age float64 }

// slopes are derivatives by r, α, s and β.
type slopes struct{ r, alpha, s, beta float64 }

// nodes and weights of Gauss and Legendre for a panel of the length 1; they never change.
var nodes, weights = legendre()

const (
	order = 12
	// panel is how long one may be at most: with panels of half that length nothing changes beyond the eleventh digit.
	panel = 2.5
)

func legendre() ([]float64, []float64) {
	x, w := make([]float64, order), make([]float64, order)
	quad.Legendre{}.FixedLocations(x, w, 0, 1)
	return x, w
}

// odds is the logarithm of the odds of having left, with its derivatives: −Inf without any for one who bought at the end.
//
// The odds are s·(α+T)^(r+x)·(β+T)^s · ∫ (α+y)^−(r+x)·(β+y)^−(s+1) dy for y from the last purchase t to T. The note
// writes the integral as the difference of two hypergeometric functions 2F1, of which every digit cancels when T is near t
// or x is large. Here it is summed as it stands: all terms are positive. With y = t + δ(e^u − 1), δ being the time in which
// the integrand first falls to 1/e, it is smooth on the scale of 1 for all parameters.
func (m Model) odds(c row) (float64, slopes) {
	silent := c.age - c.recency
	if silent <= 0 {
		return math.Inf(-1), slopes{}
	}
	buys, leaves := m.R+c.repeats, m.S+1
	alpha, beta := m.Alpha+c.recency, m.Beta+c.recency
	delta := 1 / (buys/alpha + leaves/beta)
	span := math.Log1p(silent / delta)
	panels := math.Ceil(span / panel)
	width := span / panels
	var sum, byR, byAlpha, byS, byBeta float64
	for p := 0.0; p < panels; p++ {
		for i, node := range nodes {
			u := (p + node) * width
			after := delta * math.Expm1(u)
			lnAlpha, lnBeta := math.Log1p(after/alpha), math.Log1p(after/beta)
			part := weights[i] * math.Exp(u-buys*lnAlpha-leaves*lnBeta)
			sum += part
			byR += part * lnAlpha
			byS += part * lnBeta
			byAlpha += part / (alpha + after)
			byBeta += part / (beta + after)
		}
	}
	lnAlpha, lnBeta := math.Log1p(silent/alpha), math.Log1p(silent/beta)
	value := math.Log(m.S) + math.Log(sum*width*delta) - math.Log(beta) + buys*lnAlpha + m.S*lnBeta
	return value, slopes{
		r: lnAlpha - byR/sum, alpha: buys * (1/(m.Alpha+c.age) - byAlpha/sum),
		s: 1/m.S + lnBeta - byS/sum, beta: m.S/(m.Beta+c.age) - leaves*byBeta/sum,
	}
}
