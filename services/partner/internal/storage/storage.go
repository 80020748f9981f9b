// Package storage keeps what partner owns in MongoDB: its documents, their schemas and indexes, and every query. It decides
// nothing.
package storage

import (
	"context"
	"fmt"

	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Database is partner's own.
const Database = "laurel_partner"

// format is the version of all documents of this package.
const format = 1

// Storage is partner's database. Safe for many goroutines.
type Storage struct {
	store *store.Store
	gathered
}

// Open prepares collections, schemas and indexes, and returns the storage.
func Open(ctx context.Context, s *store.Store) (*Storage, error) {
	err := s.Ensure(ctx, readCollection(), booksCollection(), capturesCollection(), settlementsCollection(),
		tradesCollection(), usageCollection(), keysCollection(), fencesCollection(), noncesCollection())
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", Database, err)
	}
	storage := &Storage{store: s}
	storage.gather()
	return storage, nil
}

// Store is the database underneath, for the rooms that all services share.
func (s *Storage) Store() *store.Store { return s.store }
