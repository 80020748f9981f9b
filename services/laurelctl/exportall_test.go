package laurelctl_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/laurel-loyalty/laurel/services/analytics"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/laurelctl"
)

// everything holds an export as Parquet against the same one as CSV: every table and every list of every report that there is stands in
// both, with the columns that are documented, and cell by cell they say the same.
func everything(ts *testscript.TestScript, _ bool, dirs []string) {
	columns := map[string][]string{}
	for _, t := range analytics.Tables() {
		for _, c := range t.GetColumns() {
			columns[t.GetName()] = append(columns[t.GetName()], c.GetName())
		}
	}
	for _, t := range laurelctl.ReportTables() {
		for _, c := range t.Columns {
			name, _, _ := strings.Cut(c, " ")
			columns[t.Name] = append(columns[t.Name], name)
		}
	}
	for table, names := range columns {
		found, err := filepath.Glob(filepath.Join(ts.MkAbs(dirs[0]), table, "*.parquet"))
		ts.Check(err)
		if len(found) == 0 && !emptyTable(table) {
			ts.Fatalf("%s is not exported", table)
		}
		for _, path := range found {
			header, rows := parquetRows(ts, path)
			other := strings.TrimSuffix(strings.Replace(path, ts.MkAbs(dirs[0]), ts.MkAbs(dirs[1]), 1), ".parquet") + ".csv"
			text, err := os.ReadFile(other)
			ts.Check(err)
			cells, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
			ts.Check(err)
			if got, want := fmt.Sprint(header, cells[0]), fmt.Sprint(names, names); got != want {
				ts.Fatalf("columns of %s are %s, not %s", table, got, want)
			}
			if got, want := fmt.Sprintf("%q", rows), fmt.Sprintf("%q", cells[1:]); got != want {
				ts.Fatalf("%s says as Parquet\n%s\nas CSV\n%s", table, got, want)
			}
		}
	}
}

// emptyTable is one that writes no file for nothing: rows that change come when there are some, and no one has a tier or an own event.
func emptyTable(name string) bool { return name == "actions" || name == "tiers" }

// parquetRows reads a file as its CSV would have it.
func parquetRows(ts *testscript.TestScript, path string) ([]string, [][]string) {
	raw, err := os.ReadFile(path)
	ts.Check(err)
	file, err := parquet.OpenFile(bytes.NewReader(raw), int64(len(raw)))
	ts.Check(err)
	var header []string
	dates := map[int]bool{}
	for i, f := range file.Schema().Fields() {
		header = append(header, f.Name())
		dates[i] = f.Type().Kind() == parquet.Int32 // no other column has so few bits
	}
	rows := [][]string{}
	for _, group := range file.RowGroups() {
		reader := group.Rows()
		buffer := make([]parquet.Row, group.NumRows())
		n, _ := reader.ReadRows(buffer) // io.EOF behind the last
		for _, row := range buffer[:n] {
			cells := make([]string, len(row))
			for i, v := range row {
				switch {
				case v.IsNull():
				case dates[i]:
					cells[i] = calendar.Day(v.Int32()).String()
				default:
					cells[i] = v.String()
				}
			}
			rows = append(rows, cells)
		}
		ts.Check(reader.Close())
	}
	return header, rows
}
