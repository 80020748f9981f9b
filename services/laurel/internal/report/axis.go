package report

import (
	"strconv"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/summary"
)

// drawnMax keeps the steps of an axis inside int64; no programme comes near it.
const drawnMax int64 = 1_000_000_000_000_000_000

// drawn is a figure as a chart can show it.
func drawn[N ~int64](n N) int64 { return min(max(int64(n), 0), drawnMax) }

// step is the least of 1, 2, 5, 10, 20, 50, ... of which n reach the top.
func step(top int64, n int64) int64 {
	need := max((top+n-1)/n, 1)
	for unit := int64(1); ; unit *= 10 {
		for _, m := range []int64{1, 2, 5} {
			if m*unit >= need {
				return m * unit
			}
		}
	}
}

// compact writes a tick of an axis: 0, 500, 400k, 1.5M, 2bn.
func compact(n int64) string {
	for _, u := range []struct {
		size int64
		sign string
	}{{1_000_000_000, "bn"}, {1_000_000, "M"}, {1_000, "k"}} {
		if n >= u.size {
			text := summary.Count(n / u.size)
			if tenth := n % u.size / (u.size / 10); tenth != 0 {
				text += "." + strconv.FormatInt(tenth, 10)
			}
			return text + u.sign
		}
	}
	return strconv.FormatInt(n, 10)
}

// scale maps 0..top to pixels: base is where 0 lies, height how far up the top lies.
type scale struct {
	base, height float64
	top          int64
}

func (s scale) at(v int64) px {
	if s.top == 0 {
		return px(s.base)
	}
	return px(s.base - s.height*float64(v)/float64(s.top))
}

// months is the horizontal axis of all charts by month: a slot of equal width for each.
type months struct {
	list        []Month
	left, width float64
}

func (m months) slot() float64 { return m.width / float64(len(m.list)) }

func (m months) middle(i int) px { return px(m.left + m.slot()*(float64(i)+0.5)) }

// labels writes the months as wide as they fit, and each year below its first month that is shown.
func (m months) labels(y float64) []mark {
	const threeLetters, oneLetter = 27, 11 // pixels that a slot needs
	var marks []mark
	lastYear := px(-100)
	for i, month := range m.list {
		t := month.Month.Start(utc)
		name := t.Format("Jan")
		switch {
		case m.slot() >= threeLetters:
		case m.slot() >= oneLetter:
			name = name[:1]
		default:
			name = ""
		}
		if name != "" {
			marks = append(marks, mark{Class: "month", X: m.middle(i), Y: px(y), Text: name})
		}
		if (i == 0 || t.Month() == 1) && m.middle(i)-lastYear > 40 {
			lastYear = m.middle(i)
			marks = append(marks, mark{Class: "year", X: lastYear, Y: px(y + 16), Text: t.Format("2006")})
		}
	}
	return marks
}

// leftEdge is where all plots begin: the figures of the vertical axis stand before it.
const leftEdge = 46

// rules draws the lines of a vertical axis and their figures, from 0 in steps to the top.
func rules(s scale, by int64, right float64) []mark {
	var marks []mark
	for v := int64(0); v <= s.top; v += by {
		class := "rule"
		if v == 0 {
			class = "zero"
		}
		marks = append(marks,
			mark{Class: class, D: "M" + px(leftEdge).String() + "," + s.at(v).String() + "H" + px(right).String()},
			mark{Class: "tick", X: leftEdge - 8, Y: s.at(v) + 4, Text: compact(v)})
	}
	return marks
}

func monthName(d calendar.Day) string { return d.Start(utc).Format("January 2006") }
