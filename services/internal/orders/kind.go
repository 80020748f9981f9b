package orders

import (
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Kind says what happened to an order.
type Kind uint8

// Kinds of events. All but Lapsed come from shops; Lapsed is written by the ledger.
const (
	KindUnset Kind = iota
	Placed         // the order was made; it counts for nothing yet
	Paid           // the order counts; a higher revision amends it
	Shipped        // goods left; it counts for nothing
	Returned       // goods or money came back
	Canceled       // the whole order is off
	Payment        // an invoice was paid, in whole or in part; it counts for nothing here
	Lapsed         // a return or a cancellation waited too long for its order
)

var kindNames = [...]string{"", "placed", "paid", "shipped", "returned", "cancelled", "payment", "lapsed"}

// String gives the word used in subjects, keys and entries; it is empty for KindUnset and what is
// no kind.
func (k Kind) String() string {
	if int(k) >= len(kindNames) {
		return ""
	}
	return kindNames[k]
}

// ParseKind is the inverse of Kind.String. Another word is refused with reason.UnknownEventType.
func ParseKind(text string) (Kind, error) {
	i := slices.Index(kindNames[1:], text)
	if i < 0 {
		return KindUnset, reason.New(reason.UnknownEventType, "kind", "%q is no kind of order event", text)
	}
	return Kind(i + 1), nil
}

// waits says that an event of this kind waits when it comes before the order was paid.
func (k Kind) waits() bool { return k == Returned || k == Canceled }
