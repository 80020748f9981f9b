package orders_test

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

var noon = time.Date(1997, time.January, 4, 12, 0, 0, 0, time.UTC)

// line is a row of an order: id, sku, pieces, amount.
func line(id, sku string, quantity int64, amount money.Minor) orders.Line {
	return orders.Line{ID: id, SKU: sku, Quantity: quantity, Amount: amount}
}

func placed(lines ...orders.Line) orders.Event {
	return orders.Event{Kind: orders.Placed, OccurredAt: noon, Currency: "USD", Lines: lines}
}

func paid(lines ...orders.Line) orders.Event { return amended(0, lines...) }

func amended(revision int32, lines ...orders.Line) orders.Event {
	at := noon.Add(time.Duration(revision) * time.Hour)
	return orders.Event{Kind: orders.Paid, Revision: revision, OccurredAt: at, Currency: "USD", Lines: lines}
}

func returned(id string, rows ...orders.ReturnedLine) orders.Event {
	return orders.Event{Kind: orders.Returned, Occurrence: id, OccurredAt: noon.AddDate(0, 0, 3), Currency: "USD", Returned: rows}
}

func canceled() orders.Event {
	return orders.Event{Kind: orders.Canceled, OccurredAt: noon.AddDate(0, 0, 4)}
}

func lapsed(kind orders.Kind, id string) orders.Event {
	return orders.Event{Kind: orders.Lapsed, LapsedKind: kind, Occurrence: id, OccurredAt: noon.AddDate(0, 0, 33)}
}

func payment(id string, amount money.Minor) orders.Event {
	return orders.Event{Kind: orders.Payment, Occurrence: id, OccurredAt: noon, Currency: "USD", Amount: amount}
}

func shipped(id string) orders.Event {
	return orders.Event{Kind: orders.Shipped, Occurrence: id, OccurredAt: noon}
}

// pieces of a line came back without an amount, worth an amount, or nothing is said: the whole line.
func pieces(id string, quantity int64) orders.ReturnedLine {
	return orders.ReturnedLine{Line: id, Quantity: quantity}
}

func worth(id string, quantity int64, amount money.Minor) orders.ReturnedLine {
	return orders.ReturnedLine{Line: id, Quantity: quantity, Amount: amount, HasAmount: true}
}

func whole(id string) orders.ReturnedLine { return orders.ReturnedLine{Line: id} }

func ofSKU(sku string, quantity int64) orders.ReturnedLine {
	return orders.ReturnedLine{SKU: sku, Quantity: quantity}
}

// verdict prints what Judge says: "takes", "waits", "repeats 2", or the reason of a refusal.
func verdict(outcome orders.Outcome, n int, err error) string {
	if refusal := (*reason.Error)(nil); errors.As(err, &refusal) {
		return string(refusal.Reason)
	}
	if outcome == orders.Repeats {
		return fmt.Sprint(outcome, " ", n)
	}
	return outcome.String()
}

// left prints what is kept: "a 2/100 b 0/0" is two pieces and 100 of line a, nothing of line b.
func left(s orders.State) string {
	var all []string
	for _, k := range s.Kept() {
		all = append(all, fmt.Sprintf("%s %d/%d", k.Line.ID, k.Quantity, k.Amount))
	}
	return strings.Join(all, " ")
}

// tester is a *testing.T or a *rapid.T.
type tester interface {
	require.TestingT
	Helper()
}

// fold judges and applies events that must all be let in.
func fold(t tester, events ...orders.Event) orders.State {
	t.Helper()
	var s orders.State
	for i, e := range events {
		outcome, n, err := s.Judge(e)
		require.NoError(t, err, "event %d", i+1)
		require.Contains(t, []orders.Outcome{orders.Takes, orders.Waits}, outcome, "event %d repeats %d", i+1, n)
		s = s.Apply(e)
	}
	return s
}
