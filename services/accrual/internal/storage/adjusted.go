package storage

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/token"
)

// adjustedName is the collection of what each person has adjusted on a day. It spans accounts, and so partitions: it is
// counted before the adjustment is posted, and may count one that never was.
const adjustedName = "adjusted"

// adjustmentsPerDayMax bounds the adjustments of a person on a day, for the document's sake.
const adjustmentsPerDayMax = 10_000

// AdjustedRef names what a person has adjusted on a day.
type AdjustedRef struct {
	Program, Person string
	Day             calendar.Day
}

func (r AdjustedRef) id() string {
	return fmt.Sprintf("%s/%s/%s", r.Program, token.Of(r.Person), r.Day)
}

type adjustedDoc struct {
	ID     string           `bson:"_id"` // <programme>/<person>/<day>
	Format int              `bson:"format"`
	Points int64            `bson:"points"` // added or taken away, all together
	Calls  int64            `bson:"calls"`
	Keys   map[string]int64 `bson:"keys"` // points by the key of the call, as a token
}

func adjustedCollection() store.Collection {
	return store.Collection{Name: adjustedName, Schema: store.Object(
		bson.A{"_id", "format", "points", "calls", "keys"},
		bson.M{
			"format": store.Integer(), "points": store.Integer(), "calls": store.Integer(),
			"keys": bson.M{"bsonType": "object", "additionalProperties": store.Integer()},
		},
	)}
}

// CountAdjusted counts points under the key of a call, if no more than most are counted with them, and returns what was
// counted of the day, these points included. A key that is counted with as many points is not counted again. False: they
// were not counted.
func (s *Storage) CountAdjusted(ctx context.Context, ref AdjustedRef, key string, points, most int64) (int64, bool, error) {
	coll, field := s.store.Collection(adjustedName), "keys."+token.Of(key)
	_, err := coll.UpdateOne(ctx, bson.M{"_id": ref.id()}, bson.M{"$setOnInsert": bson.M{
		"format": format, "points": int64(0), "calls": int64(0), "keys": bson.M{},
	}}, options.UpdateOne().SetUpsert(true))
	if err != nil && !mongo.IsDuplicateKeyError(err) {
		return 0, false, fmt.Errorf("count what %s adjusts: %w", ref.id(), err)
	}
	free := bson.M{
		"_id": ref.id(), "points": bson.M{"$lte": most - points}, "calls": bson.M{"$lt": adjustmentsPerDayMax}, field: bson.M{"$exists": false},
	}
	_, err = coll.UpdateOne(ctx, free, bson.M{"$inc": bson.M{"points": points, "calls": int64(1)}, "$set": bson.M{field: points}})
	if err != nil {
		return 0, false, fmt.Errorf("count what %s adjusts: %w", ref.id(), err)
	}
	var d adjustedDoc
	err = coll.FindOne(ctx, bson.M{"_id": ref.id()}).Decode(&d)
	if err != nil {
		return 0, false, fmt.Errorf("read what %s adjusts: %w", ref.id(), err)
	}
	counted, ok := d.Keys[token.Of(key)]
	return d.Points, ok && counted == points, nil
}

// UncountAdjusted takes back what was counted under a key: the adjustment was refused. It is safe to repeat.
func (s *Storage) UncountAdjusted(ctx context.Context, ref AdjustedRef, key string, points int64) error {
	field := "keys." + token.Of(key)
	_, err := s.store.Collection(adjustedName).UpdateOne(ctx, bson.M{"_id": ref.id(), field: points},
		bson.M{"$inc": bson.M{"points": -points, "calls": int64(-1)}, "$unset": bson.M{field: ""}})
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return fmt.Errorf("take back what %s adjusts: %w", ref.id(), err)
	}
	return nil
}
