package lifetime

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/gammagamma"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/repeat"
)

const (
	// draws is how many futures of a customer an interval rests on.
	draws = 1000
	// purchasesMax is how many purchases of one future are drawn at most.
	purchasesMax = 10_000
	// tail is the part of the futures on each side that an interval leaves out: it holds 90 % of them.
	tail = 0.05
)

// Interval is what 90 % of a customer's futures lie in, both ends counted: 5 % are less and 5 % are more, or fewer, since
// purchases are whole.
type Interval struct {
	PurchasesLow, PurchasesHigh int
	// ResidualLow and ResidualHigh are discounted amounts in major units; 0 without a model of amounts.
	ResidualLow, ResidualHigh float64
	// AliveLow and AliveHigh hold 90 % of what the probability would be by other parameters that fit about as well. It says how
	// well the fit knows the probability, not whether the customer still buys, nor whether the model is right. 0 without Doubt.
	AliveLow, AliveHigh float64
}

// sets is how many sets of parameters stand for what a fit does not know of its own.
const sets = 200

// Doubt is what the models of a fit might as well be. The zero one takes them for exact.
type Doubt struct {
	buying  []Buying
	amounts []*gammagamma.Model
}

// Doubt draws what the parameters of a fit might as well be, the same for the same fit, and so for all customers. It is empty
// where the fit has no covariance.
func (f Fit) Doubt(k Kind) Doubt {
	var d Doubt
	for _, e := range f.Buying.Draw(sets, 1) {
		d.buying = append(d.buying, buyingOf(k, e.Parameters()))
	}
	for _, e := range f.Amounts.Draw(sets, 2) {
		d.amounts = append(d.amounts, amountsOf(e.Parameters()))
	}
	return d
}

// Doubting makes intervals hold, from now on, that the parameters are estimates too.
func (v *Valuer) Doubting(d Doubt) { v.doubt = d }

// alive is the interval of the probability.
func (v *Valuer) alive(c repeat.Count) (float64, float64) {
	if len(v.doubt.buying) == 0 {
		return 0, 0
	}
	list := make([]float64, len(v.doubt.buying))
	for i, b := range v.doubt.buying {
		list[i] = b.Alive(c)
	}
	slices.Sort(list)
	return list[int(sets*tail)], list[int(sets*(1-tail))-1]
}

// models are those by which a future is drawn: each set of parameters in turn.
func (v *Valuer) models(future int) (Buying, *gammagamma.Model) {
	buying, amounts := v.buying, v.amounts
	if n := len(v.doubt.buying); n > 0 {
		buying = v.doubt.buying[future%n]
	}
	if n := len(v.doubt.amounts); n > 0 && amounts != nil {
		amounts = v.doubt.amounts[future%n]
	}
	return buying, amounts
}

// Interval draws a customer's futures by the models (a parametric bootstrap): whether they still buy, their own rate, how long
// they stay and what they spend; with Doubt, by which parameters. The seed is the customer's account, so the same fit draws the
// same futures.
func (v *Valuer) Interval(c repeat.Customer) Interval {
	name := fnv.New64a()
	_, _ = name.Write([]byte(c.ID)) // never fails
	source := rand.NewPCG(name.Sum64(), draws)
	mean := 0.0
	if c.Count.Repeats > 0 {
		mean = float64(c.Repeated) / v.major / float64(c.Count.Repeats)
	}
	counts, sums := make([]int, draws), make([]float64, draws)
	for i := range draws {
		buying, amounts := v.models(i)
		at := buying.Future(c.Count, float64(v.terms.Weeks), purchasesMax, source)
		counts[i] = len(at)
		if amounts == nil || len(at) == 0 {
			continue
		}
		for j, amount := range amounts.Draw(c.Count.Repeats, mean, len(at), source) {
			sums[i] += amount * math.Pow(1+v.terms.Discount, -at[j]/weeksOfYear)
		}
	}
	slices.Sort(counts)
	slices.Sort(sums)
	low, high := int(draws*tail), int(draws*(1-tail))-1
	i := Interval{PurchasesLow: counts[low], PurchasesHigh: counts[high], ResidualLow: sums[low], ResidualHigh: sums[high]}
	i.AliveLow, i.AliveHigh = v.alive(c.Count)
	return i
}
