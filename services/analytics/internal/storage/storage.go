// Package storage keeps analytics' copy of the orders in MongoDB: its documents, their schemas and indexes, and every
// query. It decides nothing.
package storage

import (
	"context"
	"fmt"

	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Database is analytics' own.
const Database = "laurel_analytics"

// Collections of analytics, beside partitions and outbox.
const (
	accountsName  = "accounts"
	actionsName   = "actions"
	ordersName    = "orders"
	positionsName = "positions"
)

// Storage is analytics' database. Safe for many goroutines.
type Storage struct{ store *store.Store }

// Open prepares collections, schemas and indexes, and returns the storage.
func Open(ctx context.Context, s *store.Store) (*Storage, error) {
	if err := s.Ensure(ctx, accountsCollection(), actionsCollection(), ordersCollection(), positionsCollection()); err != nil {
		return nil, fmt.Errorf("prepare %s: %w", Database, err)
	}
	return &Storage{s}, nil
}

// Snapshot runs reads that all see one state of the database, up to five minutes old.
func (s *Storage) Snapshot(ctx context.Context, read func(ctx context.Context) error) error {
	return s.store.Snapshot(ctx, read)
}
