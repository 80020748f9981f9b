package effect

import (
	"math/rand/v2"
	"slices"
)

const (
	// resamplesMax is how often the sides are drawn anew, resamplesMin how often at least, and drawsMax bounds both for many
	// customers, whose interval Welch's approaches anyway.
	resamplesMax, resamplesMin = 2000, 200
	drawsMax                   = 40_000_000
)

// resamplesOf is how often so many customers are drawn anew.
func resamplesOf(customers int) int {
	return min(resamplesMax, max(resamplesMin, drawsMax/max(customers, 1)))
}

// bootstrap draws each side anew, with replacement, and returns the ends of the middle share of the differences of means
// (percentile interval, Efron 1979), and how often it drew. It needs two customers on each side.
func bootstrap(treated, held []float64, outside float64, seed uint64) (low, high float64, times int) { //nolint:nonamedreturns // which is which
	if len(treated) < 2 || len(held) < 2 { //nolint:mnd // as welch
		return 0, 0, 0
	}
	times = resamplesOf(len(treated) + len(held))
	source := rand.New(rand.NewPCG(seed, seed))
	differences := make([]float64, times)
	for i := range differences {
		differences[i] = drawnMean(treated, source) - drawnMean(held, source)
	}
	slices.Sort(differences)
	return at(differences, outside/2), at(differences, 1-outside/2), times //nolint:mnd // one half on each side
}

func drawnMean(list []float64, source *rand.Rand) float64 {
	sum := 0.0
	for range list {
		sum += list[source.IntN(len(list))]
	}
	return sum / float64(len(list))
}

// at is a quantile of a sorted list.
func at(sorted []float64, share float64) float64 {
	return sorted[min(len(sorted)-1, max(0, int(share*float64(len(sorted)))))]
}
