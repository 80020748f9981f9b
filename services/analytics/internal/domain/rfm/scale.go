package rfm

import "slices"

// Scale turns values of one measure into scores. Bands has the scores that somebody has, the best first.
type Scale struct {
	Bands []Band
	// LessIsBetter is true for recency alone.
	LessIsBetter bool
}

// Band is who shares a score, and the values at its ends.
type Band struct {
	Score       int
	Customers   int64
	Best, Worst int64
}

// Score returns the score of a value: that of the first band that it is good enough for, and Worst below all.
func (s Scale) Score(value int64) int {
	for _, b := range s.Bands {
		if !s.better(b.Worst, value) {
			return b.Score
		}
	}
	return Worst
}

func (s Scale) better(a, b int64) bool {
	if s.LessIsBetter {
		return a < b
	}
	return a > b
}

// ScaleOf is the scale of values of which more is better. It sorts them.
func ScaleOf(values []int64) Scale {
	var s Scale
	s.fill(values)
	return s
}

// fill makes the bands by 5 − ⌊5·b/n⌋, where b is the number of values strictly better: ties share the better score. It
// sorts the values.
func (s *Scale) fill(values []int64) {
	slices.Sort(values)
	if !s.LessIsBetter {
		slices.Reverse(values)
	}
	n, better := len(values), 0
	for i, v := range values {
		if i > 0 && v != values[i-1] {
			better = i
		}
		score := Best - Best*better/n
		if last := len(s.Bands) - 1; last < 0 || s.Bands[last].Score != score {
			s.Bands = append(s.Bands, Band{Score: score, Best: v})
		}
		band := &s.Bands[len(s.Bands)-1]
		band.Customers++
		band.Worst = v
	}
}

func scales(all []Measure) Scales {
	s := Scales{R: Scale{LessIsBetter: true}}
	values := make([]int64, len(all))
	fill := func(scale *Scale, value func(Measure) int64) {
		for i, m := range all {
			values[i] = value(m)
		}
		scale.fill(values)
	}
	fill(&s.R, func(m Measure) int64 { return m.Recency })
	fill(&s.F, func(m Measure) int64 { return m.Frequency })
	fill(&s.M, func(m Measure) int64 { return int64(m.Monetary) })
	return s
}
