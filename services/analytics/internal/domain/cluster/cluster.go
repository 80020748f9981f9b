// Package cluster groups customers who are alike by how lately, how often and for how much they have bought: k-means (Lloyd 1982) with
// seeds far apart (Arthur & Vassilvitskii 2007, k-means++) on standardised logarithms. What it finds follows from the figures alone,
// not from names, nor from the order in which customers come, nor from the currency.
package cluster

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Default, Least and Most are how many clusters there may be.
const (
	Default = 4
	Least   = 2
	Most    = 8
)

const (
	sampleMax  = 50_000 // different figures from which centres are found
	starts     = 6
	roundsMax  = 100
	seed       = 20_261_127
	grid       = 1e6 // standardised values are cut to this, so that rounding decides nothing
	dimensions = 3
)

// Figures are what a customer is grouped by.
type Figures struct {
	Recency int64 // days since the last order, at least 1
	Orders  int64 // at least 1
	Spend   int64 // minor units, at least 0
}

type point [dimensions]float64

// row is some customers with the same figures.
type row struct {
	at     point
	weight float64
}

// Model tells who belongs to which cluster. The zero Model knows nobody.
type Model struct {
	// Free is the spend that nothing counts as: half the least of those who spent anything. A logarithm needs some.
	Free            float64
	Mean, Deviation [dimensions]float64   // of the logarithms
	Centres         [][dimensions]float64 // standardised, who spent most first
}

// Of is the cluster of a customer, from 1; 0: there are none.
func (m Model) Of(f Figures) int {
	near, _, _ := nearest(m.Centres, m.standard(f))
	return near + 1
}

func logs(f Figures, free float64) point {
	spend := float64(f.Spend)
	if f.Spend <= 0 {
		spend = free
	}
	return point{math.Log(float64(max(f.Recency, 1))), math.Log(float64(max(f.Orders, 1))), math.Log(spend)}
}

func (m Model) standard(f Figures) point {
	p := logs(f, m.Free)
	for d := range p {
		if p[d] -= m.Mean[d]; m.Deviation[d] > 0 {
			p[d] /= m.Deviation[d]
		}
		p[d] = math.Round(p[d]*grid) / grid
	}
	return p
}

// nearest is the nearest centre, how far it is, squared, and how far the next one is; of two as near the first.
func nearest(centres [][dimensions]float64, p point) (int, float64, float64) {
	best, at, next := -1, math.Inf(1), math.Inf(1)
	for i, c := range centres {
		d := 0.0
		for k := range p {
			d += (p[k] - c[k]) * (p[k] - c[k])
		}
		switch {
		case d < at:
			best, at, next = i, d, at
		case d < next:
			next = d
		}
	}
	return best, at, next
}

// Found are customers who were grouped, and how well.
type Found struct {
	Model
	// Within is the sum of squared distances to the own centre, standardised; of one cluster it is that of all.
	Within float64
	// Silhouette is the mean of (b − a) ÷ max(a, b), a and b the distances to the own and to the next centre: 1 is far apart, 0 is
	// none. 0 for one cluster.
	Silhouette float64
}

// Group finds at most k clusters: fewer where fewer customers differ. Nobody has none.
func Group(all []Figures, k int) Found {
	if len(all) == 0 {
		return Found{}
	}
	sorted := slices.Clone(all)
	slices.SortFunc(sorted, func(a, b Figures) int {
		return cmp.Or(cmp.Compare(a.Recency, b.Recency), cmp.Compare(a.Orders, b.Orders), cmp.Compare(a.Spend, b.Spend))
	})
	m := measure(sorted)
	var rows []row
	for i, f := range sorted {
		if i > 0 && f == sorted[i-1] {
			rows[len(rows)-1].weight++
			continue
		}
		rows = append(rows, row{m.standard(f), 1})
	}
	m.Centres = centres(sample(rows), k)
	found := Found{Model: m}
	found.judge(rows)
	return found
}

// measure is what logarithms are standardised by.
func measure(sorted []Figures) Model {
	least := int64(0)
	for _, f := range sorted {
		if f.Spend > 0 && (least == 0 || f.Spend < least) {
			least = f.Spend
		}
	}
	m := Model{Free: max(float64(least), 1) / 2} //nolint:mnd // half of it
	n := float64(len(sorted))
	for _, f := range sorted {
		for d, x := range logs(f, m.Free) {
			m.Mean[d] += x / n
		}
	}
	for _, f := range sorted {
		for d, x := range logs(f, m.Free) {
			m.Deviation[d] += (x - m.Mean[d]) * (x - m.Mean[d]) / n
		}
	}
	for d, v := range m.Deviation {
		m.Deviation[d] = 0
		if v > 1.0/grid/grid { // all as good as equal
			m.Deviation[d] = math.Sqrt(v)
		}
	}
	return m
}

// sample takes each n-th row, so that no more than sampleMax are left.
func sample(rows []row) []row {
	step := (len(rows) + sampleMax - 1) / sampleMax
	if step <= 1 {
		return rows
	}
	var some []row
	for i := 0; i < len(rows); i += step {
		some = append(some, rows[i])
	}
	return some
}

// centres are the best of several starts, who spent most first.
func centres(rows []row, k int) [][dimensions]float64 {
	random := rand.New(rand.NewPCG(seed, uint64(k))) //nolint:gosec // it must be the same each time
	var best [][dimensions]float64
	least := math.Inf(1)
	for range starts {
		found, within := lloyd(rows, seeds(rows, k, random))
		if within < least {
			best, least = found, within
		}
	}
	slices.SortFunc(best, func(a, b [dimensions]float64) int {
		return cmp.Or(cmp.Compare(b[2], a[2]), cmp.Compare(b[1], a[1]), cmp.Compare(a[0], b[0]))
	})
	return best
}

// seeds draws rows one after the other, each with a chance in proportion to its squared distance from those before.
func seeds(rows []row, k int, random *rand.Rand) [][dimensions]float64 {
	far := make([]float64, len(rows))
	for i, r := range rows {
		far[i] = r.weight
	}
	var list [][dimensions]float64
	for len(list) < k {
		sum := 0.0
		for _, f := range far {
			sum += f
		}
		if sum <= 0 {
			break // no other figures are left
		}
		at, left := 0, random.Float64()*sum
		for i, f := range far {
			if f > 0 {
				at = i
			}
			if left -= f; left < 0 {
				break
			}
		}
		list = append(list, rows[at].at)
		for i, r := range rows {
			_, d, _ := nearest(list, r.at)
			far[i] = r.weight * d
		}
	}
	return list
}

// lloyd moves centres to the mean of those nearest to them until nobody changes.
func lloyd(rows []row, list [][dimensions]float64) ([][dimensions]float64, float64) {
	of := make([]int, len(rows))
	within := 0.0
	for round := range roundsMax {
		changed := round == 0
		within = 0
		sums, weights := make([]point, len(list)), make([]float64, len(list))
		for i, r := range rows {
			near, d, _ := nearest(list, r.at)
			changed = changed || of[i] != near
			of[i] = near
			within += r.weight * d
			weights[near] += r.weight
			for k := range r.at {
				sums[near][k] += r.weight * r.at[k]
			}
		}
		if !changed {
			break
		}
		for c, w := range weights {
			if w == 0 {
				continue // nobody is nearest to it any more: it stays
			}
			for k := range sums[c] {
				list[c][k] = sums[c][k] / w
			}
		}
	}
	return list, within
}

// judge says how well all are grouped.
func (f *Found) judge(rows []row) {
	weight := 0.0
	for _, r := range rows {
		_, own, next := nearest(f.Centres, r.at)
		f.Within += r.weight * own
		weight += r.weight
		if a, b := math.Sqrt(own), math.Sqrt(next); b > 0 && !math.IsInf(b, 1) {
			f.Silhouette += r.weight * (b - a) / b
		}
	}
	f.Silhouette /= weight
}
