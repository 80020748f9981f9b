package storage

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Collections of the doors.
const (
	tradesName = "trades"
	usageName  = "usage"
	keysName   = "keys"
	fencesName = "key_fences"
	noncesName = "nonces"
)

// nonceSeconds is how long a nonce is kept: a call signed five minutes ahead of us counts for ten, and mongod looks once a
// minute.
const nonceSeconds = 11 * 60

// tradesCollection is asked by key; listed by partner, newest first; and searched for what the ledger has not answered.
func tradesCollection() store.Collection {
	return store.Collection{
		Name: tradesName,
		Schema: store.Object(
			bson.A{"_id", "format", "owner", "kind", "account", "points", "key", "content", "asked_at"},
			bson.M{
				"format": store.Integer(), "kind": store.Integer(), "points": store.Integer(), "ttl": store.Integer(),
				"counted": store.Integer(), "content": bson.M{"bsonType": "binData"},
				"done": store.Object(bson.A{"entry", "points", "active"}, bson.M{"points": store.Integer(), "active": store.Integer()}),
			}),
		Indexes: []mongo.IndexModel{
			{
				Keys:    bson.D{{Key: "owner", Value: 1}, {Key: "asked_at", Value: -1}, {Key: "_id", Value: -1}},
				Options: options.Index().SetName("owner_asked"),
			},
			{
				Keys:    bson.D{{Key: "owner", Value: 1}, {Key: "account", Value: 1}, {Key: "asked_at", Value: -1}, {Key: "_id", Value: -1}},
				Options: options.Index().SetName("owner_account_asked"),
			},
			{
				Keys:    bson.D{{Key: "asked_at", Value: 1}},
				Options: options.Index().SetName("open_asked").SetPartialFilterExpression(bson.M{"open": true}),
			},
		},
	}
}

// usageCollection counts points against limits, by partner, day and role.
func usageCollection() store.Collection {
	return store.Collection{
		Name:   usageName,
		Schema: store.Object(bson.A{"_id", "format", "points"}, bson.M{"format": store.Integer(), "points": store.Integer()}),
	}
}

func keysCollection() store.Collection {
	unique := func(field string) mongo.IndexModel {
		return mongo.IndexModel{
			Keys: bson.D{{Key: field, Value: 1}},
			Options: options.Index().SetName(field).SetUnique(true).
				SetPartialFilterExpression(bson.M{field: bson.M{"$exists": true}}),
		}
	}
	return store.Collection{
		Name: keysName,
		Schema: store.Object(bson.A{"_id", "format", "version", "programme", "partner", "scopes", "request", "created_at"},
			bson.M{"format": store.Integer(), "version": store.Integer(), "public_key": bson.M{"bsonType": "binData"}}),
		Indexes: []mongo.IndexModel{unique("public_key"), unique("san"), unique("request")},
	}
}

// fencesCollection has a document for each partner: whoever adds a credential moves it, so that two at once collide.
func fencesCollection() store.Collection {
	return store.Collection{
		Name: fencesName, Schema: store.Object(bson.A{"_id", "format", "version"}, bson.M{"format": store.Integer(), "version": store.Integer()}),
	}
}

// noncesCollection remembers signed calls for as long as they could be replayed.
func noncesCollection() store.Collection {
	return store.Collection{
		Name:   noncesName,
		Schema: store.Object(bson.A{"_id", "at"}, bson.M{"at": bson.M{"bsonType": "date"}}),
		Indexes: []mongo.IndexModel{{
			Keys: bson.D{{Key: "at", Value: 1}}, Options: options.Index().SetName("at").SetExpireAfterSeconds(nonceSeconds),
		}},
	}
}

// one decodes the only document that a filter can match; false: there is none.
func one[D any](ctx context.Context, c *mongo.Collection, filter bson.M) (D, bool, error) {
	var list []D
	cursor, err := c.Find(ctx, filter, options.Find().SetLimit(1))
	if err == nil {
		err = cursor.All(ctx, &list)
	}
	if err != nil || len(list) == 0 {
		var none D
		return none, false, err
	}
	return list[0], true, nil
}
