package report

import (
	"fmt"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/summary"
)

// outflow is one way in which points leave, drawn below the line.
type outflow struct {
	class, word string
	of          func(Month) money.Points
}

var outflows = []outflow{
	{"redeemed", "redeemed", func(m Month) money.Points { return m.Redeemed }},
	{"reversed", "taken back by returns", func(m Month) money.Points { return m.Reversed }},
	{"expired", "expired", func(m Month) money.Points { return m.Expired }},
}

// seen leaves out the ways that no month knows; expiry is always shown.
func seen(list []Month) []outflow {
	var ways []outflow
	for _, way := range outflows {
		used := way.class == "expired"
		for _, m := range list {
			used = used || way.of(m) != 0
		}
		if used {
			ways = append(ways, way)
		}
	}
	return ways
}

// drawFlow draws points earned upwards and points gone downwards, on one scale.
func drawFlow(list []Month, unit string, s size) plot {
	p := plot{ID: "flow-" + s.name, Title: "Earned and gone, by month, in " + unit, W: px(s.w), H: px(s.h)}
	if len(list) == 0 {
		return p
	}
	ways := seen(list)
	var up, down int64
	for _, m := range list {
		up = max(up, drawn(m.Earned))
		down = max(down, gone(m, ways))
	}
	by := step(max(up, down, 1), 5)
	ticksUp, ticksDown := max((up+by-1)/by, 1), (down+by-1)/by
	const right, top, bottom = 8, 18, 60
	height := s.h - top - bottom
	share := float64(ticksUp) / float64(ticksUp+ticksDown)
	above := scale{base: top + height*share, height: height * share, top: by * ticksUp}
	below := scale{base: above.base, height: -height * (1 - share), top: by * ticksDown}
	if ticksDown > 0 {
		p.Marks = append(p.Marks, rules(below, by, s.w-right)...)
	}
	p.Marks = append(p.Marks, rules(above, by, s.w-right)...)
	axis := months{list: list, left: leftEdge, width: s.w - leftEdge - right}
	width := px(min(axis.slot()*0.68, 46))
	for i, m := range list {
		x := axis.middle(i) - width/2
		p.Marks = append(p.Marks, flowBars(m, ways, bars{x, width, above, below})...)
	}
	p.Marks = append(p.Marks, peaks(list, axis, above, below)...)
	p.Marks = append(p.Marks, axis.labels(s.h-20)...)
	return p
}

// bars is where one month's bars stand.
type bars struct {
	x, width     px
	above, below scale
}

func flowBars(m Month, ways []outflow, at bars) []mark {
	var marks []mark
	if v := drawn(m.Earned); v > 0 {
		marks = append(marks, mark{Class: "earned", D: column(at.x, at.width, px(at.above.base), at.above.at(v)),
			Tip: fmt.Sprintf("%s: %s earned", monthName(m.Month), summary.Count(v))})
	}
	base, total := px(at.below.base), int64(0)
	for _, way := range ways {
		v := drawn(way.of(m))
		if v == 0 {
			continue
		}
		total += v
		tip := at.below.at(total)
		marks = append(marks, mark{Class: way.class, D: column(at.x, at.width, base, tip),
			Tip: fmt.Sprintf("%s: %s %s", monthName(m.Month), summary.Count(v), way.word)})
		base = tip
	}
	return marks
}

// peaks writes the greatest month of each direction at its bar.
func peaks(list []Month, axis months, above, below scale) []mark {
	earned := greatest(list, func(m Month) int64 { return drawn(m.Earned) })
	expired := greatest(list, func(m Month) int64 { return drawn(m.Expired) })
	var marks []mark
	if v := drawn(list[earned].Earned); v > 0 {
		marks = append(marks, mark{Class: "peak", X: axis.middle(earned), Y: above.at(v) - 6, Text: summary.Count(v)})
	}
	if v := drawn(list[expired].Expired); v > 0 {
		bottom := below.at(gone(list[expired], outflows))
		marks = append(marks, mark{Class: "peak", X: axis.middle(expired), Y: bottom + 14, Text: summary.Count(v)})
	}
	return marks
}

// greatest is the first month with the greatest value.
func greatest(list []Month, of func(Month) int64) int {
	best := 0
	for i := range list {
		if of(list[i]) > of(list[best]) {
			best = i
		}
	}
	return best
}

func gone(m Month, ways []outflow) int64 {
	var total int64
	for _, way := range ways {
		total += drawn(way.of(m))
	}
	return min(total, drawnMax)
}
