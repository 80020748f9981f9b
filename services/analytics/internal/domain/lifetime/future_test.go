package lifetime_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/bgnbd"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/lifetime"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/paretonbd"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/repeat"
)

func TestFuturesAreOnAverageWhatIsExpected(t *testing.T) {
	const futures, weeks, most = 20_000, 40, 1000
	for name, m := range map[string]lifetime.Buying{
		"bg_nbd":     bgnbd.Model{Kind: bgnbd.BG, R: 0.8, Alpha: 15, A: 0.8, B: 3},
		"mbg_nbd":    bgnbd.Model{Kind: bgnbd.MBG, R: 0.8, Alpha: 15, A: 0.8, B: 3},
		"pareto_nbd": paretonbd.Model{R: 0.8, Alpha: 15, S: 0.7, Beta: 40},
	} {
		for i, c := range []repeat.Count{{Age: 300}, {Repeats: 4, Recency: 120, Age: 300}, {Repeats: 9, Recency: 390, Age: 400}} {
			t.Run(fmt.Sprint(name, i), func(t *testing.T) {
				source := rand.NewPCG(11, uint64(i))
				sum, squares := 0.0, 0.0
				for range futures {
					n := float64(len(m.Future(c, weeks, most, source)))
					sum += n
					squares += n * n
				}
				mean := sum / futures
				deviation := math.Sqrt((squares/futures - mean*mean) / futures)
				require.InDelta(t, m.Alive(c)*m.WhileAlive(c.Repeats, c.Age, weeks), mean, 4*deviation)
			})
		}
	}
}
