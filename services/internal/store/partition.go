package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// PartitionsName is the collection of partition documents, the same in every service.
const PartitionsName = "partitions"

// Mark says how far a service has applied a partition of EVENTS.
type Mark struct {
	Sequence uint64    `bson:"sequence"`
	Time     time.Time `bson:"time"`    // stream time of the message
	ID       string    `bson:"id"`      // its Nats-Msg-Id
	Created  time.Time `bson:"created"` // when the stream was created
}

// Revision is a programme revision that the partition has passed in the log.
type Revision struct {
	Program   string    `bson:"programme"`
	Number    int       `bson:"number"`
	Effective time.Time `bson:"effective"` // zero for the first: from the beginning of time
}

// Partition is the fence of one partition: whoever writes what belongs to it moves this document by compare-and-set
// on Version, in the same transaction.
type Partition struct {
	ID      int       `bson:"_id"`
	Format  int       `bson:"format"`
	Version int64     `bson:"version"`
	Epoch   int       `bson:"epoch"`
	Mark    Mark      `bson:"mark"`
	Clock   time.Time `bson:"clock"`
	// Recorded is when the partition was written last, by the clock of whoever did: what is written next says no earlier time.
	Recorded time.Time `bson:"recorded,omitempty"`
	// Events is true when occurred_at moves the clock (replay), false for the stream's time; Opened: the mode is known.
	Events bool `bson:"events"`
	Opened bool `bson:"opened"`
	// Outbox is the number of the last chunk stored per stream.
	Outbox map[string]int64 `bson:"outbox"`
	// Refused counts the partition's refusal rows: while it is 0 none needs to be looked up.
	Refused   int64      `bson:"refused"`
	Revisions []Revision `bson:"revisions"`
	// Owner is the replica that works on the partition; empty: nobody in particular.
	Owner   string   `bson:"owner"`
	Attempt *Attempt `bson:"attempt,omitempty"`
}

// Clone returns a partition that shares nothing with p.
func (p Partition) Clone() Partition {
	p.Outbox = maps.Clone(p.Outbox)
	p.Revisions = slices.Clone(p.Revisions)
	if p.Attempt != nil {
		attempt := *p.Attempt
		p.Attempt = &attempt
	}
	return p
}

// NextChunk returns the number of the next outbox chunk for a stream, and counts it.
func (p *Partition) NextChunk(stream string) int64 {
	if p.Outbox == nil {
		p.Outbox = map[string]int64{}
	}
	p.Outbox[stream]++
	return p.Outbox[stream]
}

// PartitionsCollection declares the partition documents.
func PartitionsCollection() Collection {
	return Collection{Name: PartitionsName, Schema: Object(
		bson.A{"_id", "format", "version", "epoch", "mark", "clock", "outbox"},
		bson.M{"_id": Integer(), "format": Integer(), "version": Integer(), "epoch": Integer(), "refused": Integer()},
	)}
}

// LoadPartitions reads partition documents and makes those that are missing.
func (s *Store) LoadPartitions(ctx context.Context, ids []int) (map[int]Partition, error) {
	parts, err := s.ReadPartitions(ctx, ids)
	if err != nil || len(parts) == len(ids) {
		return parts, err
	}
	coll := s.Collection(PartitionsName)
	for _, id := range ids {
		if _, there := parts[id]; there {
			continue
		}
		fresh := Partition{Format: 1, Epoch: 1, Outbox: map[string]int64{}}
		_, err := coll.UpdateOne(ctx, bson.M{"_id": id}, bson.M{"$setOnInsert": withoutID(fresh)}, options.UpdateOne().SetUpsert(true))
		if err != nil && !mongo.IsDuplicateKeyError(err) {
			return nil, fmt.Errorf("make partition %d: %w", id, err)
		}
	}
	return s.ReadPartitions(ctx, ids)
}

// ReadPartitions reads partition documents that are there.
func (s *Store) ReadPartitions(ctx context.Context, ids []int) (map[int]Partition, error) {
	cursor, err := s.Collection(PartitionsName).Find(ctx, bson.M{"_id": bson.M{"$in": ids}})
	if err != nil {
		return nil, fmt.Errorf("read partitions: %w", err)
	}
	var list []Partition
	if err := cursor.All(ctx, &list); err != nil {
		return nil, fmt.Errorf("read partitions: %w", err)
	}
	parts := make(map[int]Partition, len(list))
	for _, p := range list {
		parts[p.ID] = p
	}
	return parts, nil
}

// MovePartitions replaces partition documents whose stored version is still the one they carry, and raises it. It belongs
// inside a transaction. ErrConflict: somebody else moved one of them; nothing may be committed.
func (s *Store) MovePartitions(ctx context.Context, parts []Partition) error {
	if len(parts) == 0 {
		return nil
	}
	models := make([]mongo.WriteModel, len(parts))
	for i, p := range parts {
		filter := bson.D{{Key: "_id", Value: p.ID}, {Key: "version", Value: p.Version}}
		p.Version++
		models[i] = mongo.NewReplaceOneModel().SetFilter(filter).SetReplacement(p)
	}
	result, err := s.Collection(PartitionsName).BulkWrite(ctx, models)
	if err = Made(ctx, err); err != nil {
		return fmt.Errorf("move partitions: %w", err)
	}
	if result.MatchedCount != int64(len(parts)) {
		return fmt.Errorf("%w: a partition document has moved", ErrConflict)
	}
	return nil
}

// OwnPartition writes an owner, and p's attempt, into a partition document whose stored version is still the one that p
// carries, and raises it: what anybody has under way for the partition can no longer be committed. False: it has moved.
func (s *Store) OwnPartition(ctx context.Context, p Partition, owner string) (bool, error) {
	set := bson.M{"owner": owner}
	if p.Attempt != nil {
		set["attempt"] = p.Attempt
	}
	result, err := s.Collection(PartitionsName).UpdateOne(ctx,
		bson.D{{Key: "_id", Value: p.ID}, {Key: "version", Value: p.Version}},
		bson.D{{Key: "$set", Value: set}, {Key: "$inc", Value: bson.M{"version": 1}}})
	if err != nil {
		return false, fmt.Errorf("write who owns partition %d: %w", p.ID, err)
	}
	return result.ModifiedCount == 1, nil
}

// withoutID drops the _id, which an upsert takes from its filter.
func withoutID(p Partition) bson.M {
	return bson.M{
		"format": p.Format, "version": p.Version, "epoch": p.Epoch, "mark": p.Mark, "clock": p.Clock, "events": p.Events,
		"opened": p.Opened, "outbox": p.Outbox, "refused": p.Refused, "revisions": bson.A{}, "owner": "",
	}
}
