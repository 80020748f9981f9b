package laurelctl

import (
	"context"
	"fmt"
	"slices"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// exportCmd copies analytics' tables into files.
type exportCmd struct {
	Format string   `enum:"csv,parquet" default:"parquet" placeholder:"FORMAT" help:"What the files are: ${enum}. Default: ${default}."`
	Out    string   `required:"" placeholder:"DIR" help:"Where they go. Into a directory that holds an export already goes what is new."`
	Table  []string `placeholder:"NAME" help:"Only this table; may be given again. Default: all, or none where a report is named."`
	Report []string `placeholder:"NAME" help:"This report, too: a table for each of its lists; may be given again. all: every report that needs no parameter."`
	With   string   `placeholder:"JSON" help:"Parameters of the one report, as analytics report takes them."`
	Filter string   `placeholder:"JSON" help:"Which customers and orders reports are about, as analytics report takes it."`
	AsOf   string   `name:"as-of" placeholder:"DATE" help:"The day of reports, and of tables that are made as of a day. Default: everything that was read."`
}

const (
	// exportPageRows is how many rows are asked for at once: of the longest names there are, less than an answer may weigh.
	exportPageRows = 5_000
	// partRowsMax is how many rows a file holds at most: what was written before an export broke off is not read again.
	partRowsMax = 1_000_000
)

// Run exports table by table. What is whole on disk stays, whatever comes after it.
func (c *exportCmd) Run(w *world) error {
	return w.askExport(func(e *exporter) error {
		dir, err := openExport(c.Out, e.program, c.Format)
		if err != nil {
			return err
		}
		var tables []*analyticsv1.TableInfo
		if len(c.Report) == 0 || len(c.Table) > 0 {
			tables, err = e.tables(w.ctx, c.Table)
		}
		if err != nil {
			return err
		}
		reports, err := c.reports(w.ctx, e)
		if err != nil {
			return err
		}
		g := grid{columns: []string{"table", "file", "rows"}, numbers: []string{"rows"}}
		written := func(table, file string, rows int64) { g.add(table, file, number(rows)) }
		for _, t := range tables {
			export := e.changes
			if t.GetSnapshot() {
				export = e.snapshot(c.AsOf)
			}
			if err := export(w.ctx, t, dir, written); err != nil {
				return err
			}
		}
		for _, r := range reports {
			if err := e.report(w.ctx, r, dir, written); err != nil {
				return err
			}
		}
		return w.show(&analyticsv1.ListTablesResponse{Tables: tables}, g)
	})
}

// exporter is a connection to analytics, each of whose calls has its own time.
type exporter struct {
	world   *world
	reports analyticsv1.AnalyticsServiceClient
	exports analyticsv1.ExportServiceClient
	program string
}

// askExport lets f ask analytics for as long as it takes.
func (w *world) askExport(f func(e *exporter) error) error {
	d, err := w.dial("analytics", w.root.Server)
	if err != nil {
		return err
	}
	defer d.close()
	program, err := d.programme()
	if err != nil {
		return err
	}
	return w.reached(d.address, f(&exporter{
		world: w, reports: analyticsv1.NewAnalyticsServiceClient(d.conn), exports: analyticsv1.NewExportServiceClient(d.conn), program: program,
	}))
}

// tables are those that were asked for.
func (e *exporter) tables(ctx context.Context, names []string) ([]*analyticsv1.TableInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, e.world.root.Timeout)
	defer cancel()
	answer, err := e.exports.ListTables(ctx, &analyticsv1.ListTablesRequest{})
	if err != nil || len(names) == 0 {
		return answer.GetTables(), err
	}
	var list []*analyticsv1.TableInfo
	for _, name := range names {
		i := slices.IndexFunc(answer.GetTables(), func(t *analyticsv1.TableInfo) bool { return t.GetName() == name })
		if i < 0 {
			return nil, &usageError{fmt.Sprintf("there is no table %q", name), "leave --table out to export all of them"}
		}
		list = append(list, answer.GetTables()[i])
	}
	return list, nil
}

// told hears of each file that was written.
type told func(table, file string, rows int64)

// changes writes what changed of a table since the last export into new files.
func (e *exporter) changes(ctx context.Context, t *analyticsv1.TableInfo, dir *exportDir, written told) error {
	for more := true; more; {
		at := dir.state.Tables[t.GetName()]
		file, err := dir.create(t.GetName(), columnsOf(t), fmt.Sprintf("part-%06d", at.Parts+1))
		if err != nil {
			return err
		}
		if at.Cursor, more, err = e.part(ctx, t, at.Cursor, file); err != nil {
			return file.abandon(err)
		}
		if file.rows == 0 {
			return file.abandon(nil)
		}
		if err := file.finish(); err != nil {
			return err
		}
		at.Parts, at.Rows = at.Parts+1, at.Rows+file.rows
		if err := dir.passed(t.GetName(), at); err != nil {
			return err
		}
		written(t.GetName(), file.name, file.rows)
	}
	return nil
}

// part fills a file with pages behind a cursor, and returns the cursor behind them, and if there is more.
func (e *exporter) part(ctx context.Context, t *analyticsv1.TableInfo, cursor string, file *exportFile) (string, bool, error) {
	for file.rows < partRowsMax {
		answer, err := e.page(ctx, &analyticsv1.ListRowsRequest{Program: e.program, Table: t.GetName(), Cursor: cursor, PageSize: exportPageRows})
		if err != nil {
			return "", false, err
		}
		if err := file.write(rowsOf(t, answer)); err != nil {
			return "", false, err
		}
		cursor = answer.GetCursor()
		if !answer.GetMore() {
			return cursor, false, nil
		}
	}
	return cursor, true, nil
}

func (e *exporter) page(ctx context.Context, in *analyticsv1.ListRowsRequest) (*analyticsv1.ListRowsResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, e.world.root.Timeout)
	defer cancel()
	return e.exports.ListRows(ctx, in)
}

// rowsOf turns columns into rows. A column that this program was not told of is not looked at.
func rowsOf(t *analyticsv1.TableInfo, page *analyticsv1.ListRowsResponse) [][]value {
	rows := make([][]value, page.GetRows())
	for i := range rows {
		rows[i] = make([]value, len(t.GetColumns()))
		for k, c := range t.GetColumns() {
			if c.GetType() == analyticsv1.ColumnType_COLUMN_TYPE_TEXT {
				rows[i][k].text = page.GetColumns()[k].GetTexts()[i]
				continue
			}
			rows[i][k].number = page.GetColumns()[k].GetNumbers()[i]
		}
	}
	return rows
}

// snapshot writes the customers as of a day, into the file of that day.
func (e *exporter) snapshot(asOf string) func(context.Context, *analyticsv1.TableInfo, *exportDir, told) error {
	return func(ctx context.Context, t *analyticsv1.TableInfo, dir *exportDir, written told) error {
		in := &analyticsv1.ListCustomersRequest{Program: e.program, AsOf: asOf, PageSize: exportPageRows}
		var file *exportFile
		for more := true; more; more = in.GetPageToken() != "" {
			answer, err := e.customers(ctx, in)
			if err == nil && file == nil {
				file, err = dir.create(t.GetName(), columnsOf(t), "as-of-"+answer.GetAsOf())
			}
			if err == nil {
				err = writeCustomers(file, answer)
			}
			if err != nil {
				return file.abandon(err)
			}
			in.PageToken = answer.GetNextPageToken()
		}
		if err := file.finish(); err != nil {
			return err
		}
		written(t.GetName(), file.name, file.rows)
		return nil
	}
}

func (e *exporter) customers(ctx context.Context, in *analyticsv1.ListCustomersRequest) (*analyticsv1.ListCustomersResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, e.world.root.Timeout)
	defer cancel()
	return e.reports.ListCustomers(ctx, in)
}

func writeCustomers(file *exportFile, page *analyticsv1.ListCustomersResponse) error {
	rows := make([][]value, len(page.GetCustomers()))
	for i, c := range page.GetCustomers() {
		of, err := customerValues(page, c)
		if err != nil {
			return err
		}
		rows[i] = make([]value, len(file.columns))
		for k, column := range file.columns {
			v, known := of[column.name]
			if !known {
				return &failure{"UNKNOWN_COLUMN", "the house has a column " + column.name, "use a laurelctl that is as new as the house"}
			}
			rows[i][k] = v
		}
	}
	return file.write(rows)
}

// customerValues are the columns of a customer, by name.
func customerValues(page *analyticsv1.ListCustomersResponse, c *analyticsv1.Customer) (map[string]value, error) {
	days := map[string]string{"as_of": page.GetAsOf(), "first_day": c.GetFirstDay(), "last_day": c.GetLastDay()}
	of := map[string]value{
		"account": {text: c.GetAccount()}, "orders": {number: c.GetOrders()}, "currency": {text: page.GetCurrency()},
		"amount_minor": {number: c.GetSumMinor()}, "class": {text: c.GetClass()}, "recency_score": {number: int64(c.GetRecencyScore())},
		"frequency_score": {number: int64(c.GetFrequencyScore())}, "monetary_score": {number: int64(c.GetMonetaryScore())},
		"segment": {text: c.GetSegment()},
	}
	for name, text := range days {
		day, err := calendar.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("read a customer: %w", err)
		}
		of[name] = value{number: int64(day)}
	}
	return of, nil
}
