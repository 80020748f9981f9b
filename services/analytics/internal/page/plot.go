package page

import (
	"fmt"
	"math"
	"strconv"
)

// px is a length on a drawing; a tenth of a pixel is as fine as it is written.
type px float64

// String writes the length without trailing zeros.
func (p px) String() string {
	tenths := math.Round(float64(p) * 10)
	if tenths == 0 {
		return "0" // not "-0"
	}
	return strconv.FormatFloat(tenths/10, 'f', -1, 64)
}

// plot is one drawing. Its title and description are what a screen reader says of it; the description stands above it too.
type plot struct {
	ID, Title, Desc string
	W, H            px
	Marks           []mark
	Legend          []legend
}

// legend names a line of a plot: lines differ by dashes and by lightness, not by colour alone.
type legend struct{ Class, Text string }

// mark is a path (D), a dot (R) or a text of a drawing. Tip is shown when the pointer rests on it.
type mark struct {
	Class string
	D     string
	X, Y  px
	R     px
	Text  string
	Tip   string
}

// wide is how wide a plot is drawn; a page scales it.
const wide = 720.0

// bar is one bar of a chart.
type bar struct {
	Label string
	Value float64
	Text  string // what is written beside it
}

// barsMax is how many bars a chart has; the table has all.
const barsMax = 40

// bars draws horizontal bars from zero; those below it go to the left.
func bars(title, desc string, list []bar) plot {
	const row, left, right = 26.0, 200.0, 130.0
	list = list[:min(len(list), barsMax)]
	p := plot{Title: title, Desc: desc, W: wide, H: px(row*float64(len(list)) + 10)}
	low, high := 0.0, 0.0
	for _, b := range list {
		low, high = min(low, b.Value), max(high, b.Value)
	}
	width := wide - left - right
	x := func(v float64) float64 { return left + width*(v-low)/max(high-low, math.SmallestNonzeroFloat64) }
	if high == low {
		x = func(float64) float64 { return left }
	}
	for i, b := range list {
		y := row*float64(i) + 5
		from, to := min(x(0), x(b.Value)), max(x(0), x(b.Value))
		class := "bar"
		if b.Value < 0 {
			class = "bar below"
		}
		p.Marks = append(p.Marks,
			mark{Class: "label", X: left - 10, Y: px(y + 14), Text: short(b.Label), Tip: b.Label},
			mark{Class: class, D: box(px(from), px(y), px(to-from), row-8)},
			mark{Class: "figure", X: px(to + 8), Y: px(y + 14), Text: b.Text})
	}
	p.Marks = append(p.Marks, mark{Class: "zero", D: fmt.Sprintf("M%v,0V%v", px(x(0)), p.H)})
	return p
}

// point is a place on a line.
type point struct{ X, Y float64 }

// series is one line of a plot. Steps are drawn as a staircase.
type series struct {
	Name   string
	Points []point
	Steps  bool
}

// axes write the ends of the axes of a plot of lines.
type axes struct{ X, Y func(float64) string }

// pointsMax is how many points of a line are drawn: more cannot be seen.
const pointsMax = 400

// seriesMax is how many lines can be told apart.
const seriesMax = 6

// lines draws lines over one another, from the least to the greatest x; the y axis has zero.
func lines(title, desc string, a axes, list ...series) plot {
	const height, left, right, top, bottom = 320.0, 96.0, 16.0, 14.0, 34.0
	p := plot{Title: title, Desc: desc, W: wide, H: height}
	list = list[:min(len(list), seriesMax)]
	lo, hi, some := point{math.Inf(1), 0}, point{math.Inf(-1), 0}, false
	for _, s := range list {
		for _, at := range s.Points {
			lo, hi, some = point{min(lo.X, at.X), min(lo.Y, at.Y)}, point{max(hi.X, at.X), max(hi.Y, at.Y)}, true
		}
	}
	if !some {
		return p
	}
	scale := func(v, from, to, start, end float64) px {
		if to == from {
			return px(start)
		}
		return px(start + (end-start)*(v-from)/(to-from))
	}
	x := func(v float64) px { return scale(v, lo.X, hi.X, left, wide-right) }
	y := func(v float64) px { return scale(v, lo.Y, hi.Y, height-bottom, top) }
	for i := range 5 {
		at := float64(i) / 4
		xv, yv := lo.X+(hi.X-lo.X)*at, lo.Y+(hi.Y-lo.Y)*at
		p.Marks = append(p.Marks,
			mark{Class: "rule", D: fmt.Sprintf("M%v,%vH%v", px(left), y(yv), px(wide-right))},
			mark{Class: "label", X: left - 8, Y: y(yv) + 4, Text: a.Y(yv)},
			mark{Class: "tick", X: x(xv), Y: height - 12, Text: a.X(xv)})
	}
	p.Marks = append(p.Marks, mark{Class: "zero", D: fmt.Sprintf("M%v,%vH%v", px(left), y(0), px(wide-right))})
	for i, s := range list {
		d := ""
		for k, at := range thin(s.Points) {
			switch {
			case k == 0:
				d = fmt.Sprintf("M%v,%v", x(at.X), y(at.Y))
			case s.Steps:
				d += fmt.Sprintf("H%vV%v", x(at.X), y(at.Y))
			default:
				d += fmt.Sprintf("L%v,%v", x(at.X), y(at.Y))
			}
		}
		p.Marks = append(p.Marks, mark{Class: fmt.Sprint("line l", i), D: d})
		p.Legend = append(p.Legend, legend{fmt.Sprint("l", i), s.Name})
	}
	return p
}

// thin leaves out points between others where there are too many to see.
func thin(points []point) []point {
	if len(points) <= pointsMax {
		return points
	}
	every := (len(points) + pointsMax - 1) / pointsMax
	var kept []point
	for i := 0; i < len(points); i += every {
		kept = append(kept, points[i])
	}
	return append(kept, points[len(points)-1])
}

// box is a plain rectangle.
func box(x, y, width, height px) string {
	return fmt.Sprintf("M%v,%vh%vv%vh%vZ", x, y, width, height, -width)
}

// labelChars is how much of a name fits before a plot.
const labelChars = 26

func short(name string) string {
	if runes := []rune(name); len(runes) > labelChars {
		return string(runes[:labelChars-1]) + "…"
	}
	return name
}
