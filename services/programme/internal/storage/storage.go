// Package storage keeps the revisions of programmes in MongoDB: the document, its schema and indexes, and every query.
package storage

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Database is the programme service's own.
const Database = "laurel_programme"

const revisionsName = "revisions"

// Storage is the registry's database. Safe for many goroutines.
type Storage struct{ store *store.Store }

// Open prepares the collection, and returns the storage.
func Open(ctx context.Context, s *store.Store) (*Storage, error) {
	if err := s.Ensure(ctx, revisionsCollection()); err != nil {
		return nil, fmt.Errorf("prepare %s: %w", Database, err)
	}
	return &Storage{s}, nil
}

// revisionsCollection: _id makes a number unique, so that of two who apply at once one is refused. The first index lists a
// programme, the second finds what a key has made, the third what has not been published.
func revisionsCollection() store.Collection {
	return store.Collection{
		Name: revisionsName,
		Schema: store.Object(
			bson.A{"_id", "format", "programme", "number", "applied_at", "files", "digest", "published"},
			bson.M{
				"format": store.Integer(), "number": store.Integer(), "rollback_of": store.Integer(),
				"digest": bson.M{"bsonType": "binData"}, "published": bson.M{"bsonType": "bool"},
			}),
		Indexes: []mongo.IndexModel{
			{
				Keys:    bson.D{{Key: "programme", Value: 1}, {Key: "number", Value: 1}},
				Options: options.Index().SetUnique(true).SetName("programme_number"),
			},
			{
				Keys: bson.D{{Key: "programme", Value: 1}, {Key: "actor", Value: 1}, {Key: "key", Value: 1}},
				Options: options.Index().SetUnique(true).SetName("programme_actor_key").
					SetPartialFilterExpression(bson.M{"key": bson.M{"$exists": true}}),
			},
			{
				Keys: bson.D{{Key: "published", Value: 1}},
				Options: options.Index().SetName("unpublished").
					SetPartialFilterExpression(bson.M{"published": false}),
			},
		},
	}
}
