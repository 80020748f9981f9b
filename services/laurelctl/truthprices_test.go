package laurelctl

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// TestWhereTwoCurvesCross is worked out by hand: 100 fall away while 100 come up. Of 5 and 25 a difference of 20 is more than
// 1.96 × √30 = 10.7, of 15 and 25 one of 10 is less than 1.96 × √40 = 12.4.
func TestWhereTwoCurvesCross(t *testing.T) {
	var prices []*analyticsv1.PriceNamed
	for i, n := range [][2]int64{{90, 0}, {25, 5}, {25, 15}, {20, 20}, {15, 25}, {5, 25}, {0, 90}} {
		prices = append(prices, &analyticsv1.PriceNamed{PriceMinor: int64(100 + i), TooCheap: n[0], Expensive: n[1]})
	}
	ends := crossing(prices, func(n *analyticsv1.PriceNamed) (int64, int64) { return n.GetTooCheap(), n.GetExpensive() })
	require.Equal(t, interval{102, 104}, ends)
}

// TestTheCrossingLiesInsideItsInterval in some 95 of 100 draws: of answers that are parts of a log-normal worth, the true crossing is known.
func TestTheCrossingLiesInsideItsInterval(t *testing.T) {
	const draws, answers = 400, 300
	inside := 0
	for seed := range uint64(draws) {
		r := rand.New(rand.NewPCG(seed, 1))
		var low, high, all []int64
		for range answers {
			worth := 10_000 * math.Exp(0.25*r.NormFloat64())
			low, high = append(low, int64(0.5*worth)), append(high, int64(1.3*worth))
		}
		all = slices.Concat(low, high)
		slices.Sort(all)
		var prices []*analyticsv1.PriceNamed
		for _, at := range slices.Compact(all) {
			n := &analyticsv1.PriceNamed{PriceMinor: at}
			for i := range low {
				if low[i] >= at {
					n.TooCheap++
				}
				if high[i] <= at {
					n.Expensive++
				}
			}
			prices = append(prices, n)
		}
		ends := crossing(prices, func(n *analyticsv1.PriceNamed) (int64, int64) { return n.GetTooCheap(), n.GetExpensive() })
		if planted := int64(10_000 * math.Sqrt(0.5*1.3)); ends.low <= planted && planted <= ends.high {
			inside++
		}
	}
	t.Logf("inside in %d of %d", inside, draws)
	require.InDelta(t, 0.95, float64(inside)/draws, 0.04)
}

func TestTheMedianOfAllBesideThatOfSome(t *testing.T) {
	all := []int64{10, 0, 30, 20, 40} // of 100: half have 3 or less
	require.Equal(t, []float64{0, 2, 3, 4}, []float64{quantile(all, 0.1), quantile(all, 0.4), quantile(all, 0.5), quantile(all, 0.61)})
	require.Zero(t, quantile(nil, 0.5))
	line := func(found string, answers int64) []string {
		g := grid{}
		require.NoError(t, truthRows{&g}.median("r", "f", all, found, answers))
		require.Len(t, g.rows, 1)
		return g.rows[0]
	}
	// 1.96 × 0.5 ÷ √25 = 0.196: from the 0.304 to the 0.696 quantile. Of 2,500 it is 0.0196.
	require.Equal(t, []string{"r", "f, tenths of a per cent", "30", "35", "16.67 %", "20", "40", "yes"}, line("3.500000000", 25))
	require.Equal(t, []string{"r", "f, tenths of a per cent", "30", "35", "16.67 %", "30", "30", "no"}, line("3.500000000", 2500))
	g := grid{}
	require.NoError(t, truthRows{&g}.median("r", "f", all, "", 0))
	require.Empty(t, g.rows)
	require.Error(t, truthRows{&g}.median("r", "f", all, "much", 3))
}
