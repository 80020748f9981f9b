package analytics_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// rowGroups keeps a copy of a table of which several rows change together, as whoever exports it does.
type rowGroups struct {
	s      *service
	table  string
	owner  int // how many columns name whose rows they are
	told   int // which column tells the change
	cursor string
	rows   map[string][]string // by owner, those with the highest change
	change map[string]int64
}

func (s *service) rowGroups(table string, owner int) *rowGroups {
	s.h.t.Helper()
	answer, err := s.exports.ListTables(s.h.t.Context(), &analyticsv1.ListTablesRequest{})
	require.NoError(s.h.t, err)
	g := &rowGroups{s: s, table: table, owner: owner, rows: map[string][]string{}, change: map[string]int64{}}
	for _, t := range answer.GetTables() {
		if t.GetName() == table {
			g.told = slices.IndexFunc(t.GetColumns(), func(c *analyticsv1.TableColumn) bool { return c.GetName() == "change" })
		}
	}
	return g
}

// read takes what is new in pages of a size, and returns the length of the longest.
func (g *rowGroups) read(size int32) int {
	t := g.s.h.t
	t.Helper()
	longest := 0
	for more := true; more; {
		page, err := g.s.exports.ListRows(t.Context(), &analyticsv1.ListRowsRequest{Program: "tea", Table: g.table, Cursor: g.cursor, PageSize: size})
		require.NoError(t, err)
		longest = max(longest, int(page.GetRows()))
		fresh := map[string]bool{}
		for i := range int(page.GetRows()) {
			owner, text, change := "", "", int64(0)
			for k, values := range page.GetColumns() {
				var cell string
				if len(values.GetTexts()) > 0 {
					cell = values.GetTexts()[i]
				} else {
					cell = fmt.Sprint(values.GetNumbers()[i])
				}
				switch {
				case k < g.owner:
					owner += cell + "/"
				case k == g.told:
					change = values.GetNumbers()[i]
				default:
					text += cell + " "
				}
			}
			if !fresh[owner] {
				require.Greater(t, change, g.change[owner], "what one change left comes in one piece")
				fresh[owner], g.rows[owner], g.change[owner] = true, nil, change
			}
			require.Equal(t, g.change[owner], change)
			g.rows[owner] = append(g.rows[owner], text)
		}
		g.cursor, more = page.GetCursor(), page.GetMore()
	}
	return longest
}

// TestLinesAndTiersAreExportedWhole: lines of an order, and tiers of an account, come in one piece however small a page is; of those
// that changed the newer hold, and who has none left is told of.
func TestLinesAndTiersAreExportedWhole(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.run(size{lanes: 2, batch: 7})
	costed := line("cups", 500)
	costed.CostMinor = new(int64(620))
	const orders = 250 // more than are read at once
	for i := range orders {
		h.tell(h.ledger.detailed(fmt.Sprint("m", i%9), fmt.Sprint("o", i), "web", date("2025-01-10"), line("tea", 300), costed, line("", 7)))
	}
	h.tell(h.ledger.rises("m0", "bronze", date("2025-01-10")), h.ledger.rises("m0", "silver", date("2025-01-10")), h.ledger.rises("m0", "gold", date("2025-02-01")),
		h.ledger.rises("m1", "silver", date("2025-01-15")))
	s.drained()
	lines, tiers := s.rowGroups("lines", 2), s.rowGroups("tiers", 1)
	require.Equal(t, 3, lines.read(1), "a page is as long as one order")
	require.Len(t, lines.rows, orders)
	day := fmt.Sprint(int32(date("2025-01-10")))
	require.Equal(t, []string{
		"1 m0 " + day + " tea-1 tea USD 300 0 0 0 ", "2 m0 " + day + " cups-1 cups USD 500 1 620 -120 ", "3 m0 " + day + " -1  USD 7 0 0 0 ",
	}, lines.rows["shop/o0/"])
	require.Equal(t, 2, tiers.read(1))
	held := func(day, tier string) string { return fmt.Sprintf("%d %s ", date(day), tier) }
	require.Equal(t, map[string][]string{
		"m0/": {held("2025-01-10", "silver"), held("2025-02-01", "gold")}, "m1/": {held("2025-01-15", "silver")},
	}, tiers.rows)

	h.ledger.orders["o3"].lines = []*accrualv1.StandingLine{line("tea", 100)}
	h.ledger.orders["o4"].lines = nil
	h.tell(h.ledger.back("o3", date("2025-02-01"), 707), h.ledger.back("o4", date("2025-02-01"), 807), h.ledger.off("o5", date("2025-02-02")),
		h.ledger.rises("m1", "gold", date("2025-03-01")))
	s.drained()
	for _, g := range []*rowGroups{lines, tiers} {
		g.read(2)
		whole := s.rowGroups(g.table, g.owner)
		whole.read(20_000)
		require.Equal(t, whole.rows, g.rows)
	}
	require.Equal(t, []string{"1 m3 " + day + " tea-1 tea USD 100 0 0 0 "}, lines.rows["shop/o3/"])
	for i, id := range []string{"o4", "o5"} {
		require.Equal(t, []string{fmt.Sprintf("0 m%d %s   USD 0 0 0 0 ", i+4, day)}, lines.rows["shop/"+id+"/"])
	}
	require.Equal(t, []string{held("2025-01-15", "silver"), held("2025-03-01", "gold")}, tiers.rows["m1/"])

	s.stop()
	s = h.build(size{})
	require.NoError(t, s.Forget(t.Context()))
	s.start()
	s.drained()
	for _, g := range []*rowGroups{lines, tiers} {
		g.s = s
		require.Zero(t, g.read(500), "a copy that was made again has the same changes")
	}
}
