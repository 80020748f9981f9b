// Package page makes the page of a report: one HTML document with its plots, its tables and what each figure means, which
// loads and runs nothing, prints well and needs no colour to be read. It draws and words what an answer holds, and counts
// nothing itself.
package page

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"strings"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/sheet"
)

//go:embed templates
var files embed.FS

var document = template.Must(template.New("page.html").ParseFS(files, "templates/*"))

// rowsMax is how many rows of a table a page shows; the answer itself has all.
const rowsMax = 500

type view struct {
	Title, Question, Head string
	Plots                 []plot
	Tables                []table
	Figures               []figure
}

type table struct {
	Name    string
	Columns []cell
	Rows    [][]cell
	Cut     int // rows that are not shown
}

type cell struct {
	Text   string
	Number bool
}

type figure struct{ Field, Definition, Source, N, Basis, CannotSay string }

// Of makes the page of a report that answers a question.
func Of(r *analyticsv1.Report, question string) (string, error) {
	v := view{Title: title(r.GetName()), Question: question, Head: head(r), Plots: plots(r)}
	for i := range v.Plots {
		v.Plots[i].ID = fmt.Sprint("plot-", i)
	}
	if r.GetCompare() != "" {
		changes := newTable(sheet.OfChanges(r.GetChanges()), money.Currency(r.GetCurrency()))
		changes.Name = "What changed since " + r.GetCompare()
		v.Tables = append(v.Tables, changes)
	}
	m := r.ProtoReflect()
	if set := m.WhichOneof(m.Descriptor().Oneofs().ByName("body")); set != nil {
		for _, s := range sheet.Of(m.Get(set).Message().Interface()) {
			v.Tables = append(v.Tables, newTable(s, money.Currency(r.GetCurrency())))
		}
	}
	for _, f := range r.GetFigures() {
		v.Figures = append(v.Figures, newFigure(f))
	}
	var b bytes.Buffer
	if err := document.Execute(&b, v); err != nil {
		return "", fmt.Errorf("write the page of %s: %w", r.GetName(), err)
	}
	return b.String(), nil
}

func title(name string) string {
	name = strings.ReplaceAll(name, "-", " ")
	if name == "rfm" {
		return "RFM"
	}
	return strings.ToUpper(name[:min(1, len(name))]) + name[min(1, len(name)):]
}

func head(r *analyticsv1.Report) string {
	text := fmt.Sprintf("Programme %s, orders before %s", r.GetProgram(), r.GetAsOf())
	if r.GetCompare() != "" {
		text += ", compared with " + r.GetCompare()
	}
	return fmt.Sprintf("%s; read up to %s, %d entries of the ledger", text,
		r.GetRead().GetEffectiveAt().AsTime().UTC().Format("2006-01-02 15:04 MST"), r.GetRead().GetEntries())
}

func newTable(s sheet.Sheet, currency money.Currency) table {
	shown := s.Shown(currency)
	t := table{Name: shown.Name, Cut: max(0, len(shown.Rows)-rowsMax)}
	for _, c := range shown.Columns {
		t.Columns = append(t.Columns, cell{c.Name, c.Kind != sheet.Text})
	}
	for _, row := range shown.Rows[:len(shown.Rows)-t.Cut] {
		cells := make([]cell, len(row))
		for i, text := range row {
			cells[i] = cell{text, shown.Columns[i].Kind != sheet.Text}
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

func newFigure(f *analyticsv1.Figure) figure {
	made := figure{
		Field: strings.NewReplacer("_minor", "", "_", " ", ".", ", ").Replace(f.GetField()), Definition: f.GetDefinition(), Source: f.GetSource(),
		Basis: strings.ToLower(strings.TrimPrefix(f.GetBasis().String(), "BASIS_")), CannotSay: f.GetCannotSay(),
	}
	if f.GetN() > 0 {
		made.N = fmt.Sprint(f.GetN())
	}
	return made
}
