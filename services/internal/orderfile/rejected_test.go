package orderfile_test

import (
	"bytes"
	"fmt"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func TestValuesThatAreRefused(t *testing.T) {
	const head = "order_id,account,occurred_at,kind,currency,sku,quantity,amount,merchant,return_id,order_revision,cost\n"
	for name, c := range map[string]struct {
		row, want string
		code      reason.Reason
	}{
		"no order":            {",ann,2026-03-02,,,,,1,,,,", "2:1: order_id: the value is missing", reason.InvalidField},
		"no account":          {"1,,2026-03-02,,,,,1,,,,", "2:3: account: the value is missing", reason.InvalidField},
		"account too long":    {"1," + strings.Repeat("ä", 129) + ",2026-03-02,,,,,1,,,,", "2:3: account: 129 characters are more than the 128 that fit", reason.InvalidField},
		"merchant too long":   {"1,ann,2026-03-02,,,,,1," + strings.Repeat("m", 65) + ",,,", "2:24: merchant: 65 characters", reason.InvalidField},
		"no time":             {"1,ann,,,,,,1,,,,", "2:7: occurred_at: the value is missing", reason.InvalidField},
		"31 February":         {"1,ann,2026-02-31,,,,,1,,,,", `2:7: occurred_at: "2026-02-31" is no time`, reason.InvalidField},
		"time without zone":   {"1,ann,2026-03-02T10:00:00,,,,,1,,,,", "2:7: occurred_at: ", reason.InvalidField},
		"year 0":              {"1,ann,0000-03-02,,,,,1,,,,", "2:7: occurred_at: ", reason.InvalidField},
		"day first":           {"1,ann,02/03/2026,,,,,1,,,,", "2:7: occurred_at: ", reason.InvalidField},
		"unknown kind":        {"1,ann,2026-03-02,refund,,,,1,,,,", `2:18: kind: "refund" is no kind of order event`, reason.UnknownEventType},
		"the ledger's kind":   {"1,ann,2026-03-02,lapsed,,,,1,,,,", "2:18: kind: only the ledger itself", reason.UnknownEventType},
		"unknown currency":    {"1,ann,2026-03-02,,XQX,,,1,,,,", "2:19: currency: ", reason.UnknownCurrency},
		"small currency":      {"1,ann,2026-03-02,,eur,,,1,,,,", "2:19: currency: ", reason.UnknownCurrency},
		"no amount":           {"1,ann,2026-03-02,,,,,,,,,", "2:22: amount: the value is missing", reason.InvalidField},
		"negative amount":     {"1,ann,2026-03-02,,,,,-1.00,,,,", "2:22: amount: -1.00 is negative; amounts are positive, for returns too", reason.InvalidField},
		"too exact an amount": {"1,ann,2026-03-02,,,,,1.005,,,,", "2:22: amount: ", reason.InvalidField},
		"yen with a fraction": {"1,ann,2026-03-02,,JPY,,,1.5,,,,", "2:25: amount: ", reason.InvalidField},
		"amount as 1e3":       {"1,ann,2026-03-02,,,,,1e3,,,,", "2:22: amount: ", reason.InvalidField},
		"comma for a point":   {`1,ann,2026-03-02,,,,,"1,50",,,,`, "2:22: amount: ", reason.InvalidField},
		"amount over limit":   {"1,ann,2026-03-02,,,,,10000000000000.01,,,,", "2:22: amount: 10000000000000.01 is more than 10000000000000.00", reason.AmountOutOfRange},
		"amount that no int":  {"1,ann,2026-03-02,,,,,99999999999999999999,,,,", "2:22: amount: ", reason.AmountOutOfRange},
		"half a piece":        {"1,ann,2026-03-02,,,,1.5,1,,,,", `2:21: quantity: "1.5" is not a whole number from 0 to 1000000000`, reason.InvalidField},
		"negative quantity":   {"1,ann,2026-03-02,,,,-1,1,,,,", "2:21: quantity: ", reason.InvalidField},
		"quantity over limit": {"1,ann,2026-03-02,,,,1000000001,1,,,,", "2:21: quantity: ", reason.InvalidField},
		"negative revision":   {"1,ann,2026-03-02,,,,,1,,,-1,", "2:26: order_revision: ", reason.InvalidField},
		"revised return":      {"1,ann,2026-03-02,returned,,A,,1,,,2,", "2:35: order_revision: only paid rows have a revision, and this one is returned", reason.InvalidField},
		"return_id of a sale": {"1,ann,2026-03-02,,,,,1,,r-1,,", "2:25: return_id: only returned rows have a return_id, and this one is paid", reason.InvalidField},
		"negative cost":       {"1,ann,2026-03-02,,,,,1,,,,-3", "2:27: cost: ", reason.InvalidField},
		"nothing came back":   {"1,ann,2026-03-02,returned,,A,0,,,,,", "2:30: quantity: nothing came back", reason.InvalidField},
		"return of which sku": {"1,ann,2026-03-02,returned,,,1,,,,,", "2:28: sku: the value is missing: it says which line came back", reason.InvalidField},
		"too few values":      {"1,ann,2026-03-02", "2:17: the row has 3 values, the header names 12", reason.MalformedEvent},
		"too many values":     {"1,ann,2026-03-02,,,,,1,,,,,,", "2:28: the row has more than the 12 values", reason.MalformedEvent},
		"a control character": {"1,a\x00nn,2026-03-02,,,,,1,,,,", "2:4: a control character (U+0000)", reason.MalformedEvent},
		"broken UTF-8":        {"1,ämm,2026-03-02,,,\xff,,1,,,,", "2:20: the bytes are not UTF-8", reason.MalformedEvent},
		"open quote":          {`1,ann,2026-03-02,,,"A,,1,,,,`, "2:20: the quote is not closed on its line", reason.MalformedEvent},
		"text behind a quote": {`1,ann,2026-03-02,,,"A"B,,1,,,,`, "2:23: a comma is missing behind the closing quote", reason.MalformedEvent},
		"quote in a value":    {`1,ann,2026-03-02,,,5" disc,,1,,,,`, "2:21: a quote inside a value", reason.MalformedEvent},
		"too long":            {"1,ann,2026-03-02,,," + strings.Repeat("A", 70_000) + ",,1,,,,", "2:1: the row is longer than 65536 bytes", reason.TooLarge},
		"ten million columns": {"1" + strings.Repeat(",", 10_000_000), "2:1: the row is longer than 65536 bytes", reason.TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			groups, rejected := read(t, head+c.row+"\n2,bob,2026-03-03,,,,,2,,,,\n")
			require.Len(t, rejected, 1)
			require.Contains(t, rejected[0].String(), "my.csv:"+c.want)
			require.Equal(t, c.code, rejected[0].Code)
			require.Less(t, len(strings.Join(rejected[0].Row, ",")), 2048)
			require.Len(t, groups, 1, "the neighbour is unharmed")
			require.Equal(t, "2", groups[0].Ref.Order)
		})
	}
}

func TestPointsAreAPartOfWhatIsPaid(t *testing.T) {
	for row, want := range map[string]string{
		"paid,1.00,1.01":    "2:28: paid_with_points: 1.01 is more than the amount of the row, 1.00",
		"paid,1.00,-0.01":   "2:28: paid_with_points: -0.01 is negative",
		"returned,,0.01":    "2:28: paid_with_points: only placed and paid rows have a part that was paid with points, and this one is returned",
		"payment,1.00,0.01": "2:31: paid_with_points: only placed and paid rows",
	} {
		_, rejected := read(t, "order_id,account,occurred_at,kind,amount,paid_with_points\n1,ann,2026-03-02,"+row+"\n")
		require.Len(t, rejected, 1, row)
		require.Contains(t, rejected[0].String(), "my.csv:"+want)
		require.Equal(t, reason.InvalidField, rejected[0].Code)
	}
}

func TestPartsOfWhatIsPaidAreNoMoreThanIt(t *testing.T) {
	for row, want := range map[string]string{
		"paid,1.00,,1.01,,":     "tax: 1.01 is more than the amount of the row, 1.00",
		"paid,1.00,,,1.01,":     "paid_with_gift_cards: 1.01 is more than the amount of the row, 1.00",
		"paid,1.00,0.40,,0.61,": "paid_with_gift_cards: 0.61 is more than what points left of the amount of the row, 0.60",
		"returned,1.00,,0.10,,": "tax: only placed and paid rows have a part that is tax, and this one is returned",
		"payment,1.00,,,0.10,":  "paid_with_gift_cards: only placed and paid rows have a part that was paid with gift cards, and this one is payment",
		"cancelled,,,,,true":    "shipping: only placed and paid rows are for shipping, and this one is cancelled",
		"paid,1.00,,,,yes":      `shipping: "yes"; write true where the row is what was paid for shipping, else nothing`,
	} {
		_, rejected := read(t, "order_id,account,occurred_at,kind,amount,paid_with_points,tax,paid_with_gift_cards,shipping\n1,ann,2026-03-02,"+row+"\n")
		require.Len(t, rejected, 1, row)
		require.Contains(t, rejected[0].String(), want)
	}
	groups, rejected := read(t, "order_id,account,occurred_at,amount,paid_with_points,tax,paid_with_gift_cards,shipping\n1,ann,2026-03-02,1.00,0.40,1.00,0.60,true\n")
	require.Empty(t, rejected)
	require.Equal(t, []orders.Line{{Amount: 60, Tax: 60, GiftCard: 60, Shipping: true, Points: 40, PointsTax: 40}}, groups[0].Event.Lines)
}

func TestNeverAPartOfAnOrder(t *testing.T) {
	const head = "order_id,account,occurred_at,kind,amount\n"
	good := func(order string) string { return order + ",of-" + order + ",2026-03-02,paid,1.00" }
	bad := func(order string) string { return order + ",of-" + order + ",2026-03-02,paid,x" }
	for name, c := range map[string]struct {
		rows     []string
		groups   string // orders returned
		rejected string // lines
	}{
		"bad first":                         {[]string{bad("A"), good("A"), good("B")}, "B", "2 3"},
		"bad in the middle":                 {[]string{good("A"), bad("A"), good("A"), good("B")}, "B", "2 3 4"},
		"bad last":                          {[]string{good("A"), good("A"), bad("A"), good("B")}, "B", "2 3 4"},
		"bad at the end of the file":        {[]string{good("B"), good("A"), bad("A")}, "B", "3 4"},
		"open quote in a value":             {[]string{good("A"), `A,"of-A,2026-03-02,paid,1`, good("B")}, "B", "2 3"},
		"open quote before the order":       {[]string{good("A"), `"A,of-A,2026-03-02,paid,1`, good("B")}, "B", "2 3"},
		"open quote in another's first":     {[]string{good("A"), `"B,of-B,2026-03-02,paid,1`, good("B"), good("C")}, "A C", "3 4"},
		"open quote in a lonely row":        {[]string{good("A"), `"X,of-X,2026-03-02,paid,1`, good("B")}, "A B", "3"},
		"rubbish between orders":            {[]string{good("A"), `"rubbish`, "more rubbish", good("B")}, "A B", "3 4"},
		"rubbish inside an order":           {[]string{good("A"), `"rubbish`, good("A"), good("B")}, "B", "3 2 4"},
		"cut in the order's name":           {[]string{good("A1"), "A", good("B")}, "B", "2 3"},
		"order named on its first row only": {[]string{good("A"), ",,2026-03-02,paid,2.00", good("B")}, "B", "2 3"},
		"no order, another account":         {[]string{good("A"), ",eve,2026-03-02,paid,2.00", good("B")}, "A B", "3"},
		"unknown kind":                      {[]string{good("A"), "A,of-A,2026-03-02,pad,2.00", good("B")}, "B", "2 3"},
		"another event of the order":        {[]string{good("A"), "A,of-A,2026-03-02,placed,x", good("B")}, "A B", "3"},
		"accounts disagree":                 {[]string{good("A"), "A,eve,2026-03-02,paid,1.00", good("B")}, "B", "2 3"},
		"times disagree":                    {[]string{good("A"), "A,of-A,2026-03-03,paid,1.00", good("B")}, "B", "2 3"},
		"row with a comma too many":         {[]string{good("A"), good("A") + ",", good("B")}, "B", "2 3"},
		"row cut":                           {[]string{good("A"), "A,of-A,2026-", good("B")}, "B", "2 3"},
		"broken UTF-8 in the order":         {[]string{good("A"), "A\xff,of-A,2026-03-02,paid,1", good("B")}, "B", "2 3"},
		"last row without end, cut":         {[]string{good("B"), good("A"), "A,of"}, "B", "3 4"},
	} {
		t.Run(name, func(t *testing.T) {
			groups, rejected := read(t, head+strings.Join(c.rows, "\n"))
			var names, lines []string
			for _, g := range groups {
				names = append(names, g.Ref.Order)
			}
			for _, r := range rejected {
				lines = append(lines, fmt.Sprint(r.Line))
				require.NotEmpty(t, r.Reason)
			}
			require.Equal(t, c.groups, strings.Join(names, " "), "orders that come through")
			require.Equal(t, c.rejected, strings.Join(lines, " "), "lines that are rejected, in the order in which they are")
		})
	}
}

func TestReasonOfAGoodRow(t *testing.T) {
	_, rejected := read(t, "order_id,account,occurred_at,amount\n1,ann,2026-03-02,1\n1,ann,2026-03-02,x\n")
	require.Equal(t, "my.csv:2:1: not read, because line 3 of the same order is wrong: amount: "+rejected[1].Reason+" (INVALID_FIELD)", rejected[0].String())
	require.Equal(t, reason.InvalidField, rejected[0].Code)
	require.Equal(t, []string{"1", "ann", "2026-03-02", "1"}, rejected[0].Row)
}

func TestOrdersThatAreTooLong(t *testing.T) {
	const head = "order_id,account,occurred_at,sku,amount,brand\n"
	row := func(sku string) string { return "1,ann,2026-03-02," + sku + ",1," + sku + "\n" }
	const after = "2,ann,2026-03-02,A,1,\n"
	t.Run("1,000 lines", func(t *testing.T) {
		groups, rejected := read(t, head+strings.Repeat(row("A"), 1000)+after)
		require.Empty(t, rejected)
		require.Len(t, groups, 2)
		require.Len(t, groups[0].Event.Lines, 1000)
	})
	t.Run("1,001 lines", func(t *testing.T) {
		groups, rejected := read(t, head+strings.Repeat(row("A"), 1001)+after)
		require.Len(t, groups, 1)
		require.Len(t, rejected, 1001)
		require.Equal(t, reason.TooLarge, rejected[0].Code)
		require.Equal(t, "my.csv:1002:1: the order has more than 1000 rows (TOO_LARGE)", rejected[1000].String())
	})
	t.Run("more than 256 KiB", func(t *testing.T) {
		groups, rejected := read(t, head+strings.Repeat(row(strings.Repeat("ü", 120)), 600)+after)
		require.Len(t, groups, 1)
		require.Len(t, rejected, 600)
		require.Contains(t, rejected[0].Reason, "bytes as an event, more than 262144")
		require.Equal(t, reason.TooLarge, rejected[599].Code)
	})
	t.Run("payments beyond the limit", func(t *testing.T) {
		_, rejected := read(t, "order_id,account,occurred_at,kind,amount\n"+strings.Repeat("1,ann,2026-03-02,payment,9999999999999\n", 2))
		require.Len(t, rejected, 2)
		require.Equal(t, reason.AmountOutOfRange, rejected[0].Code)
	})
}

func TestRejectedRowsCanBeCorrectedAndReadAgain(t *testing.T) {
	text := "amount,order_id,account,occurred_at\n1.00,1,ann,2026-03-02\nx,1,ann,2026-03-02\n\"2,2,bob,2026-03-02\n3,3,\"c,d\",2026-03-02\n"
	r, err := orderfile.NewReader("my.csv", strings.NewReader(text), defaults(t))
	require.NoError(t, err)
	var b bytes.Buffer
	rejects, err := orderfile.NewRejects(&b, r.Header())
	require.NoError(t, err)
	r.OnRejected(func(row orderfile.Rejected) { require.NoError(t, rejects.Write(row)) })
	g, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, "3", g.Ref.Order)
	require.NoError(t, rejects.Flush())
	require.Equal(t, `amount,order_id,account,occurred_at,rejected_line,rejected_column,rejected_field,rejected_code,rejected_reason,rejected_row
1.00,1,ann,2026-03-02,2,1,,INVALID_FIELD,"not read, because line 3 of the same order is wrong: amount: ""x"" is not a decimal number; write digits and at most one point, for example 12.34",
x,1,ann,2026-03-02,3,1,amount,INVALID_FIELD,"""x"" is not a decimal number; write digits and at most one point, for example 12.34",
,2,,,4,1,,MALFORMED_EVENT,the quote is not closed on its line,"""2,2,bob,2026-03-02"
`, b.String())
	corrected := strings.Replace(b.String(), "\nx,1", "\n4.00,1", 1)
	groups, rejected := read(t, corrected)
	require.Len(t, groups, 1)
	require.Equal(t, "1", groups[0].Ref.Order)
	require.Len(t, groups[0].Event.Lines, 2)
	require.Len(t, rejected, 1)
}
