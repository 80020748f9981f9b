// Package storage keeps the catalogue and the redemptions in MongoDB: the documents, their schemas and indexes, and every
// query. It maps documents to the values of the domain and decides nothing. Codes of vouchers stand here and nowhere else.
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

// Database is reward's own.
const Database = "laurel_reward"

// Collections of reward, beside partitions and outbox.
const (
	rewardsName     = "rewards"
	versionsName    = "versions"
	stockName       = "stock"
	codesName       = "codes"
	redemptionsName = "redemptions"
	guardsName      = "guards"
	commandsName    = "commands"
)

// Storage is reward's database. Safe for many goroutines.
type Storage struct{ store *store.Store }

// Open prepares collections, schemas and indexes, and the partition documents that number what is told of n partitions.
func Open(ctx context.Context, s *store.Store, n int) (*Storage, error) {
	err := s.Ensure(ctx, store.PartitionsCollection(), outbox.Collection(), rewardsCollection(), versionsCollection(), stockCollection(),
		codesCollection(), redemptionsCollection(), guardsCollection(), commandsCollection())
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

func index(name string, keys bson.D, opts *options.IndexOptionsBuilder) mongo.IndexModel {
	return mongo.IndexModel{Keys: keys, Options: opts.SetName(name)}
}

// rewardsCollection holds each reward with its newest terms, listed by its _id, <programme>/<reward>.
func rewardsCollection() store.Collection {
	return store.Collection{Name: rewardsName, Schema: store.Object(
		bson.A{"_id", "format", "version", "terms_version", "terms", "withdrawn", "put_at"},
		bson.M{"format": store.Integer(), "version": store.Integer(), "terms_version": store.Integer(), "terms": termsSchema()},
	)}
}

// versionsCollection holds all terms that rewards had, by <programme>/<reward>/<version>. They are never changed.
func versionsCollection() store.Collection {
	return store.Collection{Name: versionsName, Schema: store.Object(
		bson.A{"_id", "format", "terms_version", "terms", "put_at"},
		bson.M{"format": store.Integer(), "terms_version": store.Integer(), "terms": termsSchema()},
	)}
}

func termsSchema() bson.M {
	return store.Object(bson.A{"kind", "name", "points"}, bson.M{"kind": text(), "name": text(), "points": store.Integer()})
}

// stockCollection counts what there is of a reward. Whoever takes one moves this document.
func stockCollection() store.Collection {
	return store.Collection{Name: stockName, Schema: store.Object(
		bson.A{"_id", "format", "put_in", "left"},
		bson.M{"format": store.Integer(), "put_in": store.Integer(), "left": bson.M{"bsonType": bson.A{"int", "long"}, "minimum": 0}},
	)}
}

// codesCollection holds codes of vouchers, unique in the programme by their _id, <programme>/<code>; taken in the order in
// which they were put in.
func codesCollection() store.Collection {
	return store.Collection{
		Name: codesName,
		Schema: store.Object(bson.A{"_id", "format", "reward", "number", "state"}, bson.M{
			"format": store.Integer(), "reward": text(), "number": store.Integer(), "state": bson.M{"enum": bson.A{codeFree, codeTaken, codeGiven}},
		}),
		Indexes: []mongo.IndexModel{
			index("reward_state_number", bson.D{{Key: "reward", Value: 1}, {Key: "state", Value: 1}, {Key: "number", Value: 1}}, options.Index()),
		},
	}
}

// redemptionsCollection is listed by account, counted by reward, and swept by next_at, which only those have that somebody
// has to go on with.
func redemptionsCollection() store.Collection {
	return store.Collection{
		Name: redemptionsName,
		Schema: store.Object(
			bson.A{"_id", "format", "version", "account", "reward", "terms_version", "points", "state", "attempt", "begun_at"},
			bson.M{
				"format": store.Integer(), "version": store.Integer(), "account": text(), "reward": text(),
				"terms_version": store.Integer(), "points": store.Integer(), "state": text(), "attempt": store.Integer(),
			}),
		Indexes: []mongo.IndexModel{
			index("account_begun", bson.D{{Key: "account", Value: 1}, {Key: "begun_at", Value: -1}, {Key: "_id", Value: -1}}, options.Index()),
			index("reward_state", bson.D{{Key: "reward", Value: 1}, {Key: "state", Value: 1}}, options.Index()),
			index("next_at", bson.D{{Key: "next_at", Value: 1}}, options.Index().SetSparse(true)),
		},
	}
}

// guardsCollection has a document for each account that a limit was looked at for: two who look at once meet in it.
func guardsCollection() store.Collection {
	return store.Collection{Name: guardsName, Schema: store.Object(bson.A{"_id", "looks"}, bson.M{"looks": store.Integer()})}
}

// commandsCollection holds what every write of an operator answered, by its idempotency key.
func commandsCollection() store.Collection {
	return store.Collection{
		Name:   commandsName,
		Schema: store.Object(bson.A{"_id", "format", "hash", "done_at"}, bson.M{"format": store.Integer(), "hash": bson.M{"bsonType": "binData"}}),
	}
}
