// Package storage keeps standings and their history in MongoDB: documents, schemas, indexes and every query. It maps
// documents to the values of domain/standing and decides nothing.
package storage

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/laurel-loyalty/laurel/services/internal/journal"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Database is the tier service's own.
const Database = "laurel_tier"

// Collections of the tier service, beside those of the room follow.
const (
	standingsName = "standings"
	ordersName    = "orders"
	historyName   = "history"
	heardName     = "heard"
	refusalsName  = "refusals"
	commandsName  = "commands"
)

// format is the version of all documents of this package.
const format = 1

// Storage is the tier service's database. Safe for many goroutines.
type Storage struct{ store *store.Store }

// folded are the collections that the stream alone decides on.
func folded() []store.Collection {
	return []store.Collection{standingsCollection(), ordersCollection(), historyCollection(), heardCollection(), refusalsCollection()}
}

// Open prepares collections, schemas and indexes, and returns the storage.
func Open(ctx context.Context, s *store.Store) (*Storage, error) {
	if err := s.Ensure(ctx, append(folded(), commandsCollection())...); err != nil {
		return nil, fmt.Errorf("prepare %s: %w", Database, err)
	}
	return &Storage{s}, nil
}

// Forget drops what was folded, the marks, what was kept of the stream, and what was still to be told of it. What callers have asked for stays: that is
// not in the stream alone.
func (s *Storage) Forget(ctx context.Context) error {
	drop := []string{store.PartitionsName, outbox.Name, journal.Name}
	for _, c := range folded() {
		drop = append(drop, c.Name)
	}
	for _, name := range drop {
		if err := s.store.Collection(name).Drop(ctx); err != nil {
			return fmt.Errorf("drop %s: %w", name, err)
		}
	}
	return s.store.Ensure(ctx, folded()...)
}

// each decodes every document of a cursor and closes it.
func each[D any](ctx context.Context, cursor *mongo.Cursor, f func(D) error) error {
	defer cursor.Close(context.WithoutCancel(ctx)) //nolint:errcheck // the server drops it by itself
	for cursor.Next(ctx) {
		var d D
		if err := cursor.Decode(&d); err != nil {
			return fmt.Errorf("decode: %w", err)
		}
		if err := f(d); err != nil {
			return err
		}
	}
	return cursor.Err()
}
