package page

import "fmt"

// grid is a table of shaded fields: how much a field holds is its lightness, and stands in it as text.
type grid struct {
	Rows, Columns []string
	Fields        [][]tile
}

// tile is one field of a grid.
type tile struct {
	Value float64 // what it is shaded by
	Text  string
	Tip   string
	None  bool // there is no such field
}

// Bounds of a grid; the table has all.
const (
	gridRowsMax    = 36
	gridColumnsMax = 24
	shades         = 6
)

// draw draws the grid. Shades run from nothing to the greatest value.
func (g grid) draw(title, desc string) plot {
	const row, left, top = 26.0, 150.0, 24.0
	rows, columns := g.Rows[:min(len(g.Rows), gridRowsMax)], g.Columns[:min(len(g.Columns), gridColumnsMax)]
	p := plot{Title: title, Desc: desc, W: wide, H: px(top + row*float64(len(rows)) + 4)}
	width := (wide - left) / float64(max(len(columns), 1))
	greatest := 0.0
	for _, fields := range g.Fields {
		for _, f := range fields {
			greatest = max(greatest, f.Value)
		}
	}
	for k, name := range columns {
		p.Marks = append(p.Marks, mark{Class: "tick", X: px(left + width*(float64(k)+0.5)), Y: 15, Text: short(name)})
	}
	for i, name := range rows {
		y := top + row*float64(i)
		p.Marks = append(p.Marks, mark{Class: "label", X: left - 10, Y: px(y + 17), Text: short(name)})
		for k := range columns {
			if k >= len(g.Fields[i]) || g.Fields[i][k].None {
				continue
			}
			f, x := g.Fields[i][k], left+width*float64(k)
			p.Marks = append(p.Marks,
				mark{Class: fmt.Sprint("tile s", shade(f.Value, greatest)), D: box(px(x+1), px(y+1), px(width-2), row-2), Tip: f.Tip},
				mark{Class: fmt.Sprint("within w", shade(f.Value, greatest)), X: px(x + width/2), Y: px(y + 17), Text: f.Text})
		}
	}
	return p
}

func shade(value, greatest float64) int {
	if value <= 0 || greatest <= 0 {
		return 0
	}
	return min(1+int(value/greatest*(shades-1)), shades-1)
}
