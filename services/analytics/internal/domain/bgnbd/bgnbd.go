// Package bgnbd is the model of buying that dies between purchases: a customer buys by chance at a rate of their own,
// rates being gamma distributed, and after each purchase leaves for good with a probability of their own, these being
// beta distributed (Fader, Hardie & Lee 2005, Marketing Science 24(2)). The modified one may also leave right after the
// first purchase (Batislam, Denizel & Filiztekin 2007). It knows counts only; what the purchases are worth is left to
// another model.
package bgnbd

import (
	"math"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/likelihood"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/repeat"
)

// Kind says after which purchases a customer may leave.
type Kind int

// Kinds of the model.
const (
	KindUnset Kind = iota
	BG             // after each repeat
	MBG            // after the first purchase too
)

// chances is how often a customer with so many repeats could have left and did not, while they are alive.
func (k Kind) chances(repeats int) int {
	if k == MBG {
		return repeats + 1
	}
	return repeats
}

// Model is the model with its parameters, all positive.
type Model struct {
	Kind Kind
	// The rate is gamma distributed with shape R and scale 1/Alpha weeks; leaving is beta distributed with A and B.
	R, Alpha, A, B float64
}

// least is the smallest probability that is told: below it a float would be 0, and nobody is surely gone.
const least = 1e-300

// Alive is the probability that a customer has not left, above 0 in every case.
func (m Model) Alive(c repeat.Count) float64 {
	if m.Kind.chances(c.Repeats) == 0 {
		return 1
	}
	return max(math.Exp(-likelihood.Softplus(m.odds(c))), least)
}

// odds is the logarithm of the odds of having left.
func (m Model) odds(c repeat.Count) float64 {
	recency, age := c.Weeks()
	chances := float64(m.Kind.chances(c.Repeats))
	return math.Log(m.A) - math.Log(m.B+(chances-1)) +
		(m.R+float64(c.Repeats))*math.Log1p((age-recency)/(m.Alpha+recency))
}

// WhileAlive is how many purchases are expected in so many weeks of a customer who is alive at their beginning, with so
// many repeats in an age of so many days.
func (m Model) WhileAlive(repeats, age int, weeks float64) float64 {
	return purchases(m.R+float64(repeats), m.Alpha+float64(age)/repeat.DaysOfWeek, m.A, m.B+float64(m.Kind.chances(repeats)), weeks)
}

// New is how many repeats are expected of a new customer in so many weeks.
func (m Model) New(weeks float64) float64 {
	if m.Kind == MBG {
		return m.B / (m.A + m.B) * purchases(m.R, m.Alpha, m.A, m.B+1, weeks)
	}
	return purchases(m.R, m.Alpha, m.A, m.B, weeks)
}

// precise is the part of a sum that may be left out.
const precise = 1e-13

// underflow is the logarithm below which a probability is not written as a number.
const underflow = -690

// purchases is E[(1 − e^(−λpt))/p] for a rate λ of gamma(s, β) and p of beta(a, b). It is the number of purchases N in t,
// were nobody to leave (negative binomial), each counted with the probability of having stayed through those before it:
// Σ P(N = n) · Σ(k<n) b(b+1)…(b+k−1)/((a+b)…(a+b+k−1)). Every term is positive, so nothing cancels, also where the
// closed form (equation 10 of the paper) divides by a − 1 = 0.
func purchases(s, beta, a, b, t float64) float64 {
	if t <= 0 {
		return 0
	}
	z := t / (beta + t)
	logp := -s * math.Log1p(t/beta)
	sum, counted, stays := 0.0, 0.0, 1.0
	for n := 0.0; ; n++ {
		ratio := z * (s + n) / (n + 1) // P(N = n+1) / P(N = n)
		if logp > underflow {
			p := math.Exp(logp)
			sum += p * counted
			if ratio < 1 && p*ratio*(counted+1/(1-ratio))/(1-ratio) <= precise*sum {
				return sum
			}
		} else if ratio < 1 {
			return sum
		}
		logp += math.Log(ratio)
		counted += stays
		stays *= (b + n) / (a + b + n)
	}
}
