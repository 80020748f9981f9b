package storage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/tier/internal/domain/standing"
)

// Standings reads accounts; those of which nothing is known are missing from the answer.
func (s *Storage) Standings(ctx context.Context, refs []Ref) (map[Ref]standing.Account, error) {
	accounts := make(map[Ref]standing.Account, len(refs))
	if len(refs) == 0 {
		return accounts, nil
	}
	ids := list(refs, Ref.key)
	cursor, err := s.store.Collection(standingsName).Find(ctx, bson.M{"_id": bson.M{"$in": ids}})
	if err != nil {
		return nil, fmt.Errorf("read %d standings: %w", len(ids), err)
	}
	err = each(ctx, cursor, func(d standingDoc) error {
		a, err := standingFromDoc(d)
		accounts[Ref{a.Program, a.ID}] = a
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read %d standings: %w", len(ids), err)
	}
	return accounts, nil
}

// Books reads what stands under orders: one query for those of which nothing is known, two for those with one event, one
// more for each that has several.
func (s *Storage) Books(ctx context.Context, refs []OrderRef) (map[OrderRef]standing.Book, error) {
	books := make(map[OrderRef]standing.Book, len(refs))
	known, err := s.rows(ctx, list(refs, func(r OrderRef) string { return r.key(1) }))
	if err != nil {
		return nil, err
	}
	var seconds []string
	byID := make(map[string]OrderRef, len(refs))
	for _, ref := range refs {
		byID[ref.key(1)] = ref
	}
	for id, row := range known {
		ref := byID[id]
		books[ref] = standing.Book{}.Add(row)
		seconds = append(seconds, ref.key(2))
		byID[ref.key(2)] = ref
	}
	longer, err := s.rows(ctx, seconds)
	if err != nil {
		return nil, err
	}
	for id := range longer {
		if books[byID[id]], err = s.Book(ctx, byID[id]); err != nil {
			return nil, err
		}
	}
	return books, nil
}

// rows reads events by their keys.
func (s *Storage) rows(ctx context.Context, ids []string) (map[string]standing.Row, error) {
	rows := map[string]standing.Row{}
	if len(ids) == 0 {
		return rows, nil
	}
	cursor, err := s.store.Collection(ordersName).Find(ctx, bson.M{"_id": bson.M{"$in": ids}})
	if err != nil {
		return nil, fmt.Errorf("read %d orders: %w", len(ids), err)
	}
	err = each(ctx, cursor, func(d rowDoc) error {
		r, err := rowFromDoc(d)
		rows[d.ID] = r
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read %d orders: %w", len(ids), err)
	}
	return rows, nil
}

// Book reads what stands under one order.
func (s *Storage) Book(ctx context.Context, ref OrderRef) (standing.Book, error) {
	var book standing.Book
	prefix := ref.prefix()
	var rows []standing.Row
	err := s.under(ctx, ordersName, prefix, func(raw bson.Raw) error {
		var d rowDoc
		if err := bson.Unmarshal(raw, &d); err != nil {
			return err
		}
		r, err := rowFromDoc(d)
		rows = append(rows, r)
		return err
	})
	if err != nil {
		return book, err
	}
	slices.SortFunc(rows, func(a, b standing.Row) int { return a.Number - b.Number })
	for i, r := range rows {
		if r.Number != i+1 {
			return book, fmt.Errorf("%w: order %s has no event %d", standing.ErrBroken, prefix, i+1)
		}
		book = book.Add(r)
	}
	return book, nil
}

// Refused tells which of the identities were refused before.
func (s *Storage) Refused(ctx context.Context, ids []string) (map[string]bool, error) {
	known := map[string]bool{}
	if len(ids) == 0 {
		return known, nil
	}
	opts := options.Find().SetProjection(bson.M{"_id": 1}).SetHint("_id_")
	cursor, err := s.store.Collection(refusalsName).Find(ctx, bson.M{"_id": bson.M{"$in": ids}}, opts)
	if err != nil {
		return nil, fmt.Errorf("look up refusals: %w", err)
	}
	err = each(ctx, cursor, func(d struct {
		ID string `bson:"_id"`
	},
	) error {
		known[d.ID] = true
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look up refusals: %w", err)
	}
	return known, nil
}

// Due returns accounts of a partition to which something happens up to a time, the earliest first.
func (s *Storage) Due(ctx context.Context, partition int, upTo time.Time, limit int) ([]Ref, error) {
	filter := bson.M{"partition": partition, "due_at": bson.M{"$lte": upTo}}
	opts := options.Find().SetSort(bson.D{{Key: "due_at", Value: 1}}).SetLimit(int64(limit)).
		SetProjection(bson.M{"programme": 1, "account": 1})
	cursor, err := s.store.Collection(standingsName).Find(ctx, filter, opts)
	if err != nil {
		return nil, fmt.Errorf("read what is due in partition %d: %w", partition, err)
	}
	var refs []Ref
	err = each(ctx, cursor, func(d struct {
		Program string `bson:"programme"`
		Account string `bson:"account"`
	},
	) error {
		refs = append(refs, Ref{d.Program, d.Account})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what is due in partition %d: %w", partition, err)
	}
	return refs, nil
}

// DueCount counts accounts of the partitions to which something happens up to their clocks.
func (s *Storage) DueCount(ctx context.Context, clocks map[int]time.Time) (int64, error) {
	total := int64(0)
	for partition, clock := range clocks {
		n, err := s.store.Collection(standingsName).CountDocuments(ctx, bson.M{"partition": partition, "due_at": bson.M{"$lte": clock}})
		if err != nil {
			return 0, fmt.Errorf("count what is due: %w", err)
		}
		total += n
	}
	return total, nil
}
