package laurelctl

import (
	"slices"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/sheet"
)

// sheetRowsMax is how many rows of a list are printed for people; CSV and JSON have all.
const sheetRowsMax = 60

// sheetGrids lays any report out: a table for each of its lists; as CSV, the lists below each other, with the list in the
// first column and the columns of all of them behind it.
func sheetGrids(r *analyticsv1.Report) (grid, []grid) {
	m := r.ProtoReflect()
	set := m.WhichOneof(m.Descriptor().Oneofs().ByName("body"))
	if set == nil { // a house that is newer than this program
		return grid{columns: []string{"report"}, rows: [][]string{{r.GetName()}}}, nil
	}
	all, tables := grid{columns: []string{"part"}}, []grid{}
	for _, s := range sheet.Of(m.Get(set).Message().Interface()) {
		appendSheet(&all, s)
		if len(s.Rows) > 0 {
			tables = append(tables, sheetGrid(s.Shown(money.Currency(r.GetCurrency()))))
		}
	}
	return all, tables
}

func sheetGrid(s sheet.Sheet) grid {
	g := grid{title: s.Name, rows: s.Rows[:min(len(s.Rows), sheetRowsMax)]}
	for _, c := range s.Columns {
		g.columns = append(g.columns, c.Name)
		if c.Kind != sheet.Text {
			g.numbers = append(g.numbers, c.Name)
		}
	}
	if len(s.Rows) > sheetRowsMax {
		g.title += " (the first ones; -o csv has all)"
	}
	return g
}

func appendSheet(all *grid, s sheet.Sheet) {
	places := make([]int, len(s.Columns))
	for i, c := range s.Columns {
		if places[i] = slices.Index(all.columns, c.Name); places[i] < 0 {
			places[i] = len(all.columns)
			all.columns = append(all.columns, c.Name)
		}
	}
	for _, row := range s.Rows {
		cells := make([]string, len(all.columns))
		cells[0] = s.Name
		for i, cell := range row {
			cells[places[i]] = cell
		}
		all.add(cells...)
	}
	for i := range all.rows { // those before had fewer columns
		for len(all.rows[i]) < len(all.columns) {
			all.rows[i] = append(all.rows[i], "")
		}
	}
}
