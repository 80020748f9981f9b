package bench

import (
	"fmt"
	"html"
	"maps"
	"os"
	"slices"
	"strings"
)

// Lengths of the drawing, in pixels.
const (
	drawingWidth = 760
	barsFrom     = 190
	barsWidth    = 420
	barHeight    = 18
	barStep      = 28
	headHeight   = 44
)

// draw writes the drawing to a file.
func (r *Result) draw(path string) error {
	if err := os.WriteFile(path, []byte(r.svg()), fileMode); err != nil { //nolint:gosec // figures are for everybody
		return fmt.Errorf("write the drawing: %w", err)
	}
	return nil
}

// svg draws the rates of all sides with what they ranged over, and, for those that have lanes, what these spent their time on.
func (r *Result) svg() string {
	var d drawing
	most := 1.0
	for _, s := range r.Sides {
		most = max(most, s.Rate.Max)
	}
	d.head(fmt.Sprintf("Orders a second, from the first publish to the last commit: median, least and most of %d rounds (%s, %d cores)",
		r.Sides[0].Rate.Rounds, r.Size, r.Machine.Cores))
	for _, s := range r.Sides {
		d.bar(s.Name, []slice{{"median", s.Rate.Median / most, number(s.Rate.Median)}}, number(s.Rate.Median))
		d.spread(s.Rate.Min/most, s.Rate.Max/most)
	}
	d.head("What lanes spent their time on, and how long the outbox published beside them")
	for _, s := range r.Sides {
		for _, service := range slices.Sorted(maps.Keys(s.Phases)) {
			phases, all := s.Phases[service], s.lanes(service)
			if all == 0 {
				continue
			}
			var parts []slice
			for _, phase := range phasesInOrder() { // the outbox works beside lanes: what it took stands behind them
				parts = append(parts, slice{phase, phases[phase] / all / 2, fmt.Sprintf("%.0f %%", phases[phase]/all*percent)})
			}
			d.bar(s.Name+": "+service, parts, number(all)+" lane s")
		}
	}
	d.legend()
	return fmt.Sprintf("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n"+
		"<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n%s</svg>\n", drawingWidth, d.y+barStep, d.text.String())
}

// slice is a part of a bar, of the width of all bars.
type slice struct {
	name string
	part float64
	says string // when the pointer rests on it
}

// phasesInOrder is how the phases of a batch follow on each other, the outbox last.
func phasesInOrder() []string { return []string{"wait", "load", "compute", "pack", "commit", "outbox"} }

// fill is the colour of a slice: they differ by lightness too.
func fill(name string) string {
	return map[string]string{
		"median": "#3b6ea5", "wait": "#e6e6e6", "load": "#a6cee3", "compute": "#f4a442", "pack": "#b2df8a", "commit": "#1f4e79", "outbox": "#7b5ea7",
	}[name]
}

// drawing grows downwards.
type drawing struct {
	text strings.Builder
	y    int
}

func (d *drawing) add(form string, args ...any) {
	_, _ = fmt.Fprintf(&d.text, form+"\n", args...)
}

func (d *drawing) head(text string) {
	d.y += headHeight
	d.add(`<text x="10" y="%d" font-weight="bold">%s</text>`, d.y-barHeight, html.EscapeString(text))
}

func (d *drawing) bar(name string, of []slice, figure string) {
	d.add(`<text x="%d" y="%d" text-anchor="end">%s</text>`, barsFrom-8, d.y+13, html.EscapeString(name))
	x := float64(barsFrom)
	for _, s := range of {
		width := s.part * barsWidth
		d.add(`<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"><title>%s %s</title></rect>`,
			x, d.y, width, barHeight, fill(s.name), html.EscapeString(s.name), s.says)
		x += width
	}
	d.add(`<text x="%d" y="%d">%s</text>`, barsFrom+barsWidth+12, d.y+13, html.EscapeString(figure))
	d.y += barStep
}

// spread marks over the bar drawn last from where to where its rounds went.
func (d *drawing) spread(least, most float64) {
	y := d.y - barStep + barHeight/2
	from, to := barsFrom+least*barsWidth, barsFrom+most*barsWidth
	d.add(`<path d="M%.1f %d H%.1f M%.1f %d v8 M%.1f %d v8" stroke="black" fill="none"/>`, from, y, to, from, y-4, to, y-4)
}

// legend names the fills of phases.
func (d *drawing) legend() {
	const step = 90
	for i, phase := range phasesInOrder() {
		x := barsFrom + i*step
		d.add(`<rect x="%d" y="%d" width="12" height="12" fill="%s"/>`, x, d.y, fill(phase))
		d.add(`<text x="%d" y="%d">%s</text>`, x+18, d.y+11, phase)
	}
}
