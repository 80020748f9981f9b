package e2e

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// badRows has one order that is as it should be before, between and after rows that are not, each with what is to be
// said of it: line, column, sentence.
var badRows = []struct{ row, said string }{
	{"1,ann,2026-01-05,paid,USD,assam,1,60.50", ""},
	{"2,ann,2026-13-05,paid,USD,assam,1,60.50", "3:7: occurred_at: "},
	{"3,ann,2026-01-05,paid,USD,assam,1,-60.50", "4:35: amount: "},
	{"4,ann,2026-01-05,paid,XXX,assam,1,60.50", "5:23: currency: "},
	{"5,,2026-01-05,paid,USD,assam,1,60.50", "6:3: account: "},
	{"6,bob,2026-01-06,paid,USD,assam,1,40.00", ""},
	{`7,ann,2026-01-05,paid,USD,"assam,1,60.50`, "8:27: the quote is not closed on its line"},
	{"8,ann,2026-01-05,paid,USD,assam,1,60.50,0,0", "9:41: the row has more than the 8 values that the header names"},
	{"9,ann,2026-01-05,paid,USD,as\xffsam,1,60.50", "10:29: the bytes are not UTF-8"},
	{"10,ann,2026-01-05,paid,USD,assam,1,sixty", "11:36: amount: "},
	{"11,ann,2026-01-05,stolen,USD,assam,1,60.50", "12:19: kind: "},
	{"12,cyd,2026-01-07,paid,USD,assam,2,20.00", ""},
	{"12,cyd,2026-01-07,paid,USD,assam,much,20.00", "14:34: quantity: "},
	{"13,bob,2026-01-08,paid,USD,assam,1,1.00", ""},
}

const tea = `programme: tea
zone: UTC
currency: USD
unit: points
earning: {points: 1, per: 1.00}
expiry: {rule: end_of_month, months: 12}
`

// TestBadRowsAreKeptAside replays a file of which every other row is bad. Each is named with its place and its reason,
// and kept; of an order with a bad row nothing is taken; the rest is in the ledger.
func TestBadRowsAreKeptAside(t *testing.T) {
	t.Parallel()
	content := "order_id,account,occurred_at,kind,currency,sku,quantity,amount\n"
	for _, r := range badRows {
		content += r.row + "\n"
	}
	h := newHouse(t)
	o := h.replay(replay{orders: write(t, "orders.csv", content), programme: write(t, "tea.yaml", tea)})
	s := h.figures(o)
	for _, r := range badRows {
		if r.said != "" {
			require.Contains(t, o.err, "rejected orders.csv:"+r.said)
		}
	}
	require.Contains(t, o.err, "rejected orders.csv:13:1: not read, because line 14 of the same order is wrong: quantity: ")
	kept := filepath.Join(h.home, "rejected", "orders.csv")
	require.Contains(t, o.err, "11 rows of orders.csv were not read; they are in "+kept+" with their reasons")
	require.EqualValues(t, 3, s.After.Orders)
	require.EqualValues(t, 2, s.After.Accounts)
	require.EqualValues(t, 60+40+1, s.After.Points.Earned)
	require.Zero(t, s.After.Refused, "what cannot be read does not reach the bus")

	f, err := os.Open(kept)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1+11)
	columns := len(rows[0])
	require.Equal(t, []string{"amount", "rejected_line", "rejected_column", "rejected_field", "rejected_code", "rejected_reason", "rejected_row"}, rows[0][columns-7:])
	require.Equal(t, []string{"3", "7", "occurred_at", "INVALID_FIELD"}, rows[1][columns-6:columns-2])
}

// TestCorrectedRowsAreReadFromWhereTheyWereKept corrects rejected rows in their file and replays that too.
func TestCorrectedRowsAreReadFromWhereTheyWereKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := replay{programme: write(t, "tea.yaml", tea), orders: write(t, "orders.csv",
		"order_id,account,occurred_at,amount\n1,ann,2026-01-05,60.50\n2,ann,2026-01-06,forty\n")}
	require.EqualValues(t, 60, h.figures(h.replay(r)).After.Points.Earned)

	kept := filepath.Join(h.home, "rejected", "orders.csv")
	raw, err := os.ReadFile(kept)
	require.NoError(t, err)
	r.orders = write(t, "corrected.csv", strings.Replace(string(raw), ",forty,", ",40.00,", 1))
	s := h.figures(h.replay(r))
	require.EqualValues(t, 2, s.After.Orders)
	require.EqualValues(t, 100, s.After.Points.Earned)
}

// TestWhatCannotBeStartedSaysWhy tries command lines and files of which nothing can come: a sentence, an exit code, and
// no trace on disk.
func TestWhatCannotBeStartedSaysWhy(t *testing.T) {
	t.Parallel()
	good := write(t, "tea.yaml", tea)
	orders := write(t, "orders.csv", "order_id,account,occurred_at,amount\n1,ann,2026-01-05,60.50\n")
	cases := []struct {
		name   string
		replay replay
		code   int
		says   []string
	}{
		{
			name: "every fault of a programme at once", code: 1,
			replay: replay{orders: orders, programme: write(t, "bad.yaml", "programme: tea\nzone: Mars/Base\ncurrency: XXX\n"+
				"unit: points\nearning: {points: many, per: 1.00}\nexpirry: {}\n")},
			says: []string{
				"bad.yaml:2:7: zone: ", "bad.yaml:3:11: currency: ", "bad.yaml:5:19: earning.points: ", "bad.yaml:6:1: expirry: ",
				"laurel: the programme has 4 faults",
			},
		},
		{
			name: "a programme that is no YAML", code: 1,
			replay: replay{orders: orders, programme: write(t, "bad.yaml", "programme: [tea\n")},
			says:   []string{"bad.yaml:", "laurel: the programme has 1 faults"},
		},
		{
			name: "no programme", code: 1, replay: replay{orders: orders, programme: "nowhere.yaml"},
			says: []string{"laurel: read programme: open nowhere.yaml: no such file"},
		},
		{
			name: "no order in the file", code: 1,
			replay: replay{orders: write(t, "none.csv", "order_id,account,occurred_at,amount\n"), programme: good},
			says:   []string{"laurel: there is no order to replay"},
		},
		{
			name: "an empty file", code: 1, replay: replay{orders: write(t, "empty.csv", ""), programme: good},
			says: []string{"empty.csv is empty; its first line must name the columns"},
		},
		{
			name: "a column that is missing", code: 1,
			replay: replay{orders: write(t, "short.csv", "order_id,occurred_at,amount\n1,2026-01-05,1.00\n"), programme: good},
			says:   []string{"account"},
		},
		{
			name: "no file", code: 1, replay: replay{orders: "nowhere.csv", programme: good, flags: []string{"--data", "x"}},
			says: []string{"laurel: read orders: open nowhere.csv: no such file"},
		},
		{
			name: "a wrong flag", code: 2, replay: replay{orders: orders, programme: good, flags: []string{"--fast"}},
			says: []string{"laurel: unknown flag --fast"},
		},
		{
			name: "a time that is none", code: 2, replay: replay{orders: orders, programme: good, until: "tomorrow"},
			says: []string{"laurel: --until: "},
		},
		{
			name: "a clock that is none", code: 2, replay: replay{orders: orders, programme: good, flags: []string{"--clock", "sundial"}},
			says: []string{"laurel: --clock must be one of"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			o := h.replay(c.replay)
			require.Equal(t, c.code, o.code, "%v", o)
			for _, sentence := range c.says {
				require.Contains(t, o.err, sentence)
			}
			require.Empty(t, o.out)
			require.NoDirExists(t, h.data)
			require.NoDirExists(t, h.home)
			require.NoDirExists(t, "x")
		})
	}
}

// TestALaterRevisionIsPublishedOnce replays under a programme, then twice under a changed one: each text is one revision.
func TestALaterRevisionIsPublishedOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := replay{orders: write(t, "orders.csv", "order_id,account,occurred_at,amount\n1,ann,2026-01-05,60.50\n"),
		programme: write(t, "tea.yaml", tea)}
	before := h.figures(h.replay(r)).ledger()
	r.programme = write(t, "tea.yaml", strings.Replace(tea, "points: 1", "points: 2", 1))
	for range 2 {
		require.Equal(t, before, h.figures(h.replay(r)).ledger(), "what was rated stays")
	}
	require.EqualValues(t, 2, h.open().count(t, "revisions", bson.M{}))
}

// TestALowDiskIsSaidAndCured replays where more of the disk should be free than ever is, then where it need not be.
func TestALowDiskIsSaidAndCured(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := replay{orders: write(t, "orders.csv", "order_id,account,occurred_at,amount\n1,ann,2026-01-05,60.50\n"),
		programme: write(t, "tea.yaml", tea)}
	low := r
	low.flags = []string{"--min-free-disk", "100"}
	o := h.replay(low)
	require.Equal(t, 1, o.code, "%v", o)
	require.Contains(t, o.err, "DISK_LOW: the house takes nothing new: its disk is nearly full; nothing was published")
	require.Contains(t, o.err, "new work is refused until somebody makes room")
	require.Empty(t, o.out)
	require.EqualValues(t, 60, h.figures(h.replay(r)).After.Points.Earned)
}
