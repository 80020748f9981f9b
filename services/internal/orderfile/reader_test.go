package orderfile_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func defaults(t testing.TB) orderfile.Defaults {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	return orderfile.Defaults{Zone: zone, Currency: "EUR"}
}

// read returns all that comes out of a file, the rejected rows as "line:column field CODE: reason".
func read(t testing.TB, text string) ([]orderfile.Group, []orderfile.Rejected) {
	t.Helper()
	var groups []orderfile.Group
	var rejected []orderfile.Rejected
	r, err := orderfile.NewReader("my.csv", strings.NewReader(text), defaults(t))
	require.NoError(t, err)
	r.OnRejected(func(row orderfile.Rejected) { rejected = append(rejected, row) })
	for {
		g, err := r.Next()
		if errors.Is(err, io.EOF) {
			return groups, rejected
		}
		require.NoError(t, err)
		groups = append(groups, g)
	}
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

func TestEveryKindOfRow(t *testing.T) {
	groups, rejected := read(t, `order_id,account,occurred_at,kind,currency,sku,category,quantity,amount,merchant,member,channel,return_id,brand,cost,paid_with_points,order_revision
1001,ann,2026-03-02T14:05:00+01:00,placed,,TEA-100,tea,2,18,,,,,,,,
1001,ann,2026-03-02T14:06:00+01:00,paid,,TEA-100,tea,2,18,,ben,web,,Hill,7.50,,
1001,ann,2026-03-02T14:06:00+01:00,,EUR,CUP-7,cups,0,24.5,shop,ben,web,,,,4.5,0
1001,ann,2026-03-03,paid,,TEA-100,tea,1,9.00,,,,,,,,1
1001,ann,2026-03-04,shipped,,,,,,,,,,,,,
1001,ann,2026-03-09,returned,,TEA-100,,1,,,,,,,,,
1001,ann,2026-03-09,returned,,CUP-7,,,4.00,,,,r-2,,,,
1001,ann,2026-03-10,returned,,,,,,,,,r-3,,,,
1001,ann,2026-03-11,Cancelled,,,,,,,,,,,,,
"b/7",ann,2026-07-01,payment,JPY,,,,1200,"Müller & Söhne",,,,,,,
"b/7",ann,2026-07-01,payment,JPY,,,,34,"Müller & Söhne",,,,,,,
`)
	require.Empty(t, rejected)
	group := func(line, rows int, id string, e orders.Event) orderfile.Group {
		return orderfile.Group{Account: "ann", Merchant: "shop", Ref: orders.Ref{Merchant: "shop", Order: "1001"},
			Line: line, Rows: rows, ID: id, Event: e}
	}
	payment := group(11, 2, "M%C3%BCller%20&%20S%C3%B6hne/b%2F7/payment/2026-07-01T10:00:00Z", orders.Event{
		Kind: orders.Payment, Occurrence: "2026-07-01T10:00:00Z", OccurredAt: at("2026-07-01T10:00:00Z"), Currency: "JPY", Amount: 1234})
	payment.Merchant, payment.Ref = "Müller & Söhne", orders.Ref{Merchant: "Müller & Söhne", Order: "b/7"}
	want := []orderfile.Group{
		group(2, 1, "shop/1001/placed", orders.Event{Kind: orders.Placed, OccurredAt: at("2026-03-02T13:05:00Z"), Currency: "EUR",
			Lines: []orders.Line{{SKU: "TEA-100", Category: "tea", Quantity: 2, Amount: 1800}}}),
		group(3, 2, "shop/1001/paid/0", orders.Event{Kind: orders.Paid, OccurredAt: at("2026-03-02T13:06:00Z"), Currency: "EUR",
			Channel: "web", Member: "ben", Lines: []orders.Line{
				{SKU: "TEA-100", Category: "tea", Brand: "Hill", Quantity: 2, Amount: 1800, Cost: 750, HasCost: true},
				{SKU: "CUP-7", Category: "cups", Amount: 2000, Points: 450}}}),
		group(5, 1, "shop/1001/paid/1", orders.Event{Kind: orders.Paid, OccurredAt: at("2026-03-03T11:00:00Z"), Currency: "EUR",
			Revision: 1, Lines: []orders.Line{{SKU: "TEA-100", Category: "tea", Quantity: 1, Amount: 900}}}),
		group(6, 1, "shop/1001/shipped/2026-03-04T11:00:00Z", orders.Event{Kind: orders.Shipped,
			Occurrence: "2026-03-04T11:00:00Z", OccurredAt: at("2026-03-04T11:00:00Z")}),
		group(7, 1, "shop/1001/returned/2026-03-09T11:00:00Z", orders.Event{Kind: orders.Returned, Currency: "EUR",
			Occurrence: "2026-03-09T11:00:00Z", OccurredAt: at("2026-03-09T11:00:00Z"),
			Returned: []orders.ReturnedLine{{SKU: "TEA-100", Quantity: 1}}}),
		group(8, 1, "shop/1001/returned/r-2", orders.Event{Kind: orders.Returned, Currency: "EUR", Occurrence: "r-2",
			OccurredAt: at("2026-03-09T11:00:00Z"), Returned: []orders.ReturnedLine{{SKU: "CUP-7", Amount: 400, HasAmount: true}}}),
		group(9, 1, "shop/1001/returned/r-3", orders.Event{Kind: orders.Returned, Currency: "EUR", Occurrence: "r-3",
			OccurredAt: at("2026-03-10T11:00:00Z")}),
		group(10, 1, "shop/1001/cancelled", orders.Event{Kind: orders.Canceled, OccurredAt: at("2026-03-11T11:00:00Z")}),
		payment,
	}
	require.Empty(t, cmp.Diff(want, groups))
}

func TestFormsOfTheSameFile(t *testing.T) {
	plain := "order_id,account,occurred_at,sku,amount\n1,ann,2026-03-02,A,1.00\n1,ann,2026-03-02,\"B, \"\"big\"\"\",2.00\n2,bob,2026-03-03,C,3\n"
	want, _ := read(t, plain)
	require.Len(t, want, 2)
	require.Equal(t, `B, "big"`, want[0].Event.Lines[1].SKU)
	for name, text := range map[string]string{
		"CRLF":                    strings.ReplaceAll(plain, "\n", "\r\n"),
		"BOM":                     "\uFEFF" + plain,
		"no end of the last line": strings.TrimSuffix(plain, "\n"),
		"names in capitals":       strings.Replace(plain, "order_id,account", "Order_ID,ACCOUNT", 1),
		"quoted names":            strings.Replace(plain, "order_id,account", `"order_id", "account"`, 1),
		"blanks around values":    strings.ReplaceAll(plain, ",", " , ")[:0] + strings.ReplaceAll(plain, "1,ann", " 1 ,\tann "),
		"rows without any value":  strings.ReplaceAll(plain, "2,bob", ",,,,\n2,bob") + ",,,,\n",
		"a blank line at the end": plain + "\n  \n",
		"columns of rejected rows": "order_id,rejected_reason,account,occurred_at,sku,amount,rejected_row\n" +
			"1,,ann,2026-03-02,A,1.00,\n1,x,ann,2026-03-02,\"B, \"\"big\"\"\",2.00,\n2,,bob,2026-03-03,C,3,y\n",
		"other order of columns": "amount,sku,occurred_at,account,order_id\n1.00,A,2026-03-02,ann,1\n" +
			"2.00,\"B, \"\"big\"\"\",2026-03-02,ann,1\n3,C,2026-03-03,bob,2\n",
	} {
		t.Run(name, func(t *testing.T) {
			groups, rejected := read(t, text)
			require.Empty(t, rejected)
			for i := range groups {
				groups[i].Line = want[i].Line // blank lines move them
			}
			require.Empty(t, cmp.Diff(want, groups))
		})
	}
}

func TestReturnsWithoutSKUs(t *testing.T) {
	groups, rejected := read(t, "order_id,account,occurred_at,kind,return_id,amount\n1,ann,2026-03-02,returned,r,5\n1,ann,2026-03-02,returned,r,6\n"+
		"2,ann,2026-03-02,returned,r,\n")
	require.Empty(t, rejected)
	require.Equal(t, []orders.ReturnedLine{{Line: "1", Amount: 500, HasAmount: true}, {Line: "2", Amount: 600, HasAmount: true}},
		groups[0].Event.Returned, "a file without that column names lines by their place")
	require.Empty(t, groups[1].Event.Returned, "all that is left")
}

func TestHeadersThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty file":             {"", "my.csv is empty; its first line must name the columns: order_id, account"},
		"only a mark":            {"\uFEFF\n", "missing: order_id, account, occurred_at, amount; unknown: the empty name of column 1"},
		"a column is missing":    {"order_id,account,occurred_at\n", "my.csv:1: columns missing: amount; known are order_id"},
		"all faults at once":     {"order_id,acount,occurred_at,sku,SKU,\n", `columns missing: account, amount; unknown: "acount", the empty name of column 6; twice: sku`},
		"very many unknown":      {strings.Repeat("x,", 500) + "y", "and 493 more"},
		"semicolons":             {"order_id;account;amount\n", `separated by ";"; save the file with commas`},
		"tabs":                   {"order_id\taccount\n", `separated by "\t"; save the file with commas`},
		"no header at all":       {"1001,ann,2026-03-02,18.00\n", `unknown: "1001", "ann"`},
		"a spreadsheet":          {"PK\x03\x04\x14\x00", "spreadsheet"},
		"compressed":             {"\x1f\x8b\x08", "compressed; unpack it"},
		"UTF-16":                 {"\xff\xfeo\x00", "UTF-16; save it as UTF-8"},
		"broken UTF-8":           {"order_id,\xe4ccount\n", "column 10: the bytes are not UTF-8"},
		"broken quotes":          {"order_id,\"account\n", "column 10: the quote is not closed"},
		"longer than a row":      {strings.Repeat("a", 70_000) + "\n", "the first line is longer than 65536 bytes"},
		"ten million columns":    {strings.Repeat(",", 10_000_000), "the first line is longer than 65536 bytes"},
		"as many as have room":   {strings.Repeat(",", 65_000) + "\n", "and 64993 more"},
		"lines end with CR only": {"order_id,account\r1,ann\r", "column 17: a control character (U+000D)"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := orderfile.NewReader("my.csv", strings.NewReader(c.text), defaults(t))
			require.ErrorIs(t, err, reason.InvalidField)
			require.ErrorContains(t, err, c.want)
			require.Less(t, len(err.Error()), 700, "no message is a novel")
		})
	}
}

func TestTroubleWithTheFileIsNotItsEnd(t *testing.T) {
	gone := errors.New("input/output error")
	begin := "order_id,account,occurred_at,amount\n1,ann,2026-03-02,1\n2,ann,2026-03-02,1\n2,ann,2026-"
	r, err := orderfile.NewReader("my.csv", io.MultiReader(strings.NewReader(begin), iotest.ErrReader(gone)), defaults(t))
	require.NoError(t, err)
	g, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, "1", g.Ref.Order)
	for range 2 {
		_, err = r.Next()
		require.ErrorIs(t, err, gone, "order 2 may have more rows")
		require.ErrorContains(t, err, "read my.csv behind line 3")
	}
	_, err = orderfile.NewReader("my.csv", iotest.ErrReader(gone), defaults(t))
	require.ErrorIs(t, err, gone)
}

func TestHeaderOnly(t *testing.T) {
	groups, rejected := read(t, "order_id,account,occurred_at,amount")
	require.Empty(t, groups)
	require.Empty(t, rejected)
}
