package storage

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/tier/internal/domain/standing"
)

// Refusal remembers an event that was refused, so that it stays so. Whoever published it is answered by accrual.
type Refusal struct {
	ID       string `bson:"_id"` // the event's identity
	Format   int    `bson:"format"`
	Program  string `bson:"programme"`
	Reason   string `bson:"reason"`
	Sequence int64  `bson:"sequence"` // in EVENTS
}

// StandingWrite replaces an account that still has the version that it was computed from. From 0 inserts it.
type StandingWrite struct {
	Account   standing.Account
	From      int64
	Partition int
	Due       time.Time // zero: nothing will fall due
}

// RowWrite is an event of an order to insert.
type RowWrite struct {
	Program string
	Row     standing.Row
}

// LineWrite is a line of history to insert.
type LineWrite struct {
	Ref  Ref
	Line standing.Line
}

// HeardWrite is a message about an account to remember.
type HeardWrite struct {
	Ref   Ref
	Heard standing.Heard
}

// LifeWrite replaces all that an account has heard.
type LifeWrite struct {
	Ref   Ref
	Rows  []standing.Row
	Heard []standing.Heard
}

// ReviewWrite makes what is due of a programme's accounts be computed again when From has come.
type ReviewWrite struct {
	Program   string
	Partition int
	From      time.Time
}

// Writes are everything that one batch changes.
type Writes struct {
	Lives     []LifeWrite // before the rest
	Rows      []RowWrite
	Heard     []HeardWrite
	Lines     []LineWrite
	Standings []StandingWrite
	Refusals  []Refusal
	Forgiven  []string // identities of events that are no longer refused
	Reviews   []ReviewWrite
}

// Write writes everything; it belongs inside the transaction that fences the partitions. store.ErrConflict: somebody else
// was faster.
func (s *Storage) Write(ctx context.Context, w Writes) error {
	for _, l := range w.Lives {
		if err := s.replaceLife(ctx, l); err != nil {
			return err
		}
	}
	if err := insert(ctx, s, heardName, list(w.Heard, func(h HeardWrite) heardDoc { return heardToDoc(h.Ref, h.Heard) })); err != nil {
		return err
	}
	if err := insert(ctx, s, ordersName, list(w.Rows, func(r RowWrite) rowDoc { return rowToDoc(r.Program, r.Row) })); err != nil {
		return err
	}
	if err := insert(ctx, s, historyName, list(w.Lines, func(l LineWrite) lineDoc { return lineToDoc(l.Ref, l.Line) })); err != nil {
		return err
	}
	if err := s.replaceStandings(ctx, w.Standings); err != nil {
		return err
	}
	if len(w.Forgiven) > 0 {
		if _, err := s.store.Collection(refusalsName).DeleteMany(ctx, bson.M{"_id": bson.M{"$in": w.Forgiven}}); err != nil {
			return fmt.Errorf("remove %d refusals: %w", len(w.Forgiven), err)
		}
	}
	for i := range w.Refusals {
		w.Refusals[i].Format = format
	}
	if err := insert(ctx, s, refusalsName, w.Refusals); err != nil {
		return err
	}
	return s.review(ctx, w.Reviews)
}

func (s *Storage) replaceLife(ctx context.Context, l LifeWrite) error {
	for _, name := range []string{ordersName, heardName} {
		if _, err := s.store.Collection(name).DeleteMany(ctx, bson.M{"_id": keysUnder(l.Ref.prefix())}); err != nil {
			return fmt.Errorf("remove %s of %s: %w", name, l.Ref.key(), err)
		}
	}
	err := insert(ctx, s, ordersName, list(l.Rows, func(r standing.Row) rowDoc { return rowToDoc(l.Ref.Program, r) }))
	if err != nil {
		return err
	}
	return insert(ctx, s, heardName, list(l.Heard, func(h standing.Heard) heardDoc { return heardToDoc(l.Ref, h) }))
}

func insert[D any](ctx context.Context, s *Storage, name string, docs []D) error {
	if len(docs) == 0 {
		return nil
	}
	if _, err := s.store.Collection(name).InsertMany(ctx, docs); err != nil {
		return fmt.Errorf("insert %d %s: %w", len(docs), name, err)
	}
	return nil
}

func (s *Storage) replaceStandings(ctx context.Context, writes []StandingWrite) error {
	if len(writes) == 0 {
		return nil
	}
	models := make([]mongo.WriteModel, len(writes))
	inserted := int64(0)
	for i, w := range writes {
		doc := standingToDoc(w.Account, w.Partition, w.Due)
		if w.From == 0 {
			models[i] = mongo.NewInsertOneModel().SetDocument(doc)
			inserted++
			continue
		}
		filter := bson.D{{Key: "_id", Value: doc.ID}, {Key: "version", Value: w.From}}
		models[i] = mongo.NewReplaceOneModel().SetFilter(filter).SetReplacement(doc)
	}
	result, err := s.store.Collection(standingsName).BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
	if err != nil {
		return fmt.Errorf("write %d standings: %w", len(models), err)
	}
	if result.MatchedCount != int64(len(models))-inserted {
		return fmt.Errorf("%w: a standing has another version", store.ErrConflict)
	}
	return nil
}

// review brings forward what is due, for accounts of a programme whose next revision has become known.
func (s *Storage) review(ctx context.Context, reviews []ReviewWrite) error {
	for _, r := range reviews {
		filter := bson.M{"partition": r.Partition, "programme": r.Program}
		update := bson.M{"$min": bson.M{"due_at": r.From}}
		if _, err := s.store.Collection(standingsName).UpdateMany(ctx, filter, update); err != nil {
			return fmt.Errorf("look again at the standings of %s: %w", r.Program, err)
		}
	}
	return nil
}
