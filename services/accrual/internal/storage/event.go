package storage

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// EventRef is an order event by all that makes another one its duplicate: whose, of which order, what it says.
type EventRef struct {
	Program string
	Account ledger.AccountID
	Prefix  string // of the order's keys
	Content ledger.Hash
}

// TakenEvents tells which of the events have an entry. It is made for verification: entries that are otherwise not readable
// do not disturb it.
func (s *Storage) TakenEvents(ctx context.Context, events []EventRef) (map[EventRef]bool, error) {
	taken := make(map[EventRef]bool, len(events))
	if len(events) == 0 {
		return taken, nil
	}
	prefixes := map[string]bool{}
	ranges := bson.A{}
	for _, e := range events {
		if prefix := entryKey(e.Program, e.Prefix); !prefixes[prefix] {
			prefixes[prefix] = true
			ranges = append(ranges, bson.M{"_id": keysUnder(prefix)})
		}
	}
	opts := options.Find().SetProjection(bson.M{"account": 1, "order.merchant": 1, "order.order": 1, "order.content": 1})
	cursor, err := s.store.Collection(entriesName).Find(ctx, bson.M{"$or": ranges}, opts)
	if err != nil {
		return nil, fmt.Errorf("look up %d order events: %w", len(events), err)
	}
	err = each(ctx, cursor, func(d entryDoc) error {
		if d.Order == nil {
			return nil
		}
		program, account, err := cutKey(d.Account)
		if err != nil {
			return err
		}
		content, err := hash(d.Order.Content)
		if err == nil {
			ref := orders.Ref{Merchant: d.Order.Merchant, Order: d.Order.Order}
			taken[EventRef{program, ledger.AccountID(account), ledger.OrderPrefix(ref), content}] = true
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look up %d order events: %w", len(events), err)
	}
	return taken, nil
}

// keysUnder selects every key that begins with a prefix which ends in a slash: '0' follows '/'.
func keysUnder(prefix string) bson.M {
	return bson.M{"$gte": prefix, "$lt": prefix[:len(prefix)-1] + "0"}
}
