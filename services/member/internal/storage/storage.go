// Package storage keeps members and what they are known by in MongoDB: the documents, their schemas and indexes, and every
// query. It maps documents to the values of the domain and decides nothing. Nothing personal is stored, and no document has
// a place for it.
package storage

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Database is member's own.
const Database = "laurel_member"

// Collections of member, beside partitions and outbox.
const (
	membersName  = "members"
	aliasesName  = "aliases"
	commandsName = "commands"
)

// Storage is member's database. Safe for many goroutines.
type Storage struct{ store *store.Store }

// Open prepares collections, schemas and indexes, and the partition documents that number what is told of n partitions.
func Open(ctx context.Context, s *store.Store, n int) (*Storage, error) {
	err := s.Ensure(ctx, store.PartitionsCollection(), outbox.Collection(), membersCollection(), aliasesCollection(), commandsCollection())
	if err == nil {
		ids := make([]int, n)
		for i := range ids {
			ids[i] = i
		}
		_, err = s.LoadPartitions(ctx, ids)
	}
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", Database, err)
	}
	return &Storage{s}, nil
}

// Store is the database underneath, for the rooms that all services share.
func (s *Storage) Store() *store.Store { return s.store }

func text() bson.M { return bson.M{"bsonType": "string"} }

// membersCollection is listed by account, in the order of the members' ids.
func membersCollection() store.Collection {
	return store.Collection{
		Name: membersName,
		Schema: store.Object(
			bson.A{"_id", "format", "version", "account", "kind", "role", "enrolled_at", "enrolments", "aliases", "people"},
			bson.M{
				"format": store.Integer(), "version": store.Integer(), "account": text(), "kind": text(), "role": text(),
				"enrolments": store.Integer(), "aliases": store.Integer(), "people": store.Integer(),
			}),
		Indexes: []mongo.IndexModel{{
			Keys:    bson.D{{Key: "account", Value: 1}, {Key: "_id", Value: 1}},
			Options: options.Index().SetName("account_id"),
		}},
	}
}

// aliasesCollection is unique by its _id, <programme>/<kind>/<scope>/<value>, and listed by member.
func aliasesCollection() store.Collection {
	return store.Collection{
		Name: aliasesName,
		Schema: store.Object(
			bson.A{"_id", "format", "version", "kind", "value", "member", "linked_at"},
			bson.M{"format": store.Integer(), "version": store.Integer(), "kind": text(), "value": text(), "member": text()}),
		Indexes: []mongo.IndexModel{{
			Keys:    bson.D{{Key: "member", Value: 1}, {Key: "linked_at", Value: 1}, {Key: "_id", Value: 1}},
			Options: options.Index().SetName("member_linked"),
		}},
	}
}

// commandsCollection holds what every write answered, by its idempotency key.
func commandsCollection() store.Collection {
	return store.Collection{
		Name:   commandsName,
		Schema: store.Object(bson.A{"_id", "format", "hash", "done_at"}, bson.M{"format": store.Integer(), "hash": bson.M{"bsonType": "binData"}}),
	}
}
