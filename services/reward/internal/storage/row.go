package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/redemption"
)

// Row is a value with the version under which it is stored; the zero Row is not there yet.
type Row[T any] struct {
	Value   T
	version int64
}

// Found tells if the row is stored.
func (r Row[T]) Found() bool { return r.version > 0 }

// With is the row with what its value becomes.
func (r Row[T]) With(value T) Row[T] {
	r.Value = value
	return r
}

// Redemption is a redemption as it is stored, with who goes on with it when.
type Redemption struct {
	Row[redemption.Redemption]
	// NextAt is from when whoever finds it goes on with it. Until then it is somebody's.
	NextAt time.Time
	// Tries counts the failures of the call that it waits for.
	Tries int
}

// To is the row with what the redemption becomes, which is somebody's until a time.
func (r Redemption) To(value redemption.Redemption, until time.Time) Redemption {
	return Redemption{Row: r.With(value), NextAt: until}
}

// one reads a document; one that is not there is no error. In a transaction it reads there.
func (s *Storage) one(ctx context.Context, collection string, filter any, into any) (bool, error) {
	err := s.store.Collection(collection).FindOne(ctx, filter).Decode(into)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read one of %s: %w", collection, err)
	}
	return true, nil
}

func byID(id string) bson.D { return bson.D{{Key: "_id", Value: id}} }

// put stores a document whose stored version is still the given one; 0: none is stored. store.ErrConflict: it is not.
func (s *Storage) put(ctx context.Context, collection, id string, version int64, document any) error {
	if version == 0 {
		_, err := s.store.Collection(collection).InsertOne(ctx, document)
		if mongo.IsDuplicateKeyError(err) {
			return fmt.Errorf("%w: one of %s is there already", store.ErrConflict, collection)
		}
		if err != nil {
			return fmt.Errorf("store one of %s: %w", collection, err)
		}
		return nil
	}
	result, err := s.store.Collection(collection).ReplaceOne(ctx, bson.D{{Key: "_id", Value: id}, {Key: "version", Value: version}}, document)
	if err != nil {
		return fmt.Errorf("store one of %s: %w", collection, err)
	}
	if result.MatchedCount != 1 {
		return fmt.Errorf("%w: one of %s has changed", store.ErrConflict, collection)
	}
	return nil
}

// Same tells if a row is stored as another one was.
func (r Redemption) Same(o Redemption) bool { return r.version == o.version }
