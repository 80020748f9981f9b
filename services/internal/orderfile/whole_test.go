package orderfile_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"buf.build/go/protovalidate"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	ordersv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/orders/v1"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

func TestToProto(t *testing.T) {
	groups, rejected := read(t, `order_id,account,occurred_at,kind,sku,quantity,amount,order_revision,return_id
1,ann,2026-03-02T10:00:00Z,placed,A,2,18,,
1,ann,2026-03-02T10:00:00Z,paid,A,2,18,3,
1,ann,2026-03-02T10:00:00Z,shipped,,,,,
1,ann,2026-03-02T10:00:00Z,returned,A,1,,,r
1,ann,2026-03-02T10:00:00Z,returned,B,,0,,r
1,ann,2026-03-02T10:00:00Z,cancelled,,,,,
1,ann,2026-03-02T10:00:00Z,payment,,,7.25,,
`)
	require.Empty(t, rejected)
	when := timestamppb.New(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC))
	lines := []*ordersv1.Line{{Sku: "A", Quantity: 2, AmountMinor: 1800}}
	want := []proto.Message{
		&ordersv1.OrderPlaced{OrderId: "1", Merchant: "shop", Account: "ann", OccurredAt: when, Currency: "EUR", Lines: lines},
		&ordersv1.OrderPaid{OrderId: "1", Merchant: "shop", Account: "ann", OccurredAt: when, Currency: "EUR", Lines: lines, Revision: 3},
		&ordersv1.OrderShipped{OrderId: "1", Merchant: "shop", Account: "ann", OccurredAt: when, ShipmentId: "2026-03-02T10:00:00Z"},
		&ordersv1.OrderReturned{OrderId: "1", Merchant: "shop", Account: "ann", OccurredAt: when, Currency: "EUR", ReturnId: "r",
			Lines: []*ordersv1.ReturnedLine{{Sku: "A", Quantity: 1}, {Sku: "B", AmountMinor: proto.Int64(0)}}},
		&ordersv1.OrderCancelled{OrderId: "1", Merchant: "shop", Account: "ann", OccurredAt: when},
		&ordersv1.PaymentReceived{OrderId: "1", Merchant: "shop", Account: "ann", OccurredAt: when, Currency: "EUR",
			PaymentId: "2026-03-02T10:00:00Z", AmountMinor: 725},
	}
	require.Len(t, groups, len(want))
	for i, g := range groups {
		require.Empty(t, cmp.Diff(want[i], orderfile.ToProto(g), protocmp.Transform()))
		require.Equal(t, string(want[i].ProtoReflect().Descriptor().FullName()), orderfile.EventType(g))
		body, err := orderfile.Marshal(g)
		require.NoError(t, err)
		back := want[i].ProtoReflect().New().Interface()
		require.NoError(t, proto.Unmarshal(body, back))
		require.Empty(t, cmp.Diff(want[i], back, protocmp.Transform()))
	}
	require.Equal(t, "laurel.orders.v1.OrderPaid", orderfile.EventType(groups[1]))
	require.Nil(t, orderfile.ToProto(orderfile.Group{Event: orders.Event{Kind: orders.Lapsed}}))
}

// sheet is a file as a shop might write it: rows of cells by column, and which rows are one order event.
type sheet struct {
	rows  []map[string]string
	wants []orderfile.Group
}

var allColumns = []string{"order_id", "account", "occurred_at", "kind", "currency", "sku", "category", "quantity",
	"amount", "merchant", "member", "channel", "return_id", "brand", "cost", "paid_with_points", "paid_with_gift_cards",
	"tax", "shipping", "order_revision"}

// anySheet has one event for each order, so that no row can be mistaken for one of another event.
func anySheet(t *rapid.T) sheet {
	text := rapid.StringMatching(`[a-zäß "',;:/%~.-]{0,9}[a-z]`)
	var s sheet
	for i := range rapid.IntRange(1, 12).Draw(t, "orders") {
		order := fmt.Sprintf("o-%d%s", i, rapid.StringMatching(`[a-z/ü]?`).Draw(t, "tail"))
		account, merchant := fmt.Sprintf("acc-%d", i), rapid.SampledFrom([]string{"shop", "kiosk 2"}).Draw(t, "merchant")
		when := time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "time"), 0).UTC()
		g := orderfile.Group{Account: account, Merchant: merchant, Ref: orders.Ref{Merchant: merchant, Order: order},
			Line: len(s.rows) + 2, Event: orders.Event{OccurredAt: when, Currency: "USD"}}
		g.Event.Kind = rapid.SampledFrom([]orders.Kind{orders.Placed, orders.Paid, orders.Paid, orders.Returned}).Draw(t, "kind")
		g.Rows = rapid.IntRange(1, 4).Draw(t, "rows")
		for range g.Rows {
			amount := money.Minor(rapid.Int64Range(0, 1_000_000_000_000_000).Draw(t, "amount"))
			quantity := rapid.Int64Range(1, 1_000_000_000).Draw(t, "quantity")
			sku, category := text.Draw(t, "sku"), text.Draw(t, "category")
			row := map[string]string{"order_id": order, "account": account, "occurred_at": when.Format(time.RFC3339),
				"kind": g.Event.Kind.String(), "currency": "USD", "merchant": merchant, "sku": sku, "category": category,
				"quantity": fmt.Sprint(quantity), "amount": money.Format(amount, "USD"), "cost": "1.50"}
			if g.Event.Kind == orders.Returned {
				row["return_id"], g.Event.Occurrence = "r", "r"
				g.Event.Returned = append(g.Event.Returned, orders.ReturnedLine{SKU: sku, Quantity: quantity, Amount: amount, HasAmount: true})
			} else {
				points := money.Minor(rapid.Int64Range(0, int64(amount)).Draw(t, "points"))
				row["paid_with_points"] = money.Format(points, "USD")
				cards, tax := money.Minor(0), money.Minor(rapid.Int64Range(0, int64(amount)).Draw(t, "tax"))
				if points < amount {
					cards = money.Minor(rapid.Int64Range(0, int64(amount-points)).Draw(t, "gift cards"))
				}
				row["paid_with_gift_cards"], row["tax"] = money.Format(cards, "USD"), money.Format(tax, "USD")
				shipping := rapid.Bool().Draw(t, "shipping")
				row["shipping"] = map[bool]string{true: "true"}[shipping]
				g.Event.Lines = append(g.Event.Lines, orders.Line{
					SKU: sku, Category: category, Quantity: quantity, Amount: amount - points, Cost: 150, HasCost: true,
					Tax: orders.Share(tax, int64(amount-points), int64(amount)), GiftCard: cards, Shipping: shipping,
					Points: points, PointsTax: tax - orders.Share(tax, int64(amount-points), int64(amount)),
				})
			}
			s.rows = append(s.rows, row)
		}
		s.wants = append(s.wants, g)
	}
	return s
}

// lines writes the sheet, with whatever freedom CSV leaves.
func (s sheet) lines(t *rapid.T, columns []string) []string {
	lines := []string{strings.Join(columns, ",")}
	for _, row := range s.rows {
		var cells []string
		for _, c := range columns {
			text := row[c]
			if strings.ContainsAny(text, `",`) || strings.TrimSpace(text) != text || rapid.Bool().Draw(t, "quoted") {
				text = `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
			}
			cells = append(cells, text)
		}
		lines = append(lines, strings.Join(cells, ","))
	}
	return lines
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	validator, err := protovalidate.New()
	require.NoError(t, err)
	rapid.Check(t, func(r *rapid.T) {
		s := anySheet(r)
		end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(r, "end")
		text := rapid.SampledFrom([]string{"", "\uFEFF"}).Draw(r, "mark") + strings.Join(s.lines(r, rapid.Permutation(allColumns).Draw(r, "columns")), end)
		groups, rejected := read(t, text)
		require.Empty(r, rejected)
		require.Empty(r, cmp.Diff(s.wants, groups, cmpopts.IgnoreFields(orderfile.Group{}, "ID")))
		ids := map[string]bool{}
		for _, g := range groups {
			require.False(r, ids[g.ID], "id %q twice", g.ID)
			ids[g.ID] = true
			require.NoError(r, g.Event.Check())
			require.NoError(r, validator.Validate(orderfile.ToProto(g)), "the contract takes what the reader makes")
		}
	})
}

// TestSizeOfAnEvent holds what the check of the greatest size leans on.
func TestSizeOfAnEvent(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := anySheet(r)
		columns := []string{"order_id", "account", "occurred_at", "kind", "sku", "category", "quantity", "amount", "currency", "return_id"}
		lines := s.lines(r, columns)
		groups, _ := read(t, strings.Join(lines, "\n"))
		for _, g := range groups {
			bytes := len(strings.Join(lines[g.Line-1:g.Line-1+g.Rows], ""))
			require.LessOrEqual(r, proto.Size(orderfile.ToProto(g)), 2*bytes)
		}
	})
}

// TestBrokenRowsHarmOnlyTheirOrder breaks some rows of a good file: each row is then either in an order or rejected,
// orders come whole or not at all, and those without a broken row come as they were.
func TestBrokenRowsHarmOnlyTheirOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := anySheet(r)
		columns := append([]string{"order_id", "account"}, rapid.Permutation(allColumns[2:]).Draw(r, "columns")...)
		lines := s.lines(r, columns)
		broken := map[int]bool{}
		for range rapid.IntRange(0, 3).Draw(r, "broken") {
			i := rapid.IntRange(1, len(lines)-1).Draw(r, "line")
			lines[i], broken[i+1] = breakRow(r, lines[i]), true
		}
		var want []orderfile.Group
		for _, g := range s.wants {
			if !slices.ContainsFunc(lineNumbers(g), func(n int) bool { return broken[n] }) {
				want = append(want, g)
			}
		}
		groups, rejected := read(t, strings.Join(lines, "\n"))
		require.Empty(r, cmp.Diff(want, groups, cmpopts.IgnoreFields(orderfile.Group{}, "ID")), "file:\n%s", strings.Join(lines, "\n"))
		seen := map[int]int{}
		for _, g := range groups {
			for _, n := range lineNumbers(g) {
				seen[n]++
			}
		}
		for _, row := range rejected {
			seen[row.Line]++
		}
		for n := 2; n <= len(lines); n++ {
			require.Equal(r, 1, seen[n], "line %d", n)
		}
	})
}

func lineNumbers(g orderfile.Group) []int {
	var numbers []int
	for i := range g.Rows {
		numbers = append(numbers, g.Line+i)
	}
	return numbers
}

// breakRow makes a row wrong in a way that leaves order and account to be seen.
func breakRow(t *rapid.T, line string) string {
	behind := strings.Index(line[strings.Index(line, ",")+1:], ",") + strings.Index(line, ",") + 2
	place := rapid.IntRange(behind, len(line)).Draw(t, "place")
	switch rapid.IntRange(0, 4).Draw(t, "how") {
	case 0:
		return line[:behind] // cut
	case 1:
		return line + ",more"
	case 2:
		return line[:place] + "\xff" + line[place:]
	case 3:
		return `"` + strings.ReplaceAll(line, `"`, "") // opens before the order's name
	default:
		return line[:place] + strings.Repeat("x", 70_000) + line[place:]
	}
}

// endless writes rows for ever, each order four rows, one row in a hundred wrong.
type endless struct {
	rows, left int
	rest       []byte
}

func (e *endless) Read(p []byte) (int, error) {
	if len(e.rest) == 0 {
		if e.rows == 0 {
			e.rest = []byte("order_id,account,occurred_at,sku,amount\n")
		} else if e.rows > e.left {
			return 0, io.EOF
		} else {
			amount := "12.50"
			if e.rows%100 == 0 {
				amount = "x"
			}
			e.rest = fmt.Appendf(nil, "o-%d,ann,2026-03-02,SKU-%d,%s\n", e.rows/4, e.rows%7, amount)
		}
		e.rows++
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func TestMemoryStaysFlat(t *testing.T) {
	const rows = 400_000 // some 15 MB
	r, err := orderfile.NewReader("big.csv", &endless{left: rows - 1}, defaults(t))
	require.NoError(t, err)
	rejected, groups := 0, 0
	r.OnRejected(func(orderfile.Rejected) { rejected++ })
	var greatest uint64
	for {
		_, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if groups++; groups%20_000 == 0 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			greatest = max(greatest, m.HeapAlloc)
		}
	}
	require.Less(t, greatest, uint64(24<<20), "bytes in use while reading")
	const wrong = rows/100 - 1
	require.Equal(t, 4*wrong, rejected, "a wrong row takes its order of four with it")
	require.Equal(t, rows/4-wrong, groups)
}

func FuzzReader(f *testing.F) {
	f.Add("order_id,account,occurred_at,amount\n1,ann,2026-03-02,1\n\"1,ann\n1,ann,2026-03-02,\"\"\n")
	f.Add("\uFEFFamount,order_id,account,occurred_at,kind,return_id\r\n1,1,a,2026-03-02,returned,\r\n,,,,,\r\n\xff,1,,,,")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := orderfile.NewReader("fuzz.csv", strings.NewReader(text), defaults(t))
		if err != nil {
			return
		}
		lines := map[int]bool{}
		mark := func(n int) {
			require.False(t, lines[n], "line %d twice", n)
			lines[n] = true
		}
		r.OnRejected(func(row orderfile.Rejected) { mark(row.Line) })
		for {
			g, err := r.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			require.NoError(t, err)
			require.NoError(t, g.Event.Check())
			mark(g.Line)
			_, err = orderfile.Marshal(g)
			require.NoError(t, err)
		}
	})
}
