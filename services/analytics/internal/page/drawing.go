package page

import (
	"bytes"
	"fmt"
	"html/template"
	"regexp"
	"strings"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// drawing is a plot as a document of its own: what the page writes above and below a plot stands on it.
type drawing struct {
	plot
	Style         template.CSS
	Above         []caption // title and description
	Top           px        // where the plot begins
	Below         []entry   // legend
	Width, Height px        // of the whole
}

// caption is a line of text of a drawing.
type caption struct {
	Class, Text string
	Y           px
}

// entry is one of the lines that a legend names.
type entry struct {
	legend
	X, Y, TextX, TextY px
}

// Measures of a drawing, in pixels, and how many characters of a description fit on one of its lines.
const (
	titleY, descY, descRow = 22.0, 44.0, 18.0
	descChars              = 104
	legendRow, legendStep  = 24.0, 240.0
	legendColumns          = 3
	margin                 = 16.0
)

// Drawings are the plots of a report, each as an SVG document of its own, which loads and runs nothing. Their colours are
// those of the printed page.
func Drawings(r *analyticsv1.Report) ([]*analyticsv1.Plot, error) {
	style, err := printed("templates/plot.css", "templates/drawing.css")
	if err != nil {
		return nil, err
	}
	var list []*analyticsv1.Plot
	for i, p := range plots(r) {
		p.ID = fmt.Sprint("plot-", i)
		d := newDrawing(p)
		d.Style = template.CSS(style) //nolint:gosec // our own files
		var b bytes.Buffer
		if err := document.ExecuteTemplate(&b, "drawing.svg", d); err != nil {
			return nil, fmt.Errorf("draw %s: %w", r.GetName(), err)
		}
		list = append(list, &analyticsv1.Plot{Title: p.Title, Description: p.Desc, Svg: b.String()})
	}
	return list, nil
}

func newDrawing(p plot) drawing {
	d := drawing{plot: p, Above: []caption{{"heading", p.Title, titleY}}, Top: titleY + margin, Width: wide + 2*margin}
	for i, text := range wrapped(p.Desc, descChars) {
		y := px(descY + descRow*float64(i))
		d.Above, d.Top = append(d.Above, caption{"desc", text, y}), y+margin
	}
	d.Height = d.Top + p.H + margin
	for i, l := range p.Legend {
		e := entry{legend: l, X: px(legendStep * float64(i%legendColumns)), Y: d.Top + p.H + px(margin+legendRow*float64(i/legendColumns))}
		e.TextX, e.TextY = e.X+42, e.Y+4
		d.Below, d.Height = append(d.Below, e), e.Y+margin
	}
	return d
}

// wrapped breaks a text into lines of at most so many characters, between words.
func wrapped(text string, most int) []string {
	var lines []string
	for word := range strings.FieldsSeq(text) {
		n := len(lines) - 1
		if n >= 0 && len([]rune(lines[n]))+1+len([]rune(word)) <= most {
			lines[n] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	return lines
}

var (
	colour   = regexp.MustCompile(`--(\w+): (#[0-9a-f]+)`)
	variable = regexp.MustCompile(`var\(--(\w+)\)`)
)

// printed is style with the colours of white paper in their places: not every program that shows a drawing knows variables.
func printed(names ...string) (string, error) {
	text, err := files.ReadFile("templates/style.css")
	if err != nil {
		return "", fmt.Errorf("read the style: %w", err)
	}
	light, _, _ := strings.Cut(string(text), "}")
	colours := map[string]string{}
	for _, c := range colour.FindAllStringSubmatch(light, -1) {
		colours[c[1]] = c[2]
	}
	style := ""
	for _, name := range names {
		if text, err = files.ReadFile(name); err != nil {
			return "", fmt.Errorf("read the style: %w", err)
		}
		style += variable.ReplaceAllStringFunc(string(text), func(use string) string { return colours[variable.FindStringSubmatch(use)[1]] })
	}
	return style, nil
}
