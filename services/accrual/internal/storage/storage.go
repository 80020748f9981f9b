// Package storage keeps the ledger in MongoDB: its documents, their schemas and indexes, and every query. It maps
// documents to the values of domain/ledger and decides nothing.
package storage

import (
	"context"
	"fmt"

	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Database is accrual's own.
const Database = "laurel_accrual"

// Collections of accrual, beside those of the room follow.
const (
	entriesName  = "entries"
	accountsName = "accounts"
	refusalsName = "refusals"
)

// Storage is accrual's database. Safe for many goroutines.
type Storage struct{ store *store.Store }

// Open prepares collections, schemas and indexes, and returns the storage.
func Open(ctx context.Context, s *store.Store) (*Storage, error) {
	err := s.Ensure(ctx, entriesCollection(), accountsCollection(), refusalsCollection(), totalsCollection(),
		proposalsCollection(), adjustedCollection(), transitCollection(), checkpointsCollection(), verifiedCollection())
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", Database, err)
	}
	return &Storage{s}, nil
}

// Store is the database underneath, for the rooms that all services share.
func (s *Storage) Store() *store.Store { return s.store }
