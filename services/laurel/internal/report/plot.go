package report

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

var utc = time.UTC

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

// plot is one drawing. Its title and description are what a screen reader says of it.
type plot struct {
	ID, Title, Desc string
	W, H            px
	Marks           []mark
}

// mark is a path (D), a dot (R) or a text of a drawing. Tip is shown when the pointer rests on it.
type mark struct {
	Class string
	D     string
	X, Y  px
	R     px
	Text  string
	Tip   string
}

// size is how large a chart is drawn: each is drawn twice, and the page shows the one that fits the screen.
type size struct {
	name   string
	w, h   float64
	narrow bool
}

var (
	wide   = size{name: "wide", w: 600, h: 290}
	narrow = size{name: "narrow", w: 360, h: 260, narrow: true}
)

// pair is a chart in both sizes.
type pair struct{ Wide, Narrow plot }

// both draws a chart in both sizes, with the same description.
func both(desc string, draw func(size) plot) pair {
	p := pair{Wide: draw(wide), Narrow: draw(narrow)}
	p.Wide.Desc, p.Narrow.Desc = desc, desc
	return p
}

// column is a bar that stands on base and ends, rounded, at tip; tip may lie below base.
func column(x, width, base, tip px) string {
	r := min(2.5, width/2, px(math.Abs(float64(base-tip))))
	end := tip + r
	if tip > base {
		end = tip - r
	}
	return fmt.Sprintf("M%v,%vV%vQ%v,%v %v,%vH%vQ%v,%v %v,%vV%vZ",
		x, base, end, x, tip, x+r, tip, x+width-r, x+width, tip, x+width, end, base)
}

// box is a plain rectangle.
func box(x, y, width, height px) string {
	return fmt.Sprintf("M%v,%vh%vv%vh%vZ", x, y, width, height, -width)
}
