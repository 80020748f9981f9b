// Package sbg is the model of clubs with a contract: at the end of each term a member renews or leaves, with a chance of
// leaving that stays theirs and is spread over members by a beta distribution (Fader & Hardie 2007, "How to Project Customer
// Retention", Journal of Interactive Marketing 21:1, the shifted-beta-geometric model). It tells why retention rises with age though
// nobody becomes more loyal: who leaves easily has left. All is reckoned in products of ratios below one, summed as
// logarithms, so that no difference of two large numbers is taken.
package sbg

import (
	"math"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/likelihood"
)

// Model is the model with its parameters, both positive: the chance of leaving at a renewal is beta distributed with them.
type Model struct{ Alpha, Beta float64 }

// Retention is the share of those who have renewed so often that renews once more: r_t of the paper's equation 6, (β+t−1)/(α+β+t−1)
// for the t-th renewal.
func (m Model) Retention(renewals int) float64 {
	t := float64(renewals)
	return (m.Beta + t) / (m.Alpha + m.Beta + t)
}

// Survival is the share of all who signed that renews at least so often, S(t) of equation 5.
func (m Model) Survival(renewals int) float64 {
	log := 0.0
	for i := range renewals {
		log += math.Log(m.Retention(i))
	}
	return math.Exp(log)
}

// Mean is the chance of leaving at the first renewal, α/(α+β).
func (m Model) Mean() float64 { return m.Alpha / (m.Alpha + m.Beta) }

// termsMost bounds the sum of Remaining; what lies behind it is below what is told of it for any discount that is allowed.
const termsMost = 100_000

// Remaining is how many terms a member who has renewed so often will still renew, each discounted by a rate a term above 0, the
// next one not at all: the discounted expected residual lifetime of Fader & Hardie 2010 ("Customer-Base Valuation in a
// Contractual Setting", Marketing Science 29:1, equation 6), before the next renewal is decided. Without a discount it has no
// bound where α is 1 or less.
func (m Model) Remaining(renewals int, discount float64) float64 {
	sum, term := 0.0, 1.0
	for i := range termsMost {
		term *= m.Retention(renewals + i)
		sum += term
		if term /= 1 + discount; term < 1e-12*sum {
			break
		}
	}
	return sum
}

// Sample is what the model is held against. Make it with Left and Kept.
type Sample struct {
	// left and kept count members by renewals: who left after so many, and who has renewed so often and is still there.
	left, kept []int64
}

// Left takes a member who renewed so often and then did not.
func (s *Sample) Left(renewals int) {
	s.grow(renewals)
	s.left[renewals]++
}

// Kept takes a member who renewed so often and has not had to decide again.
func (s *Sample) Kept(renewals int) {
	s.grow(renewals)
	s.kept[renewals]++
}

func (s *Sample) grow(renewals int) {
	for len(s.left) <= renewals {
		s.left, s.kept = append(s.left, 0), append(s.kept, 0)
	}
}

// Term is what became of those who came to one renewal.
type Term struct {
	Renewal int   // counted from 1
	AtRisk  int64 // came to it
	Left    int64
}

// Terms lists the renewals that somebody came to.
func (s *Sample) Terms() []Term {
	var list []Term
	here := int64(0)
	for i := len(s.left) - 1; i >= 0; i-- {
		here += s.left[i]
		if here > 0 {
			list = append(list, Term{Renewal: i + 1, AtRisk: here, Left: s.left[i]})
		}
		here += s.kept[i]
	}
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}

// Each tells how many members are still there, by how often they have renewed.
func (s *Sample) Each(tell func(renewals int, members int64)) {
	for i, n := range s.kept {
		if n > 0 {
			tell(i, n)
		}
	}
}

// At is the log-likelihood of equations 7 and 8: each renewal that was made has the chance Retention, each that was not the rest.
func (s *Sample) At(logs, gradient []float64) float64 {
	a, b := math.Exp(logs[0]), math.Exp(logs[1])
	var sum, da, db float64
	for _, t := range s.Terms() {
		past := float64(t.Renewal - 1)
		all, renewed, left := a+b+past, float64(t.AtRisk-t.Left), float64(t.Left)
		sum += renewed*math.Log((b+past)/all) + left*math.Log(a/all)
		da += left/a - float64(t.AtRisk)/all
		db += renewed/(b+past) - float64(t.AtRisk)/all
	}
	gradient[0], gradient[1] = da*a, db*b
	return sum
}

// Fit finds the model under which the sample is most likely. The error is watch's alone.
func Fit(s *Sample, watch func() error) (Model, likelihood.Estimate, error) {
	var left, renewed int64
	for _, t := range s.Terms() {
		left, renewed = left+t.Left, renewed+t.AtRisk-t.Left
	}
	switch {
	case left == 0:
		return Model{}, likelihood.Estimate{Why: "nobody has left: there is no end to learn from"}, nil
	case renewed == 0:
		return Model{}, likelihood.Estimate{Why: "nobody has renewed: there is no going on to learn from"}, nil
	}
	var starts [][]float64
	for _, start := range [][2]float64{{1, 1}, {0.5, 3}, {2, 10}, {5, 2}} {
		starts = append(starts, []float64{math.Log(start[0]), math.Log(start[1])})
	}
	e, err := likelihood.Maximise(likelihood.Problem{Names: []string{"alpha", "beta"}, Starts: starts, At: s.At, Watch: watch})
	if err != nil {
		return Model{}, e, err
	}
	p := e.Parameters()
	return Model{p[0], p[1]}, e, nil
}
