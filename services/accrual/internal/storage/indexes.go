package storage

import (
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// entriesCollection has two indexes, _id and this one; each more costs 15 to 20 % of the ledger's speed (design 5).
func entriesCollection() store.Collection {
	return store.Collection{
		Name: entriesName,
		Schema: store.Object(
			bson.A{"_id", "format", "account", "seq", "kind", "effective_at", "after", "hash", "recorded_at"},
			bson.M{
				"format": store.Integer(), "seq": store.Integer(), "account": bson.M{"bsonType": "string"},
				"hash":      bson.M{"bsonType": "binData"},
				"postings":  bson.M{"bsonType": "array", "items": store.Object(bson.A{"unit", "bucket", "points"}, bson.M{"points": store.Integer()})},
				"movements": bson.M{"bsonType": "array", "items": store.Object(bson.A{"move", "unit", "points"}, bson.M{"points": store.Integer()})},
				"action": store.Object(bson.A{"source", "id", "type", "content", "points"},
					bson.M{"rule": store.Integer(), "points": store.Integer(), "per_day": store.Integer()}),
				"command":  store.Object(bson.A{"caller", "content", "points"}, bson.M{"points": store.Integer()}),
				"hold":     store.Object(bson.A{"id", "caller", "points", "deadline"}, bson.M{"points": store.Integer()}),
				"refund":   store.Object(bson.A{"capture", "seq", "day"}, bson.M{"seq": store.Integer(), "day": store.Integer(), "left": store.Integer()}),
				"transfer": store.Object(bson.A{"id", "from", "to", "points", "fee"}, bson.M{"points": store.Integer(), "fee": store.Integer()}),
				"order": store.Object(bson.A{"merchant", "order", "number", "target"}, bson.M{
					"target": store.Integer(),
					"others": bson.M{"bsonType": "array", "items": store.Object(bson.A{"unit", "points"}, bson.M{"points": store.Integer()})},
				}),
				"lines": bson.M{"bsonType": "array", "items": store.Object(bson.A{"id", "base", "points"}, bson.M{"base": store.Integer(), "points": store.Integer()})},
			}),
		Indexes: []mongo.IndexModel{{
			Keys:    bson.D{{Key: "account", Value: 1}, {Key: "seq", Value: 1}},
			Options: options.Index().SetUnique(true).SetName("account_seq"),
		}},
	}
}

// accountsCollection is swept by what is due in a partition.
func accountsCollection() store.Collection {
	return store.Collection{
		Name: accountsName,
		Schema: store.Object(
			bson.A{"_id", "format", "partition", "version", "hash", "balances", "lots"},
			bson.M{
				"format": store.Integer(), "partition": store.Integer(), "version": store.Integer(),
				"balances": bson.M{"bsonType": "array", "items": store.Object(bson.A{"unit", "pending", "active", "held", "debt"},
					bson.M{"pending": store.Integer(), "active": store.Integer(), "held": store.Integer(), "debt": store.Integer()})},
				"counters": bson.M{"bsonType": "array", "items": store.Object(bson.A{"day", "type", "points"}, bson.M{"points": store.Integer()})},
				"holds": bson.M{"bsonType": "array", "items": store.Object(bson.A{"id", "points", "deadline", "parts"}, bson.M{
					"points": store.Integer(),
					"parts":  bson.M{"bsonType": "array", "items": store.Object(bson.A{"unit", "points"}, bson.M{"points": store.Integer()})},
				})},
				"refunds": bson.M{"bsonType": "array", "items": store.Object(bson.A{"capture", "day"},
					bson.M{"capture": store.Integer(), "left": store.Integer()})},
				"lots": bson.M{"bsonType": "array", "items": store.Object(bson.A{"unit", "left"},
					bson.M{"left": store.Integer(), "uncounted": store.Integer()})},
			}),
		Indexes: []mongo.IndexModel{{
			Keys: bson.D{{Key: "partition", Value: 1}, {Key: "due_at", Value: 1}},
			Options: options.Index().SetName("partition_due").
				SetPartialFilterExpression(bson.M{"due_at": bson.M{"$exists": true}}),
		}},
	}
}

// refusalsCollection is asked by order and listed by programme in the order of refusal.
func refusalsCollection() store.Collection {
	return store.Collection{
		Name: refusalsName,
		Schema: store.Object(
			bson.A{"_id", "format", "programme", "reason", "sequence", "refused_at"},
			bson.M{"format": store.Integer(), "sequence": store.Integer(), "redriven": store.Integer()}),
		Indexes: []mongo.IndexModel{
			{Keys: bson.D{{Key: "order", Value: 1}}, Options: options.Index().SetName("order").
				SetPartialFilterExpression(bson.M{"order": bson.M{"$exists": true}})},
			{Keys: bson.D{{Key: "programme", Value: 1}, {Key: "refused_at", Value: 1}, {Key: "_id", Value: 1}}, Options: options.Index().SetName("programme_refused")},
			{Keys: bson.D{{Key: "refused_at", Value: 1}, {Key: "_id", Value: 1}}, Options: options.Index().SetName("refused")},
		},
	}
}
