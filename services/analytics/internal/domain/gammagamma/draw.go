package gammagamma

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// Draw draws a customer's amounts, as many as asked for, by what the model and the mean of so many amounts of theirs tell of
// them.
func (m Model) Draw(known int, mean float64, amounts int, source rand.Source) []float64 {
	weight := float64(known)
	scale := distuv.Gamma{Alpha: m.P*weight + m.Q, Beta: m.V + weight*mean, Src: source}.Rand()
	list := make([]float64, amounts)
	for i := range list {
		list[i] = distuv.Gamma{Alpha: m.P, Beta: scale, Src: source}.Rand()
	}
	return list
}
