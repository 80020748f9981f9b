package analytics_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// reader keeps a copy of a table of the tea club, as whoever exports it does.
type reader struct {
	s      *service
	table  string
	cursor string
	rows   map[string]changedRow // by key
}

type changedRow struct {
	text   string
	change int64
}

// read takes what is new in pages of a size, and returns how many rows came.
func (r *reader) read(size int32) int {
	r.s.h.t.Helper()
	for n := 0; ; {
		page, err := r.s.exports.ListRows(r.s.h.t.Context(), &analyticsv1.ListRowsRequest{
			Program: "tea", Table: r.table, Cursor: r.cursor, PageSize: size,
		})
		require.NoError(r.s.h.t, err)
		require.LessOrEqual(r.s.h.t, page.GetRows(), size)
		for i := range int(page.GetRows()) {
			key, row := r.row(page.GetColumns(), i)
			if row.change > r.rows[key].change {
				r.rows[key] = row
			}
		}
		n, r.cursor = n+int(page.GetRows()), page.GetCursor()
		if !page.GetMore() {
			return n
		}
	}
}

// row is a row under its key; cancelled orders are nothing.
func (r *reader) row(columns []*analyticsv1.ColumnValues, i int) (string, changedRow) {
	number := func(k int) int64 { return columns[k].GetNumbers()[i] }
	text := func(k int) string { return columns[k].GetTexts()[i] }
	if r.table == "actions" {
		key := fmt.Sprintf("%s %s in %d", text(0), calendar.Day(number(1)), number(2)) //nolint:gosec // a day
		return key, changedRow{fmt.Sprintf("%d for %d", number(3), number(4)), number(5)}
	}
	row := changedRow{change: number(7)}
	if number(6) == 1 {
		row.text = fmt.Sprintf("%s bought for %d %s on %s", text(2), number(5), text(4), calendar.Day(number(3))) //nolint:gosec // a day
	}
	return text(0) + "/" + text(1), row
}

// texts are the rows that count, by key.
func (r *reader) texts() map[string]string {
	texts := map[string]string{}
	for key, row := range r.rows {
		if row.text != "" {
			texts[key] = row.text
		}
	}
	return texts
}

func (s *service) reader(table string) *reader {
	return &reader{s: s, table: table, rows: map[string]changedRow{}}
}

// TestACopyThatTakesWhatIsNewIsWhole keeps a copy of each table while the history goes on, in pages of odd sizes, and holds it
// against one that reads all at the end, and against the ledger.
func TestACopyThatTakesWhatIsNewIsWhole(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.run(size{lanes: 2, batch: 16})
	orders, actions, came := s.reader("orders"), s.reader("actions"), 0
	for i, part := range slices.Collect(slices.Chunk(h.ledger.makeUp(11, 12, 400), 80)) {
		h.tell(part...)
		s.drained()
		came += orders.read(int32(1 + 3*i)) //nolint:gosec // small
		actions.read(1)
		require.Zero(t, orders.read(500), "again there is nothing new")
	}
	want := map[string]string{}
	for id, o := range h.ledger.orders {
		if !o.cancelled && o.day != calendar.None {
			want["shop/"+id] = fmt.Sprintf("%s bought for %d USD on %s", o.account, o.base, o.day)
		}
	}
	require.Empty(t, cmp.Diff(want, orders.texts()))
	require.Greater(t, came, len(orders.rows), "some came more than once")

	whole := s.reader("orders")
	require.Less(t, whole.read(20_000), came)
	require.Empty(t, cmp.Diff(want, whole.texts()))
	days := s.reader("actions")
	days.read(20_000)
	require.NotEmpty(t, days.rows)
	require.Equal(t, days.rows, actions.rows)

	s.stop()
	s = h.build(size{})
	require.NoError(t, s.Forget(t.Context()))
	s.start()
	s.drained()
	orders.s = s
	require.Zero(t, orders.read(500), "a copy that was made again has the same changes")
}

func TestWhatCannotBeExported(t *testing.T) {
	t.Parallel()
	s := shop(t)
	for _, c := range []struct {
		name          string
		in            *analyticsv1.ListRowsRequest
		reason        reason.Reason
		field, saying string
	}{
		{"no such table", &analyticsv1.ListRowsRequest{Program: "tea", Table: "whales"}, reason.TableNotFound, "table", "there are actions, entries, lines, orders, tiers"},
		{"a table that is made as of a day", &analyticsv1.ListRowsRequest{Program: "tea", Table: "customers"}, reason.TableNotFound, "table", ""},
		{"a programme of which nothing was read", &analyticsv1.ListRowsRequest{Program: "coffee", Table: "orders"}, reason.UnknownProgram, "program", ""},
		{"no cursor", &analyticsv1.ListRowsRequest{Program: "tea", Table: "orders", Cursor: "x"}, reason.InvalidArgument, "cursor", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := s.exports.ListRows(t.Context(), c.in)
			requireRefused(t, err, c.reason, c.field, c.saying)
		})
	}
	orders := s.reader("orders")
	orders.read(100)
	_, err := s.exports.ListRows(t.Context(), &analyticsv1.ListRowsRequest{Program: "tea", Table: "actions", Cursor: orders.cursor})
	requireRefused(t, err, reason.InvalidArgument, "cursor", "does not belong to table actions")
}
