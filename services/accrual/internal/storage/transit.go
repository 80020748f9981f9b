package storage

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// transitName is the collection of points that have left an account and not arrived anywhere yet: a command to the owner of
// the partition of whose turn it is. It is written in the transaction of the entry that sends them, and deleted in that of
// the entry by which they arrive or come back.
const transitName = "transit"

// transferDoc is the part of a transfer in an entry.
type transferDoc struct {
	ID      string `bson:"id"`
	From    string `bson:"from"`
	To      string `bson:"to"`
	Points  int64  `bson:"points"`
	Fee     int64  `bson:"fee"`
	Refused string `bson:"refused,omitempty"`
	Rolled  *int32 `bson:"rolled,omitempty"` // day
}

// Passage is points on their way to an account.
type Passage struct {
	ID        string `bson:"_id"` // <programme>/<key of the entry that sent them>
	Format    int    `bson:"format"`
	Program   string `bson:"programme"`
	Key       string `bson:"key"`
	Account   string `bson:"account"`   // whose turn it is
	Partition int    `bson:"partition"` // of that account
	// Refused is why the receiver did not take them: they go back to the sender. Empty: they go to the receiver.
	Refused string `bson:"refused,omitempty"`
}

// NewPassage is points that an entry has sent, on their way to an account of a partition.
func NewPassage(out ledger.Entry, account ledger.AccountID, partition int) Passage {
	return Passage{
		ID: entryKey(out.Program, out.Key), Format: format, Program: out.Program, Key: out.Key, Account: string(account), Partition: partition,
	}
}

// Ref names the account whose turn it is.
func (p Passage) Ref() AccountRef { return AccountRef{p.Program, ledger.AccountID(p.Account)} }

// Passing is a passage before and after a batch: Now alone begins, Was alone ends, both go on to another account.
type Passing struct{ Was, Now *Passage }

func transitCollection() store.Collection {
	return store.Collection{
		Name: transitName,
		Schema: store.Object(bson.A{"_id", "format", "programme", "key", "account", "partition"},
			bson.M{"format": store.Integer(), "partition": store.Integer()}),
		Indexes: []mongo.IndexModel{{Keys: bson.D{{Key: "partition", Value: 1}, {Key: "_id", Value: 1}}, Options: options.Index().SetName("partition")}},
	}
}

// TransitPartitions lists the partitions for whose accounts something waits.
func (s *Storage) TransitPartitions(ctx context.Context) ([]int, error) {
	var partitions []int
	if err := s.store.Collection(transitName).Distinct(ctx, "partition", bson.M{}).Decode(&partitions); err != nil {
		return nil, fmt.Errorf("read where points are in transit: %w", err)
	}
	return partitions, nil
}

// Transit lists what waits for the accounts of a partition.
func (s *Storage) Transit(ctx context.Context, partition, limit int) ([]Passage, error) {
	opts := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(limit))
	return s.passages(ctx, bson.M{"partition": partition}, opts)
}

// Passages returns those of these ids that are still on their way.
func (s *Storage) Passages(ctx context.Context, ids []string) (map[string]Passage, error) {
	found := map[string]Passage{}
	if len(ids) == 0 {
		return found, nil
	}
	list, err := s.passages(ctx, bson.M{"_id": bson.M{"$in": ids}}, options.Find())
	for _, p := range list {
		found[p.ID] = p
	}
	return found, err
}

// TransitBehind lists what is on its way in a programme, in all of them when it is empty, behind an id in the order of ids.
func (s *Storage) TransitBehind(ctx context.Context, program, after string, limit int) ([]Passage, error) {
	filter := Span{Program: program, After: after}.filter("_id")
	return s.passages(ctx, filter, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(limit)))
}

func (s *Storage) passages(ctx context.Context, filter bson.M, opts *options.FindOptionsBuilder) ([]Passage, error) {
	cursor, err := s.store.Collection(transitName).Find(ctx, filter, opts)
	if err != nil {
		return nil, fmt.Errorf("read what is in transit: %w", err)
	}
	var list []Passage
	if err := each(ctx, cursor, func(p Passage) error { list = append(list, p); return nil }); err != nil {
		return nil, fmt.Errorf("read what is in transit: %w", err)
	}
	return list, nil
}

// pass writes what became of passages. store.ErrConflict: one is not any more what it was.
func (s *Storage) pass(ctx context.Context, list []Passing) error {
	if len(list) == 0 {
		return nil
	}
	models := make([]mongo.WriteModel, len(list))
	matched, deleted := int64(0), int64(0)
	for i, p := range list {
		switch {
		case p.Was == nil:
			models[i] = mongo.NewInsertOneModel().SetDocument(p.Now)
		case p.Now == nil:
			models[i] = mongo.NewDeleteOneModel().SetFilter(bson.M{"_id": p.Was.ID, "partition": p.Was.Partition, "account": p.Was.Account})
			deleted++
		default:
			models[i] = mongo.NewReplaceOneModel().SetReplacement(p.Now).
				SetFilter(bson.M{"_id": p.Was.ID, "partition": p.Was.Partition, "account": p.Was.Account})
			matched++
		}
	}
	result, err := s.store.Collection(transitName).BulkWrite(ctx, models)
	if err != nil {
		return fmt.Errorf("write %d passages: %w", len(list), err)
	}
	if result.MatchedCount != matched || result.DeletedCount != deleted {
		return fmt.Errorf("%w: points in transit have gone on", store.ErrConflict)
	}
	return nil
}

// Newest are the last entries of an account up to a seq, so many at most.
type Newest struct {
	Last ledger.Seq
	Most int
}

// EntriesSince returns those of an account's newest entries that took effect on a day or later, the latest first.
func (s *Storage) EntriesSince(ctx context.Context, ref AccountRef, since calendar.Day, n Newest) ([]ledger.Entry, error) {
	filter := bson.M{"account": accountKey(ref.Program, ref.ID), "seq": bson.M{"$lte": int64(n.Last)}}
	cursor, err := s.store.Collection(entriesName).Find(ctx, filter, options.Find().SetSort(bson.D{{Key: "seq", Value: -1}}).SetLimit(int64(n.Most)))
	if err != nil {
		return nil, fmt.Errorf("read the last entries of %s: %w", ref.ID, err)
	}
	defer cursor.Close(context.WithoutCancel(ctx)) //nolint:errcheck // the server drops it by itself
	var entries []ledger.Entry
	for cursor.Next(ctx) {
		var d entryDoc
		if err := cursor.Decode(&d); err != nil {
			return nil, fmt.Errorf("read the last entries of %s: %w", ref.ID, err)
		}
		if calendar.Day(d.Day) < since { // days do not go back
			return entries, nil
		}
		e, err := entryFromDoc(d)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, cursor.Err()
}
