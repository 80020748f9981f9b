package laurelctl

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/sheet"
)

const (
	// allReports stands for every report that needs no parameter, and needing is the one that does.
	allReports = "all"
	needing    = "customer"
	// figuresTable is the table of what a report says once.
	figuresTable = "figures"
	// digestDigits is how much of the digest of parameters stands in the name of a file.
	digestDigits = 8
)

// exportedReport is a report that is asked for, and by what parameters; empty: its own.
type exportedReport struct {
	request    *analyticsv1.GetReportRequest
	parameters string
}

// reports are those that were asked for.
func (c *exportCmd) reports(ctx context.Context, e *exporter) ([]exportedReport, error) {
	names := c.Report
	if slices.Contains(names, allReports) {
		ctx, cancel := context.WithTimeout(ctx, e.world.root.Timeout)
		defer cancel()
		known, err := e.reports.ListReports(ctx, &analyticsv1.ListReportsRequest{})
		if err != nil {
			return nil, err
		}
		names = nil
		for _, r := range known.GetReports() {
			if r.GetName() != needing {
				names = append(names, r.GetName())
			}
		}
	}
	if c.With != "" && len(names) != 1 {
		return nil, &usageError{"--with is about one report", "name it with --report, and no other"}
	}
	parameters, err := canonical(c.With, c.Filter)
	if err != nil {
		return nil, err
	}
	var list []exportedReport
	for _, name := range names {
		r := reportCmd{Name: name, AsOf: c.AsOf, With: c.With, Filter: c.Filter}
		request, err := r.request(e.program)
		if err != nil {
			return nil, err
		}
		list = append(list, exportedReport{request, parameters})
	}
	return list, nil
}

// canonical writes parameters and filter so that the same ones are the same text; empty without any.
func canonical(with, filter string) (string, error) {
	all := map[string]any{}
	for name, text := range map[string]string{"with": with, "filter": filter} {
		if text == "" {
			continue
		}
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			return "", &usageError{"--" + name + " is no JSON: " + err.Error(), "write for example --filter '{\"channel\": \"web\"}'"}
		}
		all[name] = value
	}
	if len(all) == 0 {
		return "", nil
	}
	text, err := json.Marshal(all)
	return string(text), err
}

// report writes each list of a report into a file of its own, and what it says once into another. A file is whole, and of one day
// and one set of parameters; one that is made again replaces it.
func (e *exporter) report(ctx context.Context, r exportedReport, dir *exportDir, written told) error {
	ctx, cancel := context.WithTimeout(ctx, e.world.root.Timeout)
	defer cancel()
	answer, err := e.exported(ctx, r)
	if err != nil {
		return err
	}
	day, err := calendar.Parse(answer.GetAsOf())
	if err != nil {
		return fmt.Errorf("read report %s: %w", answer.GetName(), err)
	}
	name := "as-of-" + answer.GetAsOf()
	if r.parameters != "" {
		sum := sha256.Sum256([]byte(r.parameters))
		name += "-" + hex.EncodeToString(sum[:])[:digestDigits]
	}
	m := answer.ProtoReflect()
	set := m.WhichOneof(m.Descriptor().Oneofs().ByName("body"))
	if set == nil {
		return &failure{"UNKNOWN_REPORT", "the house has a report " + answer.GetName(), "use a laurelctl that is as new as the house"}
	}
	for _, s := range sheet.Of(m.Get(set).Message().Interface()) {
		table := reportTable(answer.GetName(), s)
		file, err := dir.create(table, reportColumns(s), name)
		if err == nil {
			err = writeSheet(file, s, []value{{number: int64(day)}, {text: r.parameters}})
		}
		if err != nil {
			return file.abandon(err)
		}
		if err := file.finish(); err != nil {
			return err
		}
		written(table, file.name, file.rows)
	}
	return nil
}

func (e *exporter) exported(ctx context.Context, r exportedReport) (*analyticsv1.Report, error) {
	answer, err := e.reports.GetReport(ctx, r.request)
	return answer.GetReport(), err
}

// ReportTables are the tables that a report is exported as, with their columns and those of all of them before: a layout that
// only grows, as the contract does.
func ReportTables() []ReportTable {
	var list []ReportTable
	body := (&analyticsv1.Report{}).ProtoReflect().Descriptor().Oneofs().ByName("body").Fields()
	for i := range body.Len() {
		f := body.Get(i)
		for _, s := range sheet.Of(empty(f)) {
			t := ReportTable{Name: reportTable(strings.ReplaceAll(string(f.Name()), "_", "-"), s)}
			for _, c := range reportColumns(s) {
				kind := strings.ToLower(strings.TrimPrefix(c.kind.String(), "COLUMN_TYPE_"))
				if c.optional {
					kind += "?"
				}
				t.Columns = append(t.Columns, c.name+" "+kind)
			}
			list = append(list, t)
		}
	}
	slices.SortStableFunc(list, func(a, b ReportTable) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// ReportTable is one table of a report. A column is its name and its type; with a question mark it may lack values.
type ReportTable struct {
	Name    string
	Columns []string
}

func empty(f protoreflect.FieldDescriptor) proto.Message {
	return (&analyticsv1.Report{}).ProtoReflect().NewField(f).Message().Interface()
}

func reportTable(report string, s sheet.Sheet) string {
	return "reports/" + report + "/" + cmp.Or(strings.ReplaceAll(s.Name, ".", "_"), figuresTable)
}

// reportColumns are those of a list, behind those by which reports are told apart.
func reportColumns(s sheet.Sheet) []column {
	list := []column{
		{name: "as_of", kind: analyticsv1.ColumnType_COLUMN_TYPE_DATE}, {name: "parameters", kind: analyticsv1.ColumnType_COLUMN_TYPE_TEXT},
	}
	for _, c := range s.Columns {
		made := column{name: strings.ReplaceAll(c.Name, ".", "_"), kind: analyticsv1.ColumnType_COLUMN_TYPE_TEXT}
		if c.Whole {
			made.kind, made.optional = analyticsv1.ColumnType_COLUMN_TYPE_INTEGER, true
		}
		list = append(list, made)
	}
	return list
}

func writeSheet(file *exportFile, s sheet.Sheet, first []value) error {
	rows := make([][]value, len(s.Rows))
	for i, row := range s.Rows {
		rows[i] = slices.Clone(first)
		for k, cell := range row {
			v := value{text: cell}
			if s.Columns[k].Whole {
				n, err := strconv.ParseInt(cell, 10, 64)
				if err != nil && cell != "" {
					return fmt.Errorf("write %s: %q is no whole number", file.name, cell)
				}
				v = value{number: n, absent: cell == ""}
			}
			rows[i] = append(rows[i], v)
		}
	}
	return file.write(rows)
}
