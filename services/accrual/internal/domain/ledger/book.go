package ledger

import (
	"fmt"
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// Book is what stands under the prefix of one order: everything that the next thing to happen to it is judged by.
// The zero Book is an order of which nothing is known.
type Book struct {
	Account  AccountID // of the first entry: the order belongs to it
	State    orders.State
	Entries  int
	Revision int          // of the programme that rates the order; 0 until it is paid
	Tier     string       // held before the order was paid
	Posted   money.Points // what the order has earned so far
	Base     money.Minor  // what the ladder has counted of it so far
	causes   []cause      // of the entries, in their order
}

// cause is what an entry was made of: its key, and the event with its content.
type cause struct {
	key, source, id string
	content         Hash
}

// Add returns the book after one more entry of the order.
func (b Book) Add(e Entry) (Book, error) {
	o := e.Order
	if o == nil || o.Number != b.Entries+1 {
		return b, fmt.Errorf("entry %s does not follow %d entries of its order", e.Key, b.Entries)
	}
	if b.Entries == 0 {
		b.Account = e.Account
	}
	b.Entries++
	b.State = b.State.Apply(o.Event)
	b.Revision, b.Tier, b.Posted, b.Base = o.Revision, o.Tier, o.Target, o.Base
	b.causes = append(slices.Clip(b.causes), cause{e.Key, e.EventSource, e.EventID, o.Content})
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
func (b Book) key(n int) string { return b.causes[n-1].key }

// sameEvent returns the key of the entry that this very event made, if there is one: an event that the bus delivers
// again is known even where the occurrence that it told of has lapsed since.
func (b Book) sameEvent(c Command) (string, bool) {
	if c.EventID == "" || b.Entries == 0 {
		return "", false
	}
	content := Hash(c.Event.Content())
	for _, known := range b.causes {
		if known.id == c.EventID && known.source == c.EventSource && known.content == content {
			return known.key, true
		}
	}
	return "", false
}

// Books are the orders that a command or what falls due may need, loaded beforehand.
type Books map[orders.Ref]Book
