package api

import (
	"context"
	"slices"
	"strings"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/table"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// exportPageDefault is how long a page of a table is when the caller does not say; the contract bounds it by 20,000.
const exportPageDefault = 5000

// Exports implements ExportService. Safe for many goroutines.
type Exports struct {
	analyticsv1.UnimplementedExportServiceServer
	server *Server
}

// Exports returns the service that hands out tables; register it on the same rpc.Server.
func (s *Server) Exports() *Exports { return &Exports{server: s} }

// ListTables implements ExportService.
func (e *Exports) ListTables(context.Context, *analyticsv1.ListTablesRequest) (*analyticsv1.ListTablesResponse, error) {
	return &analyticsv1.ListTablesResponse{Tables: Tables()}, nil
}

// Tables are the tables that there are.
func Tables() []*analyticsv1.TableInfo {
	var list []*analyticsv1.TableInfo
	for _, t := range table.All() {
		list = append(list, tableToProto(t))
	}
	return list
}

func tableToProto(t table.Table) *analyticsv1.TableInfo {
	info := &analyticsv1.TableInfo{Name: t.Name, Description: t.Doc, Snapshot: t.Snapshot}
	for _, c := range t.Columns {
		info.Columns = append(info.Columns, &analyticsv1.TableColumn{
			Name: c.Name, Type: analyticsv1.ColumnType(c.Type), Description: c.Doc, Key: c.Key, //nolint:gosec // four types
		})
	}
	return info
}

// ListRows implements ExportService. It reads partition by partition, each behind its last change.
func (e *Exports) ListRows(ctx context.Context, in *analyticsv1.ListRowsRequest) (*analyticsv1.ListRowsResponse, error) {
	t, err := tableOf(in.GetTable())
	if err != nil {
		return nil, err
	}
	at, err := cursorOf(in)
	if err != nil {
		return nil, err
	}
	if err := e.server.after(ctx, in.GetAfter()); err != nil {
		return nil, err
	}
	size := exportPageDefault
	if in.GetPageSize() > 0 {
		size = int(in.GetPageSize())
	}
	answer := &analyticsv1.ListRowsResponse{}
	for range t.Columns {
		answer.Columns = append(answer.Columns, &analyticsv1.ColumnValues{})
	}
	err = e.server.reporter.Changes(ctx, in.GetProgram(), func(ctx context.Context, c *reporting.Changes) error {
		answer.Read = reporting.ReadToProto(c.Reading)
		rows := sourceOf(t.Name, c)
		for _, partition := range c.Partitions {
			left := max(0, size-int(answer.GetRows()))
			list, err := rows(ctx, partition, at[partition], left+1) // one more than fits tells if there is more
			if err != nil {
				return err
			}
			whole := wholeChanges(list, left)
			for _, r := range list[:whole] {
				r.add(answer, t.Columns)
				at[partition] = r.change
			}
			if answer.More = len(list) > whole; answer.GetMore() {
				return nil
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	answer.Cursor, err = seal(tableOnly(in), at)
	return answer, err
}

// wholeChanges is how many of the first rows make a page of so many: what one change left is not cut, so it may be more.
func wholeChanges(list []row, size int) int {
	n := min(len(list), size)
	for n > 0 && n < len(list) && list[n].change == list[n-1].change {
		n++
	}
	return n
}

func tableOf(name string) (table.Table, error) {
	all := slices.DeleteFunc(table.All(), func(t table.Table) bool { return t.Snapshot })
	if i := slices.IndexFunc(all, func(t table.Table) bool { return t.Name == name }); i >= 0 {
		return all[i], nil
	}
	var names []string
	for _, t := range all {
		names = append(names, t.Name)
	}
	return table.Table{}, reason.New(reason.TableNotFound, "table", "there is no table %.64q; there are %s", name, strings.Join(names, ", "))
}

// row is one row of a table, and the change that left it so.
type row struct {
	change storage.Change
	cells  []cell
}

// cell is a number, or a text where the column is text.
type cell struct {
	number int64
	text   string
}

// add puts a row under those that the answer has.
func (r row) add(answer *analyticsv1.ListRowsResponse, columns []table.Column) {
	for i, c := range r.cells {
		values := answer.GetColumns()[i]
		if columns[i].Type == table.Text {
			values.Texts = append(values.GetTexts(), c.text)
			continue
		}
		values.Numbers = append(values.GetNumbers(), c.number)
	}
	answer.Rows++
}

// source reads at most so many rows that changed in a partition after a change, by rising change.
type source func(ctx context.Context, partition int, after storage.Change, limit int) ([]row, error)

// sourceOf is where the rows of a table come from.
func sourceOf(name string, c *reporting.Changes) source {
	switch name {
	case table.Entries:
		return severalOf(c.Entries, func(e storage.Entry) (storage.Change, []row) { return e.Change, entryRows(e) })
	case table.Lines:
		return severalOf(c.Orders, func(o storage.ChangedOrder) (storage.Change, []row) { return o.Change, lineRows(o, c.Reading.Currency) })
	case table.Tiers:
		return severalOf(c.Tiers, func(t storage.ChangedTiers) (storage.Change, []row) { return t.Change, tierRows(t) })
	case table.Orders:
		return func(ctx context.Context, partition int, after storage.Change, limit int) ([]row, error) {
			list, err := c.Orders(ctx, partition, after, limit)
			return rowsOf(list, func(o storage.ChangedOrder) row {
				return row{o.Change, []cell{
					{text: o.Merchant}, {text: o.ID}, {text: o.Account}, {number: int64(o.Day)}, {text: string(c.Reading.Currency)},
					{number: int64(o.Base)}, {number: oneIf(o.Counts)}, {number: int64(o.Change)},
				}}
			}), err
		}
	}
	return func(ctx context.Context, partition int, after storage.Change, limit int) ([]row, error) {
		list, err := c.Actions(ctx, partition, after, limit)
		return rowsOf(list, func(a storage.ChangedActions) row {
			return row{a.Change, []cell{
				{text: a.Type}, {number: int64(a.Day)}, {number: int64(partition)}, {number: a.Number}, {number: int64(a.Points)}, {number: int64(a.Change)},
			}}
		}), err
	}
}

// severalAtOnce is how many changed documents are read at once where each is several rows: a page holds no more of them than it
// needs, and one lot.
const severalAtOnce = 200

// severalOf makes a source of documents each of which is one row or more.
func severalOf[T any](
	read func(context.Context, int, storage.Change, int) ([]T, error), of func(T) (storage.Change, []row),
) source {
	return func(ctx context.Context, partition int, after storage.Change, limit int) ([]row, error) {
		var rows []row
		for len(rows) < limit {
			list, err := read(ctx, partition, after, severalAtOnce)
			if err != nil {
				return nil, err
			}
			for _, one := range list {
				change, made := of(one)
				after, rows = change, append(rows, made...)
			}
			if len(list) < severalAtOnce {
				break
			}
		}
		return rows, nil
	}
}

// lineRows are the lines of an order; line 0 where it has none, for whoever has kept some.
func lineRows(o storage.ChangedOrder, currency money.Currency) []row {
	line := func(number int, l history.Line) row {
		margin := money.Minor(0)
		if l.HasCost {
			margin = l.Base - l.Cost
		}
		return row{o.Change, []cell{
			{text: o.Merchant}, {text: o.ID}, {number: int64(number)}, {text: o.Account}, {number: int64(o.Day)}, {text: l.SKU}, {text: l.Category},
			{text: string(currency)}, {number: int64(l.Base)}, {number: oneIf(l.HasCost)}, {number: int64(l.Cost)}, {number: int64(margin)},
			{number: int64(o.Change)},
		}}
	}
	if !o.Counts || len(o.Lines) == 0 {
		return []row{line(0, history.Line{})}
	}
	var rows []row
	for i, l := range o.Lines {
		rows = append(rows, line(i+1, l))
	}
	return rows
}

// entryRows are what an entry did, by unit; one row where it did nothing to the points.
func entryRows(e storage.Entry) []row {
	moved := e.Moved
	if len(moved) == 0 {
		moved = []storage.Moved{{}}
	}
	return rowsOf(moved, func(m storage.Moved) row {
		cells := []cell{
			{text: e.Account}, {number: e.Seq}, {text: m.Unit}, {number: int64(e.Day)}, {text: e.Kind}, {text: e.Key}, {text: e.Actor},
			{text: e.Merchant}, {text: e.Order},
		}
		for _, points := range []money.Points{m.Active, m.Pending, m.Held, m.Debt, m.Issued, m.Redeemed, m.Expired, m.Adjusted} {
			cells = append(cells, cell{number: int64(points)})
		}
		cells = append(cells, cell{number: int64(e.Change)})
		for _, points := range []money.Points{m.Forgiven, m.InTransit, m.Fees, m.Imported, m.Donated} { // later ones stand last: places stay
			cells = append(cells, cell{number: int64(points)})
		}
		return row{e.Change, cells}
	})
}

func tierRows(t storage.ChangedTiers) []row {
	return rowsOf(t.Tiers, func(from history.TierFrom) row {
		return row{t.Change, []cell{{text: t.Account}, {number: int64(from.Day)}, {text: from.Tier}, {number: int64(t.Change)}}}
	})
}

func rowsOf[T any](list []T, of func(T) row) []row {
	rows := make([]row, len(list))
	for i, one := range list {
		rows[i] = of(one)
	}
	return rows
}

func oneIf(yes bool) int64 { //nolint:revive // what is written, not a switch
	if yes {
		return 1
	}
	return 0
}
