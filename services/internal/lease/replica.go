package lease

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// collection is where the replicas of a service say that they live. Times are mongod's own, so that clocks of machines
// that differ decide nothing.
const collection = "replicas"

// forgottenAfter is when mongod removes what a replica that died has left.
const forgottenAfter = time.Hour

func replicas() store.Collection {
	return store.Collection{
		Name:    collection,
		Schema:  store.Object(bson.A{"_id", "address", "beat"}, bson.M{"address": bson.M{"bsonType": "string"}, "beat": bson.M{"bsonType": "date"}}),
		Indexes: []mongo.IndexModel{{Keys: bson.D{{Key: "beat", Value: 1}}, Options: options.Index().SetExpireAfterSeconds(int32(forgottenAfter.Seconds()))}},
	}
}

// beat says that this replica lives.
func (k *Keeper) beat(ctx context.Context) error {
	said := mongo.Pipeline{{{Key: "$set", Value: bson.M{"address": k.cfg.Address, "beat": "$$NOW"}}}}
	if _, err := k.store.Collection(collection).UpdateOne(ctx, bson.M{"_id": k.id}, said, options.UpdateOne().SetUpsert(true)); err != nil {
		return fmt.Errorf("say that this replica lives: %w", err)
	}
	return nil
}

// gone takes back that this replica lives.
func (k *Keeper) gone(ctx context.Context) error {
	if _, err := k.store.Collection(collection).DeleteOne(ctx, bson.M{"_id": k.id}); err != nil {
		return fmt.Errorf("say that this replica is gone: %w", err)
	}
	return nil
}

// Replica is one that has said of late that it lives.
type Replica struct {
	ID      string `bson:"_id"`
	Address string
	Beat    time.Time // when it said so last, by mongod's clock
}

// Living lists the replicas of a service that lives by the database given, in no order. One that has just died is among them for
// as long as anybody would take it for asleep.
func Living(ctx context.Context, db *mongo.Database) ([]Replica, error) {
	recent := bson.M{"$gt": bson.A{"$beat", bson.M{"$subtract": bson.A{"$$NOW", silence.Milliseconds()}}}}
	cursor, err := db.Collection(collection).Find(ctx, bson.M{"$expr": recent})
	var list []Replica
	if err == nil {
		err = cursor.All(ctx, &list)
	}
	if err != nil {
		return nil, fmt.Errorf("read who lives: %w", err)
	}
	return list, nil
}

// live lists the addresses of the replicas that have said so of late, by their ids.
func (k *Keeper) live(ctx context.Context) (map[string]string, error) {
	list, err := Living(ctx, k.store.Collection(collection).Database())
	if err != nil {
		return nil, err
	}
	addresses := make(map[string]string, len(list))
	for _, r := range list {
		addresses[r.ID] = r.Address
	}
	return addresses, nil
}

// partitions reads all partition documents, and makes those that are missing.
func (k *Keeper) partitions(ctx context.Context) (map[int]store.Partition, error) {
	ids := make([]int, k.cfg.Partitions)
	for i := range ids {
		ids[i] = i
	}
	parts, err := k.store.ReadPartitions(ctx, ids)
	if err == nil && len(parts) < len(ids) {
		return k.store.LoadPartitions(ctx, ids)
	}
	return parts, err
}
