package lifetime_test

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/bgnbd"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/gammagamma"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/lifetime"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/paretonbd"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/repeat"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// lived is a customer of 78 weeks, and what they did in the 52 after them.
type lived struct {
	before    repeat.Customer
	purchases int
	spent     float64
}

const before, after = 78, 52

// live makes customers from nothing by a model whose customers leave as stay says: it draws how long one stays, in weeks, or by a
// chance after each purchase.
func live(customers int, seed uint64, r, alpha float64, stay func(*rand.Rand, rand.Source) (weeks, chance float64)) []lived {
	source := rand.NewPCG(seed, 7)
	chance := rand.New(source)
	list := make([]lived, customers)
	for i := range list {
		l := &list[i]
		l.before.ID, l.before.Count.Age = strconv.Itoa(i), before*7
		rate := distuv.Gamma{Alpha: r, Beta: alpha, Src: source}.Rand()
		scale := distuv.Gamma{Alpha: 4, Beta: 15, Src: source}.Rand()
		weeks, leaves := stay(chance, source)
		last := -1
		for t := chance.ExpFloat64() / rate; t <= min(weeks, before+after); t += chance.ExpFloat64() / rate {
			amount := distuv.Gamma{Alpha: 6, Beta: scale, Src: source}.Rand()
			if t > before {
				l.purchases++
				l.spent += amount
			} else if day := int(t * 7); day > last {
				last = day
				l.before.Count.Repeats++
				l.before.Count.Recency = day
				l.before.Repeated += money.Minor(math.Round(100 * amount))
			}
			if chance.Float64() < leaves {
				break
			}
		}
	}
	return list
}

func TestIntervalsHoldWhatTheySay(t *testing.T) {
	const customers = 2000
	amounts := &gammagamma.Model{P: 6, Q: 4, V: 15}
	terms := lifetime.Terms{Weeks: after}
	for _, c := range []struct {
		name  string
		model lifetime.Buying
		stay  func(*rand.Rand, rand.Source) (weeks, chance float64)
	}{
		{"bg_nbd", bgnbd.Model{Kind: bgnbd.BG, R: 0.8, Alpha: 15, A: 0.8, B: 3}, func(_ *rand.Rand, s rand.Source) (float64, float64) {
			return math.Inf(1), distuv.Beta{Alpha: 0.8, Beta: 3, Src: s}.Rand()
		}},
		{"pareto_nbd", paretonbd.Model{R: 0.8, Alpha: 15, S: 0.7, Beta: 40}, func(r *rand.Rand, s rand.Source) (float64, float64) {
			return r.ExpFloat64() / distuv.Gamma{Alpha: 0.7, Beta: 40, Src: s}.Rand(), 0
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := lifetime.NewValuer(c.model, amounts, terms, 100)
			fewer, more, less, dearer, wide := 0, 0, 0, 0, 0
			for n, l := range live(customers, 5, 0.8, 15, c.stay) {
				i := v.Interval(l.before)
				if n < 10 {
					require.Equal(t, i, v.Interval(l.before), "seeded")
				}
				require.LessOrEqual(t, i.PurchasesLow, i.PurchasesHigh)
				require.LessOrEqual(t, i.ResidualLow, i.ResidualHigh)
				count(&fewer, l.purchases < i.PurchasesLow)
				count(&more, l.purchases > i.PurchasesHigh)
				count(&less, l.spent < i.ResidualLow)
				count(&dearer, l.spent > i.ResidualHigh)
				count(&wide, i.PurchasesHigh > i.PurchasesLow)
			}
			const most = customers * 0.066 // 5 % and three standard errors
			require.Less(t, float64(fewer), most)
			require.Less(t, float64(more), most)
			require.Less(t, float64(less), most)
			require.Less(t, float64(dearer), most)
			require.Greater(t, float64(dearer), customers*0.02, "and not by telling nothing")
			require.Greater(t, wide, customers/2)
		})
	}
}

func count(n *int, yes bool) {
	if yes {
		*n++
	}
}
