package orders

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Event is one thing that happened to an order. Fields that its kind does not use are zero. Once a
// State holds an event, nobody changes its slices.
type Event struct {
	Kind       Kind
	Occurrence string // id of the return, shipment or payment; for Lapsed that of the event that lapsed
	Revision   int32  // Paid: 0 first, higher for each amendment
	LapsedKind Kind   // Lapsed: Returned or Canceled
	OccurredAt time.Time
	Currency   money.Currency // empty where the event has none
	Lines      []Line         // Placed and Paid
	Returned   []ReturnedLine // Returned; empty means all that is left
	Amount     money.Minor    // Payment
	Channel    string
	Member     string
}

// same says that both events are the same occurrence, whatever they tell of it.
func (e *Event) same(o *Event) bool {
	return e.Kind == o.Kind && e.Occurrence == o.Occurrence && (e.Kind != Paid || e.Revision == o.Revision)
}

// identity names the occurrence in words: "returned r-1", "paid revision 2", "cancelled".
func (e *Event) identity() string {
	switch {
	case e.Kind == Paid:
		return fmt.Sprintf("%s revision %d", e.Kind, e.Revision)
	case e.Occurrence != "":
		return e.Kind.String() + " " + e.Occurrence
	default:
		return e.Kind.String()
	}
}

// identityField is the field of the contract that tells occurrences of this kind apart, empty where
// there is but one.
func (e *Event) identityField() string {
	switch e.Kind {
	case Paid:
		return "revision"
	case Shipped:
		return "shipment_id"
	case Returned:
		return "return_id"
	case Payment:
		return "payment_id"
	default:
		return ""
	}
}

// lineID returns the id of the i-th line, which is its position where it has none of its own.
func (e *Event) lineID(i int) string {
	if id := e.Lines[i].ID; id != "" {
		return id
	}
	return strconv.Itoa(i + 1)
}

// Check refuses an event that no order could make sense of: an unknown kind, a negative number, two
// lines with one id, a returned row that names no line (reason.InvalidField), or lines whose sum
// does not fit (reason.AmountOutOfRange).
func (e Event) Check() error {
	switch {
	case e.Kind == KindUnset || e.Kind.String() == "":
		return reason.New(reason.InvalidField, "kind", "the event has no known kind")
	case e.Kind == Lapsed && !e.LapsedKind.waits():
		return reason.New(reason.InvalidField, "lapsed_kind",
			"only a return or a cancellation can lapse, not %q", e.LapsedKind)
	case e.Revision < 0:
		return reason.New(reason.InvalidField, "revision", "revision %d is negative", e.Revision)
	case e.Amount < 0:
		return reason.New(reason.InvalidField, "amount_minor", "amount %d is negative", e.Amount)
	}
	if err := e.checkLines(); err != nil {
		return err
	}
	return e.checkReturned()
}

func (e *Event) checkLines() error {
	var sum money.Minor
	for i, l := range e.Lines {
		if l.Quantity < 0 {
			return negative(i, "quantity", l.Quantity)
		}
		if l.Amount < 0 {
			return negative(i, "amount_minor", int64(l.Amount))
		}
		if l.Cost < 0 {
			return negative(i, "cost_minor", int64(l.Cost))
		}
		if err := l.checkParts(i); err != nil {
			return err
		}
		for _, paid := range []money.Minor{l.Amount, l.Points} {
			if paid > math.MaxInt64-sum {
				return reason.New(reason.AmountOutOfRange, field(i, "amount_minor"),
					"the lines add up to more than %d", int64(math.MaxInt64))
			}
			sum += paid
		}
	}
	if i, j := e.twins(); j > 0 {
		return reason.New(reason.InvalidField, field(j, "line_id"),
			"lines %d and %d both have the id %q", i+1, j+1, e.lineID(j))
	}
	return nil
}

// checkParts refuses parts that are negative or more than the whole.
func (l Line) checkParts(i int) error {
	if l.Points < 0 {
		return negative(i, "paid_with_points_minor", int64(l.Points))
	}
	if l.PointsTax < 0 || l.PointsTax > l.Points {
		return reason.New(reason.InvalidField, field(i, "tax_minor"), "%d is no part of the %d that were paid for the row with points", l.PointsTax, l.Points)
	}
	for _, part := range []struct {
		name   string
		amount money.Minor
	}{{"tax_minor", l.Tax}, {"paid_with_gift_cards_minor", l.GiftCard}} {
		switch {
		case part.amount < 0:
			return negative(i, part.name, int64(part.amount))
		case part.amount > l.Amount:
			return reason.New(reason.InvalidField, field(i, part.name), "%d is more than the %d that were paid for the row in money",
				part.amount, l.Amount)
		}
	}
	return nil
}

// linesCompared is the number of lines up to which comparing each with each is cheaper than a map.
const linesCompared = 12

// twins returns two lines with one id; j is 0 when there are none.
func (e *Event) twins() (i, j int) {
	if len(e.Lines) > linesCompared {
		seen := make(map[string]int, len(e.Lines))
		for j := range e.Lines {
			if i, ok := seen[e.lineID(j)]; ok {
				return i, j
			}
			seen[e.lineID(j)] = j
		}
		return 0, 0
	}
	for j := 1; j < len(e.Lines); j++ {
		for i := range j {
			if e.lineID(i) == e.lineID(j) {
				return i, j
			}
		}
	}
	return 0, 0
}

func (e *Event) checkReturned() error {
	for i, r := range e.Returned {
		if r.Line == "" && r.SKU == "" {
			return reason.New(reason.InvalidField, field(i, "line_id"), "row %d names neither a line nor a sku", i+1)
		}
		if r.Quantity < 0 {
			return negative(i, "quantity", r.Quantity)
		}
		if r.HasAmount && r.Amount < 0 {
			return negative(i, "amount_minor", int64(r.Amount))
		}
	}
	return nil
}

func negative(i int, name string, n int64) error {
	return reason.New(reason.InvalidField, field(i, name), "%d is negative", n)
}

// field names a part of a row as the contract does: lines[3].amount_minor.
func field(i int, name string) string { return fmt.Sprintf("lines[%d].%s", i, name) }
