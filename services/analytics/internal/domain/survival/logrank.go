package survival

import (
	"maps"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// LogRank says whether groups differ in when something happens (Mantel 1966; of several groups Peto & Peto 1972, page 190, and
// Kalbfleisch & Prentice 1980, page 17). It is worth what random groups are worth: who has lasted long enough to rise is not
// kept by having risen.
type LogRank struct {
	// Observed and Expected are what happened to each group, and what would have if all were alike; as the groups are ordered.
	Observed []int64
	Expected []Estimate
	// ChiSquare has so many Degrees of freedom, one less than the groups that were ever at risk together with others. P is how
	// probable as much or more is among groups that are alike. All are zero where Known is not set: there is nothing to compare.
	ChiSquare, P Estimate
	Degrees      int
	Known        bool
}

// conditionMax is from which condition number on a matrix counts as one that has no inverse.
const conditionMax = 1e12

// logRank compares groups of observations.
func logRank(groups []tally) LogRank {
	k := len(groups)
	r := LogRank{Observed: make([]int64, k), Expected: make([]Estimate, k)}
	risk, leaving, days := make([]int64, k), make([]map[int]int64, k), map[int]int64{}
	for i := range groups {
		risk[i], leaving[i], r.Observed[i] = groups[i].curve.Customers, groups[i].leaving(), groups[i].curve.Events
		for day, n := range leaving[i] {
			days[day] += n
		}
	}
	variance := make([]float64, k*k)
	for _, day := range slices.Sorted(maps.Keys(days)) {
		events, all := int64(0), int64(0)
		for i := range groups {
			events, all = events+groups[i].events[day], all+risk[i]
		}
		if events > 0 {
			r.happened(float64(events), float64(all), risk, variance)
		}
		for i := range groups {
			risk[i] -= leaving[i][day]
		}
	}
	r.test(variance)
	return r
}

// happened adds what is expected of each group on a day, and the variances of a hypergeometric draw.
func (r *LogRank) happened(events, all float64, risk []int64, variance []float64) {
	spread := 0.0
	if all > 1 {
		spread = float64(events*(all-events)) / (all - 1)
	}
	k := len(risk)
	for i := range k {
		part := float64(risk[i]) / all
		r.Expected[i] += Estimate(events * part)
		for j := range k {
			other := float64(risk[j]) / all
			v := -float64(part * other)
			if i == j {
				v += part
			}
			variance[i*k+j] += float64(spread * v)
		}
	}
}

// test solves (O − E)' V⁻¹ (O − E) over all groups but one: the last follows from the others.
func (r *LogRank) test(variance []float64) {
	k := len(r.Observed)
	var at []int // the groups of which anything could have been otherwise
	for i := range k {
		if variance[i*k+i] > 0 {
			at = append(at, i)
		}
	}
	if len(at) < 2 {
		return
	}
	n := len(at) - 1
	v, off := mat.NewSymDense(n, nil), mat.NewVecDense(n, nil)
	for i := range n {
		off.SetVec(i, float64(r.Observed[at[i]])-float64(r.Expected[at[i]]))
		for j := i; j < n; j++ {
			v.SetSym(i, j, variance[at[i]*k+at[j]])
		}
	}
	var factors mat.Cholesky
	if !factors.Factorize(v) || factors.Cond() > conditionMax {
		return // some were never at risk together with the others
	}
	var solved mat.VecDense
	if err := factors.SolveVecTo(&solved, off); err != nil {
		return
	}
	chi := mat.Dot(off, &solved)
	r.ChiSquare, r.Degrees, r.Known = Estimate(chi), n, true
	r.P = Estimate(distuv.ChiSquared{K: float64(n)}.Survival(chi))
}
