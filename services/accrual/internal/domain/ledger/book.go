package ledger

import (
	"fmt"
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orderbook"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// Book is what stands under the prefix of one order: everything that the next thing to happen to it is judged by.
// The zero Book is an order of which nothing is known.
type Book struct {
	orderbook.Book
	Entries int
	Tier    string       // held before the order was paid
	Segment string       // whose factor it earns by
	Frozen  bool         // the account might not earn when it was paid
	Posted  money.Points // what the order has earned so far
	Others  []UnitPoints // the same of other units
	Base    money.Minor  // what the ladder has counted of it so far
	Life    int          // of the rolling points that it has earned first; 0: none
	keys    []string     // of the entries, in their order
}

// Add returns the book after one more entry of the order.
func (b Book) Add(e Entry) (Book, error) {
	o := e.Order
	if o == nil || o.Number != b.Entries+1 {
		return b, fmt.Errorf("entry %s does not follow %d entries of its order", e.Key, b.Entries)
	}
	b.Entries++
	arrival := orderbook.Arrival{Ref: o.Ref, Event: o.Event, ID: e.EventID, Source: e.EventSource}
	b.Book = b.Book.Add(string(e.Account), arrival, o.Content, o.Revision)
	b.Tier, b.Segment, b.Frozen, b.Posted, b.Others, b.Base = o.Tier, o.Segment, o.Frozen, o.Target, o.Others, o.Base
	for _, m := range e.Movements {
		if m.Move == MoveEarn && b.Life == 0 {
			b.Life = m.Lot.Life
		}
	}
	b.keys = append(slices.Clip(b.keys), e.Key)
	return b, nil
}

// BookOf folds what stands under an order, in its order.
func BookOf(entries []Entry) (Book, error) {
	var book Book
	for _, e := range entries {
		next, err := book.Add(e)
		if err != nil {
			return book, err
		}
		book = next
	}
	return book, nil
}

// key returns the key of the n-th entry, counted from 1.
func (b Book) key(n int) string { return b.keys[n-1] }

// Books are the orders that a command or what falls due may need, loaded beforehand.
type Books map[orders.Ref]Book
