package storage

import (
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// standingsCollection is swept by what is due in a partition, and counted by tier.
func standingsCollection() store.Collection {
	return store.Collection{
		Name: standingsName,
		Schema: store.Object(
			bson.A{"_id", "format", "programme", "account", "partition", "version", "lines", "reviewed"},
			bson.M{
				"format": store.Integer(), "partition": store.Integer(), "version": store.Integer(), "lines": store.Integer(),
				"reviewed": store.Integer(),
				"days": bson.M{"bsonType": "array", "items": store.Object(bson.A{"day", "amount"},
					bson.M{"day": store.Integer(), "amount": store.Integer()})},
			}),
		Indexes: []mongo.IndexModel{{
			Keys: bson.D{{Key: "partition", Value: 1}, {Key: "due_at", Value: 1}},
			Options: options.Index().SetName("partition_due").
				SetPartialFilterExpression(bson.M{"due_at": bson.M{"$exists": true}}),
		}},
	}
}

// ordersCollection holds the events of orders as they were taken. It is asked by key alone: an event's place under its
// order is part of it.
func ordersCollection() store.Collection {
	return store.Collection{
		Name: ordersName,
		Schema: store.Object(
			bson.A{"_id", "format", "account", "number", "kind", "content", "base"},
			bson.M{
				"format": store.Integer(), "number": store.Integer(), "base": store.Integer(), "content": bson.M{"bsonType": "binData"},
				"lines": bson.M{"bsonType": "array", "items": store.Object(bson.A{"quantity", "amount"},
					bson.M{"quantity": store.Integer(), "amount": store.Integer()})},
			}),
	}
}

// historyCollection is only added to. An account's lines are read in their order.
func historyCollection() store.Collection {
	return store.Collection{
		Name: historyName,
		Schema: store.Object(
			bson.A{"_id", "format", "account", "seq", "from", "to", "cause", "qualifying", "effective_at"},
			bson.M{"format": store.Integer(), "seq": store.Integer(), "qualifying": store.Integer(), "reach": store.Integer()}),
		Indexes: []mongo.IndexModel{{
			Keys:    bson.D{{Key: "account", Value: 1}, {Key: "seq", Value: 1}},
			Options: options.Index().SetUnique(true).SetName("account_seq"),
		}},
	}
}

// heardCollection is read by account alone, which begins the key.
func heardCollection() store.Collection {
	return store.Collection{
		Name:   heardName,
		Schema: store.Object(bson.A{"_id", "format", "sequence", "identity"}, bson.M{"format": store.Integer(), "sequence": store.Integer()}),
	}
}

func refusalsCollection() store.Collection {
	return store.Collection{
		Name:   refusalsName,
		Schema: store.Object(bson.A{"_id", "format", "reason", "sequence"}, bson.M{"format": store.Integer(), "sequence": store.Integer()}),
	}
}

func commandsCollection() store.Collection {
	return store.Collection{
		Name:   commandsName,
		Schema: store.Object(bson.A{"_id", "format", "content", "event"}, bson.M{"format": store.Integer(), "content": bson.M{"bsonType": "binData"}}),
	}
}
