package storage

import (
	"context"
	"fmt"
	"math/big"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/journal"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
)

var ten = big.NewInt(10)

// Account names an account across programmes.
type Account struct{ Program, ID string }

// Capture names the entry by which points were spent.
type Capture struct {
	Account Account
	Seq     int64
}

// Book names the books of a period, of the accounts of one partition.
type Book struct {
	Program   string
	Partition int
	Period    clearing.Period
}

// Sums is what is added to a book. Points of its rows are left out: they stand beside them.
type Sums struct {
	Entries map[clearing.Period]int64 // by the period in which they took effect
	Points  map[clearing.Row]*big.Int // rows without points
}

// BookWrites are everything that one batch of facts changes.
type BookWrites struct {
	Accounts []AccountWrite
	Books    map[Book]Sums
	Captures map[Capture]int // revisions of new ones
}

// AccountWrite moves an account on from the seq that it was read with. From 0 inserts it.
type AccountWrite struct {
	Account  Account
	From, To int64
}

// Seqs returns up to where accounts have been read; those of which nothing was are missing from the answer.
func (s *Storage) Seqs(ctx context.Context, accounts []Account) (map[Account]int64, error) {
	byID := make(map[string]Account, len(accounts))
	for _, a := range accounts {
		byID[accountID(a)] = a
	}
	seqs := make(map[Account]int64, len(accounts))
	err := find(ctx, s, readName, byID, func(d readDoc) { seqs[byID[d.ID]] = d.Seq })
	return seqs, err
}

// Captures returns the revisions of captures; those that are not known are missing from the answer.
func (s *Storage) Captures(ctx context.Context, captures []Capture) (map[Capture]int, error) {
	byID := make(map[string]Capture, len(captures))
	for _, c := range captures {
		byID[captureID(c)] = c
	}
	revisions := make(map[Capture]int, len(captures))
	err := find(ctx, s, capturesName, byID, func(d captureDoc) { revisions[byID[d.ID]] = d.Revision })
	return revisions, err
}

// find reads documents by their ids.
func find[D, K any](ctx context.Context, s *Storage, collection string, byID map[string]K, tell func(D)) error {
	if len(byID) == 0 {
		return nil
	}
	ids := make([]string, 0, len(byID))
	for id := range byID {
		ids = append(ids, id)
	}
	cursor, err := s.store.Collection(collection).Find(ctx, bson.M{"_id": bson.M{"$in": ids}})
	if err != nil {
		return fmt.Errorf("read %d of %s: %w", len(ids), collection, err)
	}
	var docs []D
	if err := cursor.All(ctx, &docs); err != nil {
		return fmt.Errorf("read %d of %s: %w", len(ids), collection, err)
	}
	for _, d := range docs {
		tell(d)
	}
	return nil
}

// WriteBooks writes inside the transaction of ctx. store.ErrConflict: somebody else was faster.
func (s *Storage) WriteBooks(ctx context.Context, w BookWrites) error {
	if err := s.writeAccounts(ctx, w.Accounts); err != nil {
		return err
	}
	if err := s.addToBooks(ctx, w.Books); err != nil {
		return err
	}
	if len(w.Captures) == 0 {
		return nil
	}
	docs := make([]captureDoc, 0, len(w.Captures))
	for c, revision := range w.Captures {
		docs = append(docs, captureDoc{captureID(c), format, revision})
	}
	if _, err := s.store.Collection(capturesName).InsertMany(ctx, docs, options.InsertMany().SetOrdered(false)); err != nil {
		return fmt.Errorf("note %d captures: %w", len(docs), err)
	}
	return nil
}

func (s *Storage) writeAccounts(ctx context.Context, accounts []AccountWrite) error {
	var fresh []readDoc
	var models []mongo.WriteModel
	for _, a := range accounts {
		id := accountID(a.Account)
		if a.From == 0 {
			fresh = append(fresh, readDoc{id, format, a.To})
			continue
		}
		filter := bson.D{{Key: "_id", Value: id}, {Key: "seq", Value: a.From}}
		update := bson.D{{Key: "$set", Value: bson.D{{Key: "seq", Value: a.To}}}}
		models = append(models, mongo.NewUpdateOneModel().SetFilter(filter).SetUpdate(update))
	}
	if len(fresh) > 0 {
		if _, err := s.store.Collection(readName).InsertMany(ctx, fresh); err != nil {
			return fmt.Errorf("insert %d accounts: %w", len(fresh), err)
		}
	}
	if len(models) == 0 {
		return nil
	}
	result, err := s.store.Collection(readName).BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
	if err != nil {
		return fmt.Errorf("move %d accounts on: %w", len(models), err)
	}
	if result.MatchedCount != int64(len(models)) {
		return fmt.Errorf("%w: an account has another seq", store.ErrConflict)
	}
	return nil
}

func (s *Storage) addToBooks(ctx context.Context, books map[Book]Sums) error {
	if len(books) == 0 {
		return nil
	}
	models := make([]mongo.WriteModel, 0, len(books))
	for b, sums := range books {
		add := bson.M{}
		for period, n := range sums.Entries {
			add["entries."+period.String()] = n
		}
		for row, points := range sums.Points {
			value, fits := bson.ParseDecimal128FromBigInt(points, 0)
			if !fits {
				return fmt.Errorf("book %s: %s points do not fit", bookID(b), points)
			}
			add["sums."+rowName(row)] = value
		}
		models = append(models, mongo.NewUpdateOneModel().SetUpsert(true).SetFilter(bson.M{"_id": bookID(b)}).SetUpdate(bson.M{
			"$inc": add,
			"$setOnInsert": bson.M{
				"format": format, "programme": b.Program, "partition": b.Partition, "period": b.Period.String(),
			},
		}))
	}
	if _, err := s.store.Collection(booksName).BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false)); err != nil {
		return fmt.Errorf("add to %d books: %w", len(models), err)
	}
	return nil
}

// Standing is what stands in the books of a programme in a period, of all partitions.
type Standing struct {
	Period  clearing.Period
	Entries map[clearing.Period]int64 // by the period in which they took effect
	Rows    []clearing.Row            // sorted by nothing; rows of two partitions may be alike
}

// Books returns what stands in a programme's books from one period up to another, both included, by rising period. A zero
// Period: without bound.
func (s *Storage) Books(ctx context.Context, program string, from, to clearing.Period) ([]Standing, error) {
	bound := bson.M{"$gte": program + "/" + from.String(), "$lt": program + "0"} // "0" follows "/"
	if to != (clearing.Period{}) {
		bound["$lt"] = program + "/" + to.Next().String()
	}
	cursor, err := s.store.Collection(booksName).Find(ctx, bson.M{"_id": bound}, options.Find().SetSort(bson.M{"_id": 1}))
	if err != nil {
		return nil, fmt.Errorf("read the books of %s: %w", program, err)
	}
	var docs []bookDoc
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("read the books of %s: %w", program, err)
	}
	var list []Standing
	for _, d := range docs {
		period, err := clearing.ParsePeriod(d.Period)
		if err != nil {
			return nil, fmt.Errorf("book %s: %w", d.ID, err)
		}
		if n := len(list); n == 0 || list[n-1].Period != period {
			list = append(list, Standing{Period: period, Entries: map[clearing.Period]int64{}})
		}
		if err := list[len(list)-1].add(d); err != nil {
			return nil, fmt.Errorf("book %s: %w", d.ID, err)
		}
	}
	return list, nil
}

func (b *Standing) add(d bookDoc) error {
	for name, n := range d.Entries {
		period, err := clearing.ParsePeriod(name)
		if err != nil {
			return err
		}
		b.Entries[period] += n
	}
	for name, sum := range d.Sums {
		row, err := rowFromName(name)
		if err != nil {
			return err
		}
		if row.Points, err = pointsOf(sum); err != nil {
			return err
		}
		b.Rows = append(b.Rows, row)
	}
	return nil
}

// ForgetBooks drops the books, and how far FACTS is read; settlements stay.
func (s *Storage) ForgetBooks(ctx context.Context) error {
	for _, name := range []string{store.PartitionsName, journal.Name, booksName, capturesName, readName} {
		if err := s.store.Collection(name).Drop(ctx); err != nil {
			return fmt.Errorf("drop %s: %w", name, err)
		}
	}
	return s.store.Ensure(ctx, readCollection(), booksCollection(), capturesCollection())
}
