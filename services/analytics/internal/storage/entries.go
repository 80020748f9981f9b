package storage

import (
	"context"
	"fmt"
	"math"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Entry is an entry of the ledger, narrowed to what an export tells of it.
type Entry struct {
	Account         string
	Seq             int64
	Day             calendar.Day // on which it took effect
	Kind            string
	Key             string
	Actor           string
	Merchant, Order string // empty: it is about no order
	Moved           []Moved
	Change          Change
}

// Moved is what an entry did to the points of a unit, as posted: all of it adds up to zero.
type Moved struct {
	Unit string
	// Of the account.
	Active, Pending, Held, Debt money.Points
	// Of the programme.
	Issued, Redeemed, Expired, Adjusted money.Points
	// Of the programme too: what was let go, what is on its way to another account, fees of what arrived, what came over from other systems,
	// what was given to causes.
	Forgiven, InTransit, Fees, Imported, Donated money.Points
}

// EntryWrite puts an entry of a programme.
type EntryWrite struct {
	At    Position
	Entry Entry
}

// entryDoc needs no index but that of its id, by which exports read it: each more would cost the copy its speed.
type entryDoc struct {
	ID       string     `bson:"_id"` // <programme>/<partition>/<change>
	Format   int        `bson:"format"`
	Account  string     `bson:"account"`
	Seq      int64      `bson:"seq"`
	Day      int32      `bson:"day"`
	Kind     string     `bson:"kind"`
	Key      string     `bson:"key"`
	Actor    string     `bson:"actor"`
	Merchant string     `bson:"merchant,omitempty"`
	Order    string     `bson:"order,omitempty"`
	Moved    []movedDoc `bson:"moved,omitempty"`
	Change   int64      `bson:"change"`
}

// movedDoc is what an entry did to the points of a unit; what is zero is left out.
type movedDoc struct {
	Unit      string `bson:"unit"`
	Active    int64  `bson:"active,omitempty"`
	Pending   int64  `bson:"pending,omitempty"`
	Held      int64  `bson:"held,omitempty"`
	Debt      int64  `bson:"debt,omitempty"`
	Issued    int64  `bson:"issued,omitempty"`
	Redeemed  int64  `bson:"redeemed,omitempty"`
	Expired   int64  `bson:"expired,omitempty"`
	Adjusted  int64  `bson:"adjusted,omitempty"`
	Forgiven  int64  `bson:"forgiven,omitempty"`
	InTransit int64  `bson:"in_transit,omitempty"`
	Fees      int64  `bson:"fees,omitempty"`
	Imported  int64  `bson:"imported,omitempty"`
	Donated   int64  `bson:"donated,omitempty"`
}

func entriesCollection() store.Collection {
	return store.Collection{
		Name: entriesName,
		Schema: store.Object(bson.A{"_id", "format", "account", "seq", "day", "kind", "key", "actor", "change"}, bson.M{
			"format": store.Integer(), "seq": store.Integer(), "day": store.Integer(), "change": store.Integer(),
		}),
	}
}

// entryID sorts entries by partition and change. Partitions are fewer than 1,000.
func entryID(at Position, change Change) string {
	return fmt.Sprintf("%s/%03d/%019d", at.Program, at.Partition, int64(change))
}

// writeEntries inserts entries: each is copied once.
func (s *Storage) writeEntries(ctx context.Context, list []EntryWrite) error {
	if len(list) == 0 {
		return nil
	}
	docs := make([]entryDoc, len(list))
	for i, w := range list {
		docs[i] = entryToDoc(w)
	}
	if _, err := s.store.Collection(entriesName).InsertMany(ctx, docs); err != nil {
		return fmt.Errorf("insert %d entries: %w", len(docs), err)
	}
	return nil
}

// EntryChanges returns at most so many entries of a partition that were told after a change, by rising change, no two of which
// are equal.
func (s *Storage) EntryChanges(ctx context.Context, at Position, after Change, limit int) ([]Entry, error) {
	filter := bson.M{"_id": bson.M{"$gt": entryID(at, after), "$lte": entryID(at, math.MaxInt64)}}
	opts := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(min(limit, math.MaxInt32)))
	cursor, err := s.store.Collection(entriesName).Find(ctx, filter, opts)
	if err != nil {
		return nil, fmt.Errorf("read entries of %s: %w", at.Program, err)
	}
	var docs []entryDoc
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("read entries of %s: %w", at.Program, err)
	}
	list := make([]Entry, len(docs))
	for i, d := range docs {
		list[i] = entryFromDoc(d)
	}
	return list, nil
}

func entryToDoc(w EntryWrite) entryDoc {
	e := w.Entry
	d := entryDoc{
		ID: entryID(w.At, e.Change), Format: format, Account: e.Account, Seq: e.Seq, Day: int32(e.Day), Kind: e.Kind, Key: e.Key, Actor: e.Actor,
		Merchant: e.Merchant, Order: e.Order, Change: int64(e.Change),
	}
	for _, m := range e.Moved {
		d.Moved = append(d.Moved, movedDoc{
			m.Unit, int64(m.Active), int64(m.Pending), int64(m.Held), int64(m.Debt),
			int64(m.Issued), int64(m.Redeemed), int64(m.Expired), int64(m.Adjusted),
			int64(m.Forgiven), int64(m.InTransit), int64(m.Fees), int64(m.Imported), int64(m.Donated),
		})
	}
	return d
}

func entryFromDoc(d entryDoc) Entry {
	e := Entry{
		Account: d.Account, Seq: d.Seq, Day: calendar.Day(d.Day), Kind: d.Kind, Key: d.Key, Actor: d.Actor,
		Merchant: d.Merchant, Order: d.Order, Change: Change(d.Change),
	}
	for _, m := range d.Moved {
		e.Moved = append(e.Moved, Moved{
			m.Unit, money.Points(m.Active), money.Points(m.Pending), money.Points(m.Held), money.Points(m.Debt),
			money.Points(m.Issued), money.Points(m.Redeemed), money.Points(m.Expired), money.Points(m.Adjusted),
			money.Points(m.Forgiven), money.Points(m.InTransit), money.Points(m.Fees), money.Points(m.Imported), money.Points(m.Donated),
		})
	}
	return e
}
