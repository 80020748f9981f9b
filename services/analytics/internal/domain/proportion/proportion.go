// Package proportion says how far a share of few customers can be trusted.
package proportion

import (
	"math"
	"strconv"
)

// z is the quantile of the normal distribution of a two-sided interval of 95 %.
const z = 1.959963984540054

// Interval is where a share, or a difference of two, lies with a confidence of 95 %. The zero value is none.
type Interval struct {
	Low, High float64
	Known     bool
}

// Texts are both ends with nine digits; empty where there is none.
func (i Interval) Texts() (low, high string) {
	if !i.Known {
		return "", ""
	}
	return text(i.Low), text(i.High)
}

func text(v float64) string { return strconv.FormatFloat(v+0, 'f', 9, 64) }

// Of is the interval of k of n by score (Wilson 1927, page 210); none without n.
func Of(k, n int64) Interval {
	if n <= 0 {
		return Interval{}
	}
	size, part := float64(n), float64(k)/float64(n)
	square := float64(z * z)
	middle := part + square/(2*size)
	half := z * math.Sqrt(float64(part*(1-part)/size)+square/float64(4*size*size))
	whole := 1 + square/size
	return Interval{Low: max(0, (middle-half)/whole), High: min(1, (middle+half)/whole), Known: true}
}

// Difference is the interval of k/n − l/m (Newcombe 1998, method 10); none without n and m.
func Difference(k, n, l, m int64) Interval {
	a, b := Of(k, n), Of(l, m)
	if !a.Known || !b.Known {
		return Interval{}
	}
	p, q := float64(k)/float64(n), float64(l)/float64(m)
	return Interval{Low: p - q - distance(p-a.Low, b.High-q), High: p - q + distance(a.High-p, q-b.Low), Known: true}
}

func distance(a, b float64) float64 { return math.Sqrt(float64(a*a) + float64(b*b)) }
