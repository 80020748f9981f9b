package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/laurel-loyalty/laurel/services/laurel/internal/summary"
)

// shades is how many steps the palette of tiers has, from the lowest tier to the highest: classes t0, t1, ...
const shades = 7

// shade is the class of tier i of n. With more tiers than shades neighbours may share one; a line still parts them.
func shade(i, n int) string {
	if n <= 1 {
		return fmt.Sprintf("t%d", shades/2)
	}
	return fmt.Sprintf("t%d", (i*(shades-1)+(n-1)/2)/(n-1))
}

// ladderOf is the ladder with whatever other tiers the months know above it, by name.
func ladderOf(p Page) []string {
	tiers := slices.Clone(p.Tiers)
	for _, m := range p.Months {
		for _, name := range slices.Sorted(maps.Keys(m.Tiers)) {
			if !slices.Contains(tiers, name) {
				tiers = append(tiers, name)
			}
		}
	}
	return tiers
}

// drawTiers draws the accounts in each tier at the end of each month, one band on the other, the lowest tier below.
func drawTiers(list []Month, tiers []string, s size) plot {
	p := plot{ID: "tiers-" + s.name, Title: "Members in each tier at the end of each month", W: px(s.w), H: px(s.h + 20)}
	if len(list) == 0 || len(tiers) == 0 {
		return p
	}
	right, top, bottom := 122.0, 14.0, 44.0
	if s.narrow {
		right = 118
	}
	var most int64
	for _, m := range list {
		most = max(most, members(m, tiers))
	}
	by := step(max(most, 1), 5)
	y := scale{base: float64(p.H) - bottom, height: float64(p.H) - top - bottom, top: by * max((most+by-1)/by, 1)}
	axis := months{list: list, left: leftEdge, width: s.w - leftEdge - right}
	p.Marks = rules(y, by, s.w-right)
	floor := make([]int64, len(list))
	labels := make([]tierLabel, len(tiers))
	for i, tier := range tiers {
		roof := slices.Clone(floor)
		for k, m := range list {
			roof[k] = min(roof[k]+drawn(m.Tiers[tier]), drawnMax)
		}
		last := len(list) - 1
		count := drawn(list[last].Tiers[tier])
		p.Marks = append(p.Marks, mark{Class: "band " + shade(i, len(tiers)), D: band(axis, y, floor, roof),
			Tip: fmt.Sprintf("%s: %s at the end", tier, summary.Count(count))})
		labels[i] = tierLabel{tier: tier, class: shade(i, len(tiers)), count: count,
			anchor: (y.at(floor[last]) + y.at(roof[last])) / 2}
		floor = roof
	}
	edge := axis.middle(len(list)-1) + halfBar(axis)
	p.Marks = append(p.Marks, tierLabels(labels, edge, px(s.w-right), px(y.base))...)
	p.Marks = append(p.Marks, axis.labels(float64(p.H)-20)...)
	return p
}

// halfBar is what a single month is drawn with to each side; several months are joined instead.
func halfBar(axis months) px {
	if len(axis.list) == 1 {
		return px(min(axis.slot()*0.34, 23))
	}
	return 0
}

// band is the outline of one tier between floor and roof.
func band(axis months, y scale, floor, roof []int64) string {
	if half := halfBar(axis); half > 0 {
		return box(axis.middle(0)-half, y.at(roof[0]), 2*half, y.at(floor[0])-y.at(roof[0]))
	}
	var there, back []string
	for i := range roof {
		there = append(there, axis.middle(i).String()+","+y.at(roof[i]).String())
		k := len(floor) - 1 - i
		back = append(back, axis.middle(k).String()+","+y.at(floor[k]).String())
	}
	return "M" + strings.Join(there, "L") + "L" + strings.Join(back, "L") + "Z"
}

type tierLabel struct {
	tier, class string
	count       int64
	anchor, y   px
}

// tierLabels writes each tier beside its band, pushed apart where bands are thin, with a line that leads there.
func tierLabels(labels []tierLabel, edge, right, bottom px) []mark {
	const apart = 18
	slices.SortStableFunc(labels, func(a, b tierLabel) int { return cmp.Compare(a.anchor, b.anchor) })
	next := px(10)
	for i := range labels {
		labels[i].y = max(labels[i].anchor, next)
		next = labels[i].y + apart
	}
	limit := bottom
	for i := len(labels) - 1; i >= 0; i-- {
		labels[i].y = min(labels[i].y, limit)
		limit = labels[i].y - apart
	}
	var marks []mark
	for _, l := range labels {
		x := right + 12
		marks = append(marks,
			mark{Class: "lead", D: fmt.Sprintf("M%v,%vL%v,%vH%v", edge+2, l.anchor, right+2, l.y, x-2)},
			mark{Class: "key " + l.class, D: box(x, l.y-5, 10, 10)},
			mark{Class: "name", X: x + 15, Y: l.y + 4, Text: short(l.tier, 9) + " " + summary.Count(l.count), Tip: l.tier})
	}
	return marks
}

// short cuts a name that has no room; the whole of it stands in the tip and in the table.
func short(name string, most int) string {
	if utf8.RuneCountInString(name) <= most {
		return name
	}
	return string([]rune(name)[:most-1]) + "…"
}

func members(m Month, tiers []string) int64 {
	var n int64
	for _, t := range tiers {
		n = min(n+drawn(m.Tiers[t]), drawnMax)
	}
	return n
}

// drawSpark draws one tier alone, on a scale of its own: thin bands cannot be read in the stack.
func drawSpark(list []Month, tier string, i, n int) plot {
	const w, h, pad = 220.0, 56.0, 5.0
	p := plot{ID: fmt.Sprintf("spark-%d", i), Title: "Members in " + tier + " by month", W: w, H: h}
	most := int64(1)
	for _, m := range list {
		most = max(most, drawn(m.Tiers[tier]))
	}
	y := scale{base: h - pad, height: h - 2*pad, top: most}
	axis := months{list: list, left: 0, width: w}
	var points []string
	for k, m := range list {
		points = append(points, axis.middle(k).String()+","+y.at(drawn(m.Tiers[tier])).String())
	}
	last := len(list) - 1
	if last > 0 {
		line := "M" + strings.Join(points, "L")
		p.Marks = []mark{
			{Class: "fill " + shade(i, n), D: fmt.Sprintf("%sV%vH%vZ", line, px(y.base), axis.middle(0))},
			{Class: "sparkline", D: line},
		}
	}
	p.Marks = append(p.Marks, mark{Class: "sparkdot", X: axis.middle(last), Y: y.at(drawn(list[last].Tiers[tier])), R: 3})
	return p
}
