// Package gammagamma is the model of what a purchase is worth: amounts of one customer are gamma distributed around a
// mean of their own, these means being spread by another gamma (Fader & Hardie 2013, "The Gamma-Gamma model of monetary
// value"). It takes how often a customer buys as having nothing to do with how much; whether that holds is for who uses
// it to show. Amounts are in the currency's major unit.
package gammagamma

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/likelihood"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Model is the model with its parameters, all positive.
type Model struct {
	P, Q, V float64 // an amount has shape P and a scale that is gamma distributed with Q and V
}

// Mean is the mean amount of all customers, p·v/(q−1). It is infinite for q <= 1: such a model is not to be used.
func (m Model) Mean() float64 {
	if m.Q <= 1 {
		return math.Inf(1)
	}
	return m.P * m.V / (m.Q - 1)
}

// Expected is the mean amount of one customer, from the mean of so many amounts of theirs: a weighted mean of theirs and
// everybody's.
func (m Model) Expected(amounts int, mean float64) float64 {
	weight := m.P * float64(amounts)
	return (m.P*m.V + weight*mean) / (weight + m.Q - 1)
}

// Spend is what one customer spent on how many purchase days.
type Spend struct {
	Days int64
	Sum  money.Minor
}

// Spends counts customers by what they spent. Make it with NewSpends.
type Spends struct{ by map[Spend]int64 }

// NewSpends makes an empty count.
func NewSpends() Spends { return Spends{map[Spend]int64{}} }

// Add takes the repeat purchases of a customer. Who has none or spent nothing tells nothing of amounts.
func (s Spends) Add(spend Spend) {
	if spend.Days > 0 && spend.Sum > 0 {
		s.by[spend]++
	}
}

// Sample is what a model is held against, with amounts in units of their mean.
type Sample struct {
	rows      []row
	Customers int64
	unit      float64 // major units
	shift     float64 // of the log-likelihood: customers · ln(unit)
}

// row is customers with equal days and sum; z is their mean amount.
type row struct{ n, days, z, logz float64 }

// NewSample prepares what customers spent, in one fixed order; major is how many minor units the major one has.
func NewSample(spends Spends, major float64) *Sample {
	list := make([]Spend, 0, len(spends.by))
	for spend := range spends.by {
		list = append(list, spend)
	}
	slices.SortFunc(list, func(a, b Spend) int { return cmp.Or(cmp.Compare(a.Days, b.Days), cmp.Compare(a.Sum, b.Sum)) })
	s, total := &Sample{rows: make([]row, len(list))}, 0.0
	for i, spend := range list {
		n, days := float64(spends.by[spend]), float64(spend.Days)
		s.rows[i] = row{n: n, days: days, z: float64(spend.Sum) / major / days}
		s.Customers += spends.by[spend]
		total += n * s.rows[i].z
	}
	if s.Customers == 0 {
		return s
	}
	s.unit = total / float64(s.Customers)
	s.shift = float64(s.Customers) * math.Log(s.unit)
	for i := range s.rows {
		s.rows[i].z /= s.unit
		s.rows[i].logz = math.Log(s.rows[i].z)
	}
	return s
}

// LogLikelihood is that of parameters, natural and whole: no constant is left out.
func (s *Sample) LogLikelihood(m Model) float64 {
	return s.At([]float64{math.Log(m.P), math.Log(m.Q), math.Log(m.V / s.unit)}, make([]float64, 3))
}

// At is the log-likelihood of the paper's equation 1a in the sample's unit, rearranged so that no two large numbers are
// taken from each other.
func (s *Sample) At(logs, gradient []float64) float64 {
	p, q, v := math.Exp(logs[0]), math.Exp(logs[1]), math.Exp(logs[2])
	var sum, dp, dq, dv float64
	gammaQ, _ := math.Lgamma(q)
	psiQ := mathext.Digamma(q)
	var days, shape, rises, psi, psiShape float64 // of the rows before, which are sorted by days: most share theirs
	for _, c := range s.rows {
		if c.days != days {
			days, shape = c.days, p*c.days
			rises, psi, psiShape = rise(shape, q), mathext.Digamma(shape+q), mathext.Digamma(shape)
		}
		spent := c.days * c.z / v
		low, high := math.Log1p(spent), math.Log1p(1/spent)
		sum += c.n * (rises - gammaQ - q*low - shape*high - c.logz)
		dp += c.n * c.days * (psi - psiShape - high)
		dq += c.n * (psi - psiQ - low)
		dv += c.n * (q*spent - shape) / (1 + spent)
	}
	gradient[0], gradient[1], gradient[2] = dp*p, dq*q, dv
	return sum - s.shift
}

// large is from where on Stirling's series is exact to the last digits.
const large = 50

// rise is ln Γ(x+y) − ln Γ(x), without the difference of two large numbers where x is large.
func rise(x, y float64) float64 {
	if x < large {
		above, _ := math.Lgamma(x + y)
		below, _ := math.Lgamma(x)
		return above - below
	}
	series := func(x float64) float64 {
		square := x * x
		return (1.0/12 - (1.0/360-1.0/(1260*square))/square) / x
	}
	return (x+y-0.5)*math.Log1p(y/x) + y*(math.Log(x)-1) + series(x+y) - series(x)
}

// Fit finds the model under which the sample is most likely; the parameters of the estimate are p, q, v (major units). The
// error is watch's alone. A model whose mean is infinite has not converged.
func Fit(s *Sample, prior []likelihood.Normal, watch func() error) (Model, likelihood.Estimate, error) {
	if s.Customers == 0 {
		return Model{}, likelihood.Estimate{Why: "nobody came back and paid: there are no amounts to learn from"}, nil
	}
	var starts [][]float64
	for _, start := range [][3]float64{{6, 4, 0.5}, {1, 2, 1}, {3, 10, 3}} {
		starts = append(starts, []float64{math.Log(start[0]), math.Log(start[1]), math.Log(start[2])})
	}
	e, err := likelihood.Maximise(likelihood.Problem{Names: []string{"p", "q", "v"}, Starts: starts, Prior: prior, At: s.At, Watch: watch})
	if err != nil {
		return Model{}, e, err
	}
	e.Logs[2] += math.Log(s.unit)
	if e.Errors != nil {
		e.Errors[2] *= s.unit
	}
	parameters := e.Parameters()
	m := Model{parameters[0], parameters[1], parameters[2]}
	if e.Converged && m.Q <= 1 {
		e.Converged, e.Why = false, "q is not above 1: by this model the mean amount is infinite"
	}
	return m, e, nil
}

// Weak is a prior that a few hundred customers overrule, of ln p, ln q and ln(v / mean amount).
func Weak() []likelihood.Normal {
	return []likelihood.Normal{{Mean: math.Log(3), Deviation: 1.5}, {Mean: math.Log(4), Deviation: 1}, {Deviation: 1.5}}
}

// Correlation of how often customers came back and what they spent on average then, after Pearson; 0 where either is the
// same for all.
func (s *Sample) Correlation() float64 {
	var n, days, z float64
	for _, c := range s.rows {
		n += c.n
		days += c.n * c.days
		z += c.n * c.z
	}
	var both, a, b float64
	for _, c := range s.rows {
		x, y := c.days-days/n, c.z-z/n
		both += c.n * x * y
		a += c.n * x * x
		b += c.n * y * y
	}
	if a == 0 || b == 0 {
		return 0
	}
	return both / math.Sqrt(a) / math.Sqrt(b)
}
