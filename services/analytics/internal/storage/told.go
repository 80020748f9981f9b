package storage

import (
	"context"
	"fmt"
	"iter"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Membership names an account in a published segment.
type Membership struct{ Program, Segment, Account string }

// Told is what was told last of a membership. The zero value: nothing was.
type Told struct {
	In bool
	// Number counts what was told, dense from 1: odd while In.
	Number int64
	// Revision is that of the publication, AsOf the day that was looked at.
	Revision int64
	AsOf     calendar.Day
}

type toldDoc struct {
	ID       string `bson:"_id"` // <programme>/<segment>/<account>
	Format   int    `bson:"format"`
	In       bool   `bson:"in"`
	Number   int64  `bson:"number"`
	Revision int64  `bson:"revision"`
	AsOf     int32  `bson:"as_of"`
}

func toldCollection() store.Collection {
	return store.Collection{
		Name: toldName,
		Schema: store.Object(bson.A{"_id", "format", "in", "number", "revision", "as_of"}, bson.M{
			"format": store.Integer(), "number": store.Integer(), "revision": store.Integer(), "as_of": store.Integer(),
		}),
	}
}

func (m Membership) id() string { return segmentID(m.Program, m.Segment) + "/" + m.Account }

// Told returns what was told of memberships; those of which nothing was are missing from the answer.
func (s *Storage) Told(ctx context.Context, list []Membership) (map[Membership]Told, error) {
	known := make(map[Membership]Told, len(list))
	if len(list) == 0 {
		return known, nil
	}
	ids, byID := make([]string, len(list)), make(map[string]Membership, len(list))
	for i, m := range list {
		ids[i] = m.id()
		byID[ids[i]] = m
	}
	cursor, err := s.store.Collection(toldName).Find(ctx, bson.M{"_id": bson.M{"$in": ids}})
	if err != nil {
		return nil, fmt.Errorf("read %d memberships: %w", len(ids), err)
	}
	var docs []toldDoc
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("read %d memberships: %w", len(ids), err)
	}
	for _, d := range docs {
		known[byID[d.ID]] = Told{d.In, d.Number, d.Revision, calendar.Day(d.AsOf)}
	}
	return known, nil
}

// ToldIn returns the accounts that were told to be in a segment, by rising account: those behind one, up to another, or all
// behind it where upTo is empty.
func (s *Storage) ToldIn(ctx context.Context, program, segment, after, upTo string) iter.Seq2[string, error] {
	prefix := segmentID(program, segment) + "/"
	bound := bson.M{"$gt": prefix + after, "$lt": segmentID(program, segment) + "0"} // '0' follows '/'
	if upTo != "" {
		bound["$lte"] = prefix + upTo
	}
	return func(yield func(string, error) bool) {
		cursor, err := s.store.Collection(toldName).Find(ctx, bson.M{"_id": bound, "in": true}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
		if err != nil {
			yield("", fmt.Errorf("read who is in segment %s: %w", segment, err))
			return
		}
		defer cursor.Close(context.WithoutCancel(ctx)) //nolint:errcheck // it was only read
		for cursor.Next(ctx) {
			id, ok := cursor.Current.Lookup("_id").StringValueOK()
			if !ok || len(id) <= len(prefix) {
				yield("", fmt.Errorf("read who is in segment %s: a row of another form: %s", segment, cursor.Current))
				return
			}
			if !yield(id[len(prefix):], nil) {
				return
			}
		}
		if err := cursor.Err(); err != nil {
			yield("", fmt.Errorf("read who is in segment %s: %w", segment, err))
		}
	}
}

// ToldWrite puts what is told of a membership.
type ToldWrite struct {
	Membership Membership
	Told       Told
}

func (s *Storage) writeTold(ctx context.Context, list []ToldWrite) error {
	if len(list) == 0 {
		return nil
	}
	models := make([]mongo.WriteModel, len(list))
	for i, t := range list {
		id := t.Membership.id()
		models[i] = mongo.NewReplaceOneModel().SetUpsert(true).SetFilter(bson.D{{Key: "_id", Value: id}}).SetReplacement(toldDoc{
			ID: id, Format: format, In: t.Told.In, Number: t.Told.Number, Revision: t.Told.Revision, AsOf: int32(t.Told.AsOf),
		})
	}
	if _, err := s.store.Collection(toldName).BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false)); err != nil {
		return fmt.Errorf("write %d memberships: %w", len(list), err)
	}
	return nil
}
