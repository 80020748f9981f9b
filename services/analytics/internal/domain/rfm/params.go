package rfm

import (
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Best and Worst are the ends of a score.
const (
	Best  = 5
	Worst = 1
)

// Limits of a table of segments.
const (
	segmentsMax  = 32
	nameCharsMax = 64
)

// Range is the scores that fit, both ends included.
type Range struct{ From, To int }

func (r Range) has(score int) bool { return r.From <= score && score <= r.To }

// Segment is a line of the table of segments: the first line that fits a customer names them.
type Segment struct {
	Name    string
	R, F, M Range
}

func (s Segment) fits(x Scores) bool { return s.R.has(x.R) && s.F.has(x.F) && s.M.has(x.M) }

// Default is the table of segments of a programme that has none of its own.
func Default() []Segment {
	all := Range{Worst, Best}
	from := func(score int) Range { return Range{score, Best} }
	just := func(score int) Range { return Range{score, score} }
	return []Segment{
		{Name: "champions", R: just(5), F: just(5), M: from(4)},
		{Name: "loyal", R: from(4), F: from(4), M: all},
		{Name: "promising", R: from(4), F: all, M: all},
		{Name: "needs attention", R: just(3), F: from(4), M: all},
		{Name: "at risk", R: all, F: from(4), M: all},
		{Name: "lost", R: just(1), F: all, M: all},
		{Name: "hibernating", R: all, F: all, M: all},
	}
}

// Check refuses a table that leaves a customer without a segment, a name twice, or scores that there are not. Errors are
// reason.InvalidArgument.
func Check(table []Segment) error {
	if len(table) == 0 || len(table) > segmentsMax {
		return invalid("%d segments; give 1 to %d", len(table), segmentsMax)
	}
	known := map[string]bool{}
	for _, s := range table {
		if s.Name == "" || len(s.Name) > nameCharsMax || known[s.Name] {
			return invalid("%.64q is no name for a segment, or the second one with it; give each a name of 1 to %d characters", s.Name, nameCharsMax)
		}
		known[s.Name] = true
		for _, r := range []Range{s.R, s.F, s.M} {
			if r.From < Worst || r.To > Best || r.From > r.To {
				return invalid("segment %q asks for scores %d to %d; scores go from %d to %d", s.Name, r.From, r.To, Worst, Best)
			}
		}
	}
	all := Range{Worst, Best}
	if last := table[len(table)-1]; last.R != all || last.F != all || last.M != all {
		return invalid("the last segment, %q, must fit all scores, so that everybody has a segment", last.Name)
	}
	return nil
}

func invalid(format string, args ...any) error {
	return reason.New(reason.InvalidArgument, "segments", format, args...)
}

// Place returns the segment of scores: a checked table has one for all.
func Place(table []Segment, x Scores) string {
	for _, s := range table {
		if s.fits(x) {
			return s.Name
		}
	}
	return ""
}
