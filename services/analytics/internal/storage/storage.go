// Package storage keeps analytics' copy of the orders in MongoDB: its documents, their schemas and indexes, and every
// query. It decides nothing.
package storage

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/internal/journal"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Database is analytics' own.
const Database = "laurel_analytics"

// Collections of analytics, beside partitions and outbox.
const (
	accountsName     = "accounts"
	actionsName      = "actions"
	championsName    = "champions"
	fitsName         = "fits"
	droppedName      = "dropped"
	deedsName        = "deeds"
	entriesName      = "entries"
	listedName       = "segment_members"
	ordersName       = "orders"
	positionsName    = "positions"
	publicationsName = "publications"
	segmentsName     = "segments"
	toldName         = "told"
)

// Storage is analytics' database. Safe for many goroutines.
type Storage struct{ store *store.Store }

// copied are the collections that FACTS is copied into, and kept those of what people have defined.
func copied() []store.Collection {
	return []store.Collection{
		accountsCollection(), actionsCollection(), deedsCollection(), droppedCollection(), entriesCollection(), ordersCollection(),
		positionsCollection(),
	}
}

func kept() []store.Collection {
	return []store.Collection{championsCollection(), fitsCollection(), segmentsCollection(), listedCollection(), publicationsCollection(), toldCollection()}
}

// Open prepares collections, schemas and indexes, and returns the storage.
func Open(ctx context.Context, s *store.Store) (*Storage, error) {
	if err := s.Ensure(ctx, append(copied(), kept()...)...); err != nil {
		return nil, fmt.Errorf("prepare %s: %w", Database, err)
	}
	return &Storage{s}, nil
}

// Forget drops the copy, and how far FACTS is read. What the outbox has numbered stays: what was told is in the streams, and a
// number that came again would be taken for it.
func (s *Storage) Forget(ctx context.Context) error {
	_, err := s.store.Collection(store.PartitionsName).UpdateMany(ctx, bson.M{}, bson.M{
		"$set": bson.M{
			"mark": store.Mark{}, "clock": time.Time{}, "events": false, "opened": false, "refused": 0, "revisions": bson.A{}, "owner": "",
		},
		"$unset": bson.M{"attempt": ""}, "$inc": bson.M{"version": 1},
	})
	if err != nil {
		return fmt.Errorf("forget how far FACTS is read: %w", err)
	}
	drop := []string{journal.Name}
	for _, c := range copied() {
		drop = append(drop, c.Name)
	}
	for _, name := range drop {
		if err := s.store.Collection(name).Drop(ctx); err != nil {
			return fmt.Errorf("drop %s: %w", name, err)
		}
	}
	return s.store.Ensure(ctx, copied()...)
}

// Snapshot runs reads that all see one state of the database, up to five minutes old.
func (s *Storage) Snapshot(ctx context.Context, read func(ctx context.Context) error) error {
	return s.store.Snapshot(ctx, read)
}
