package pareto_test

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/pareto"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// drawShop has many ties and many who spend nothing, in the order of ids.
func drawShop(t *rapid.T) []history.Customer {
	var list []history.Customer
	for i := range rapid.IntRange(0, 60).Draw(t, "customers") {
		c := history.Customer{ID: fmt.Sprintf("%03d", i)}
		for range rapid.IntRange(1, 3).Draw(t, "orders") {
			base := rapid.SampledFrom([]money.Minor{0, 0, 1, 5, 5, 20, 333, 1000}).Draw(t, "base")
			c.Orders = append(c.Orders, history.Order{Day: 1, Base: base})
		}
		list = append(list, c)
	}
	return list
}

func drawParams(t *rapid.T) pareto.Params {
	share := func(name string, from, to int64) money.Ratio {
		r, err := money.NewRatio(rapid.Int64Range(from, to).Draw(t, name), 100)
		require.NoError(t, err)
		return r
	}
	p := pareto.Params{Top: share("top", 1, 100), Most: share("most", 1, 100), A: share("a", 1, 60), B: share("b", 61, 100)}
	require.NoError(t, p.Check())
	return p
}

// twin asks about each customer anew, by the words of the definition.
type twin struct {
	ranked []history.Customer // by falling spend and rising id
	total  int64
}

func spend(c history.Customer) int64 {
	sum := int64(0)
	for _, o := range c.Orders {
		sum += int64(o.Base)
	}
	return sum
}

func newTwin(list []history.Customer) twin {
	w := twin{ranked: slices.Clone(list)}
	slices.SortFunc(w.ranked, func(a, b history.Customer) int {
		return cmp.Or(cmp.Compare(spend(b), spend(a)), cmp.Compare(a.ID, b.ID))
	})
	for _, c := range list {
		w.total += spend(c)
	}
	return w
}

// sum of the first customers.
func (w twin) sum(first int) int64 {
	sum := int64(0)
	for _, c := range w.ranked[:first] {
		sum += spend(c)
	}
	return sum
}

// below tells whether a part is less than a share of the total, in whole percent of it.
func (w twin) below(part int64, share money.Ratio) bool {
	return big.NewRat(part, 1).Cmp(new(big.Rat).Mul(big.NewRat(share.Num(), share.Den()), big.NewRat(w.total, 1))) < 0
}

func (w twin) makers(share money.Ratio) int64 {
	k := 0
	for w.below(w.sum(k), share) {
		k++
	}
	return int64(k)
}

func (w twin) class(rank int, p pareto.Params) string {
	switch before := w.sum(rank); {
	case w.below(before, p.A):
		return "A"
	case w.below(before, p.B):
		return "B"
	default:
		return "C"
	}
}

// gini is the mean difference between all pairs over twice the mean: Σ|x−y| / (2·n·Σx).
func (w twin) gini() string {
	differences := int64(0)
	for _, x := range w.ranked {
		for _, y := range w.ranked {
			differences += max(spend(x)-spend(y), spend(y)-spend(x))
		}
	}
	return history.ShareOf(differences, 2*int64(len(w.ranked))*w.total).String()
}

func TestTheReportAgreesWithItsTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list, p := drawShop(t), drawParams(t)
		r, w := report(t, list, p), newTwin(list)
		require.EqualValues(t, w.total, r.Total)
		require.Equal(t, w.makers(p.Most), r.Most.Customers)
		require.Equal(t, w.gini(), r.Gini.String())
		top := (int64(len(list))*p.Top.Num() + p.Top.Den() - 1) / p.Top.Den()
		require.Equal(t, top, r.Top.Customers)
		require.EqualValues(t, w.sum(int(top)), r.Top.Sum)
		counted, sums := map[string]int64{}, map[string]int64{}
		for rank, c := range w.ranked {
			class := w.class(rank, p)
			require.Equal(t, class, r.Cuts.Class(c.ID, money.Minor(spend(c))), "customer %s", c.ID)
			counted[class]++
			sums[class] += spend(c)
		}
		for _, class := range r.Classes {
			require.Equal(t, counted[class.Name], class.Customers)
			require.EqualValues(t, sums[class.Name], class.Sum)
		}
		requireCurve(t, r, w)
	})
}

// requireCurve checks the Lorenz curve point by point: it begins at nothing, ends at all and never lies above the line
// of equality.
func requireCurve(t *rapid.T, r pareto.Report, w twin) {
	if r.Customers == 0 {
		require.Empty(t, r.Lorenz)
		return
	}
	require.Len(t, r.Lorenz, pareto.LorenzSteps+1)
	for i, p := range r.Lorenz {
		require.Equal(t, r.Customers*int64(i)/pareto.LorenzSteps, p.Customers)
		require.EqualValues(t, w.total-w.sum(int(r.Customers-p.Customers)), p.Sum)
		require.LessOrEqual(t, int64(p.Sum)*r.Customers, int64(r.Total)*p.Customers)
	}
	require.Equal(t, r.Total, r.Lorenz[pareto.LorenzSteps].Sum)
}
