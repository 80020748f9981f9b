package likelihood

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distmv"
)

// Draw draws sets of parameters that tell what was observed about as well as those that were found: their logarithms are
// normally distributed around the maximum with the covariance that its curvature gives, which is what the likelihood comes to
// with many observations (Krinsky & Robb 1986, Review of Economics and Statistics 68(4)). With a prior it is that of the
// posterior (Laplace). No logarithm goes further from the maximum than Bound. Nothing where there is no covariance.
func (e Estimate) Draw(sets int, seed uint64) []Estimate {
	if !e.Converged || e.Covariance == nil {
		return nil
	}
	normal, ok := distmv.NewNormal(e.Logs, e.Covariance, rand.NewPCG(seed, uint64(len(e.Logs))))
	if !ok {
		return nil
	}
	drawn := make([]Estimate, sets)
	for i := range drawn {
		logs := normal.Rand(nil)
		for j, l := range e.Logs {
			logs[j] = min(max(logs[j], l-Bound), l+Bound)
		}
		drawn[i].Logs = logs
	}
	return drawn
}
