package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// AccountRef names an account across programmes.
type AccountRef struct {
	Program string
	ID      ledger.AccountID
}

// OrderRef names an order across programmes.
type OrderRef struct {
	Program string
	Ref     orders.Ref
}

// Accounts reads accounts; those that have no entries yet are missing from the answer.
func (s *Storage) Accounts(ctx context.Context, refs []AccountRef) (map[AccountRef]ledger.Account, error) {
	accounts := make(map[AccountRef]ledger.Account, len(refs))
	if len(refs) == 0 {
		return accounts, nil
	}
	ids := make([]string, len(refs))
	for i, ref := range refs {
		ids[i] = accountKey(ref.Program, ref.ID)
	}
	cursor, err := s.store.Collection(accountsName).Find(ctx, bson.M{"_id": bson.M{"$in": ids}})
	if err != nil {
		return nil, fmt.Errorf("read %d accounts: %w", len(ids), err)
	}
	reader := newDecoder()
	err = raws(ctx, cursor, func(doc bson.Raw) error {
		d, err := reader.account(doc)
		if err != nil { // whoever writes it would drop what this version does not know
			return fmt.Errorf("%w: was it written by a newer version? replace all replicas", err)
		}
		a, err := accountFromDoc(d)
		if err == nil {
			accounts[AccountRef{a.Program, a.ID}] = a
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read %d accounts: %w", len(ids), err)
	}
	return accounts, nil
}

// Known tells which of the orders have a first entry: one covered look-up for a whole batch.
func (s *Storage) Known(ctx context.Context, refs []OrderRef) ([]OrderRef, error) {
	return s.known(ctx, refs, 1)
}

// known tells which of the orders have an n-th entry.
func (s *Storage) known(ctx context.Context, refs []OrderRef, n int) ([]OrderRef, error) {
	if len(refs) == 0 {
		return nil, nil
	}
	byID := make(map[string]OrderRef, len(refs))
	ids := make([]string, 0, len(refs))
	for _, ref := range refs {
		id := entryKey(ref.Program, ledger.OrderKey(ref.Ref, n))
		byID[id] = ref
		ids = append(ids, id)
	}
	opts := options.Find().SetProjection(bson.M{"_id": 1}).SetHint("_id_")
	cursor, err := s.store.Collection(entriesName).Find(ctx, bson.M{"_id": bson.M{"$in": ids}}, opts)
	if err != nil {
		return nil, fmt.Errorf("look up %d orders: %w", len(ids), err)
	}
	var known []OrderRef
	err = each(ctx, cursor, func(d struct {
		ID string `bson:"_id"`
	},
	) error {
		known = append(known, byID[d.ID])
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look up %d orders: %w", len(ids), err)
	}
	return known, nil
}

// Order returns the entries under an order's prefix, in their order.
func (s *Storage) Order(ctx context.Context, ref OrderRef) ([]ledger.Entry, error) {
	prefix := entryKey(ref.Program, ledger.OrderPrefix(ref.Ref))
	cursor, err := s.store.Collection(entriesName).Find(ctx, bson.M{"_id": keysUnder(prefix)})
	if err != nil {
		return nil, fmt.Errorf("read order %s: %w", prefix, err)
	}
	var entries []ledger.Entry
	err = entriesOf(ctx, cursor, func(e ledger.Entry) { entries = append(entries, e) })
	if err != nil {
		return nil, fmt.Errorf("read order %s: %w", prefix, err)
	}
	slices.SortFunc(entries, func(a, b ledger.Entry) int { return a.Order.Number - b.Order.Number })
	return entries, nil
}

// Orders returns the entries under each of the prefixes, as Order does, for orders that are known: two queries for
// the many that have one entry, one more for each that has several.
func (s *Storage) Orders(ctx context.Context, refs []OrderRef) (map[OrderRef][]ledger.Entry, error) {
	orders := make(map[OrderRef][]ledger.Entry, len(refs))
	if len(refs) == 0 {
		return orders, nil
	}
	firsts := make([]string, len(refs))
	for i, ref := range refs {
		firsts[i] = entryKey(ref.Program, ledger.OrderKey(ref.Ref, 1))
	}
	cursor, err := s.store.Collection(entriesName).Find(ctx, bson.M{"_id": bson.M{"$in": firsts}})
	if err != nil {
		return nil, fmt.Errorf("read %d orders: %w", len(refs), err)
	}
	err = entriesOf(ctx, cursor, func(e ledger.Entry) { orders[OrderRef{e.Program, e.Order.Ref}] = []ledger.Entry{e} })
	if err != nil {
		return nil, fmt.Errorf("read %d orders: %w", len(refs), err)
	}
	longer, err := s.known(ctx, refs, 2)
	if err != nil {
		return nil, err
	}
	for _, ref := range longer {
		if orders[ref], err = s.Order(ctx, ref); err != nil {
			return nil, err
		}
	}
	return orders, nil
}

// Due returns accounts of a partition on which something falls due up to a time, the earliest first.
func (s *Storage) Due(ctx context.Context, partition int, upTo time.Time, limit int) ([]AccountRef, error) {
	filter := bson.M{"partition": partition, "due_at": bson.M{"$lte": upTo}}
	opts := options.Find().SetSort(bson.D{{Key: "due_at", Value: 1}}).SetLimit(int64(limit)).
		SetProjection(bson.M{"programme": 1, "account": 1})
	cursor, err := s.store.Collection(accountsName).Find(ctx, filter, opts)
	if err != nil {
		return nil, fmt.Errorf("read what is due in partition %d: %w", partition, err)
	}
	var refs []AccountRef
	err = each(ctx, cursor, func(d struct {
		Program string `bson:"programme"`
		Account string `bson:"account"`
	},
	) error {
		refs = append(refs, AccountRef{d.Program, ledger.AccountID(d.Account)})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what is due in partition %d: %w", partition, err)
	}
	return refs, nil
}

// FirstDue is the earliest moment up to a time at which something falls due in a partition; zero: nothing does.
func (s *Storage) FirstDue(ctx context.Context, partition int, upTo time.Time) (time.Time, error) {
	var d struct {
		DueAt time.Time `bson:"due_at"`
	}
	opts := options.FindOne().SetSort(bson.D{{Key: "due_at", Value: 1}}).SetProjection(bson.M{"due_at": 1})
	err := s.store.Collection(accountsName).FindOne(ctx, bson.M{"partition": partition, "due_at": bson.M{"$lte": upTo}}, opts).Decode(&d)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read what is due first in partition %d: %w", partition, err)
	}
	return d.DueAt.UTC(), nil
}

// each decodes every document of a cursor and closes it.
func each[D any](ctx context.Context, cursor *mongo.Cursor, f func(D) error) error {
	return raws(ctx, cursor, func(bson.Raw) error {
		var d D
		if err := cursor.Decode(&d); err != nil {
			return fmt.Errorf("decode: %w", err)
		}
		return f(d)
	})
}
