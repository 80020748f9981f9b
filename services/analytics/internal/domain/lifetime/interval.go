package lifetime

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

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
}

// Interval draws a customer's futures by the models (a parametric bootstrap): whether they still buy, their own rate, how long
// they stay and what they spend. The seed is the customer's account, so the same fit draws the same futures. That the
// parameters are estimates too is left out: of some thousand customers, they are known far better than one customer's future.
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
		at := v.buying.Future(c.Count, float64(v.terms.Weeks), purchasesMax, source)
		counts[i] = len(at)
		if v.amounts == nil || len(at) == 0 {
			continue
		}
		for j, amount := range v.amounts.Draw(c.Count.Repeats, mean, len(at), source) {
			sums[i] += amount * math.Pow(1+v.terms.Discount, -at[j]/weeksOfYear)
		}
	}
	slices.Sort(counts)
	slices.Sort(sums)
	low, high := int(draws*tail), int(draws*(1-tail))-1
	return Interval{counts[low], counts[high], sums[low], sums[high]}
}
