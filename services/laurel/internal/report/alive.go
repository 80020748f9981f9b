package report

import (
	"fmt"
	"strings"

	"github.com/laurel-loyalty/laurel/services/laurel/internal/summary"
)

// drawAlive draws what members own at the end of each month, as a line over a light area.
func drawAlive(list []Month, unit string, s size) plot {
	p := plot{ID: "alive-" + s.name, Title: "Alive at the end of each month, in " + unit, W: px(s.w), H: px(s.h - 40)}
	if len(list) == 0 {
		return p
	}
	const right, top, bottom = 8, 24, 44
	peak := greatest(list, func(m Month) int64 { return drawn(m.Alive) })
	most := drawn(list[peak].Alive)
	by := step(max(most, 1), 5)
	y := scale{base: float64(p.H) - bottom, height: float64(p.H) - top - bottom, top: by * max((most+by-1)/by, 1)}
	axis := months{list: list, left: leftEdge, width: s.w - leftEdge - right}
	p.Marks = rules(y, by, s.w-right)

	var points []string
	for i, m := range list {
		points = append(points, axis.middle(i).String()+","+y.at(drawn(m.Alive)).String())
	}
	line := "M" + strings.Join(points, "L")
	last := len(list) - 1
	if last > 0 {
		p.Marks = append(p.Marks,
			mark{Class: "under", D: fmt.Sprintf("%sV%vH%vZ", line, px(y.base), axis.middle(0))},
			mark{Class: "alive", D: line})
	}
	for i, m := range list {
		class := "dot"
		if i == peak || i == last {
			class = "dot key"
			p.Marks = append(p.Marks, aliveLabel(list, i, axis.middle(i), y.at(drawn(m.Alive))))
		}
		p.Marks = append(p.Marks, mark{Class: class, X: axis.middle(i), Y: y.at(drawn(m.Alive)), R: 3.2,
			Tip: fmt.Sprintf("End of %s: %s", monthName(m.Month), summary.Count(drawn(m.Alive)))})
	}
	p.Marks = append(p.Marks, axis.labels(float64(p.H)-20)...)
	return p
}

// aliveLabel writes the figure of month i where the line leaves room: above, or below where the line falls to it.
func aliveLabel(list []Month, i int, x, y px) mark {
	m := mark{Class: "peak", X: x, Y: y - 10, Text: summary.Count(drawn(list[i].Alive))}
	if i > 0 && i == len(list)-1 {
		m.Class = "peak end"
		if list[i-1].Alive > list[i].Alive {
			m.Y = y + 19
		}
	}
	return m
}
