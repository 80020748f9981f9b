package storage

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/totals"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/token"
)

// totalsName is the collection of totals: one document for each programme, day and partition. Only the partition's lane
// writes it, behind the partition's fence, so that nobody waits for anybody.
const totalsName = "totals"

// totalsDoc is what the entries of a programme and partition that took effect on a day come to. It is derived from them.
type totalsDoc struct {
	ID        string            `bson:"_id"` // <programme>/<YYYY-MM-DD>/<partition>
	Format    int               `bson:"format"`
	Program   string            `bson:"programme"`
	Partition int               `bson:"partition"`
	Day       int32             `bson:"day"`
	Entries   int64             `bson:"entries"`
	Sums      map[string]sumDoc `bson:"sums"` // by move:unit:issuer:redeemer, each as a token
}

// sumDoc holds points as a decimal without fraction: many accounts together may have more than fit into 64 bits.
type sumDoc struct {
	Points    bson.Decimal128 `bson:"points"`
	Movements int64           `bson:"movements"`
}

func totalsCollection() store.Collection {
	sum := store.Object(bson.A{"points", "movements"}, bson.M{"points": bson.M{"bsonType": "decimal"}, "movements": store.Integer()})
	return store.Collection{Name: totalsName, Schema: store.Object(
		bson.A{"_id", "format", "programme", "partition", "day", "entries"},
		bson.M{
			"format": store.Integer(), "partition": store.Integer(), "day": store.Integer(), "entries": store.Integer(),
			"sums": bson.M{"bsonType": "object", "additionalProperties": sum},
		},
	)}
}

// addTotals counts what a batch has posted.
func (s *Storage) addTotals(ctx context.Context, tallies map[totals.Key]*totals.Tally) error {
	if len(tallies) == 0 {
		return nil
	}
	models := make([]mongo.WriteModel, 0, len(tallies))
	for key, t := range tallies {
		add, err := increments(t)
		if err != nil {
			return fmt.Errorf("count entries of %s: %w", totalsID(key), err)
		}
		models = append(models, mongo.NewUpdateOneModel().SetUpsert(true).SetFilter(bson.M{"_id": totalsID(key)}).SetUpdate(bson.M{
			"$inc":         add,
			"$setOnInsert": bson.M{"format": format, "programme": key.Program, "partition": key.Partition, "day": int32(key.Day)},
		}))
	}
	if _, err := s.store.Collection(totalsName).BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false)); store.Made(ctx, err) != nil {
		return fmt.Errorf("count entries of %d days: %w", len(models), err)
	}
	return nil
}

func increments(t *totals.Tally) (bson.M, error) {
	add := bson.M{"entries": t.Entries}
	for _, cell := range t.Cells() {
		sum, field := t.Sum(cell), "sums."+cellName(cell)
		points, fits := bson.ParseDecimal128FromBigInt(sum.Points, 0)
		if !fits {
			return nil, fmt.Errorf("%s points do not fit", sum.Points)
		}
		add[field+".points"], add[field+".movements"] = points, sum.Movements
	}
	return add, nil
}

func totalsID(key totals.Key) string {
	return fmt.Sprintf("%s/%03d", entryKey(key.Program, key.Day.String()), key.Partition)
}

func cellName(c totals.Cell) string {
	return strings.Join([]string{c.Move.String(), token.Of(c.Unit), token.Of(c.Issuer), token.Of(c.Redeemer)}, ":")
}

func cellFromName(name string) (totals.Cell, error) {
	parts := strings.Split(name, ":")
	if len(parts) != 4 {
		return totals.Cell{}, fmt.Errorf("%q has %d parts, not 4", name, len(parts))
	}
	var c totals.Cell
	var faults [4]error
	c.Move, faults[0] = ledger.ParseMove(parts[0])
	c.Unit, faults[1] = token.ID(parts[1])
	c.Issuer, faults[2] = token.ID(parts[2])
	c.Redeemer, faults[3] = token.ID(parts[3])
	return c, errors.Join(faults[:]...)
}

// tallyToDoc holds what a tally comes to; whose it is, is its caller's to say.
func tallyToDoc(t *totals.Tally) (totalsDoc, error) {
	d := totalsDoc{Format: format, Entries: t.Entries, Sums: map[string]sumDoc{}}
	for _, cell := range t.Cells() {
		sum := t.Sum(cell)
		points, fits := bson.ParseDecimal128FromBigInt(sum.Points, 0)
		if !fits {
			return d, fmt.Errorf("%s points do not fit", sum.Points)
		}
		d.Sums[cellName(cell)] = sumDoc{points, sum.Movements}
	}
	return d, nil
}

func tallyFromDoc(d totalsDoc) (totals.Tally, error) {
	t := totals.Tally{Entries: d.Entries}
	for name, doc := range d.Sums {
		cell, err := cellFromName(name)
		if err != nil {
			return t, err
		}
		points, exponent, err := doc.Points.BigInt()
		if err != nil || exponent < 0 {
			return t, fmt.Errorf("%s: %s is no whole number", name, doc.Points)
		}
		points.Mul(points, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(exponent)), nil))
		t.AddSum(cell, totals.Sum{Points: points, Movements: doc.Movements})
	}
	return t, nil
}

// Totals is what a programme's entries come to that took effect from the day from on and before the day to.
func (s *Storage) Totals(ctx context.Context, program string, from, to calendar.Day) (totals.Tally, error) {
	var sum totals.Tally
	filter := bson.M{"_id": bson.M{"$gte": entryKey(program, from.String()), "$lt": entryKey(program, to.String())}}
	err := s.totals(ctx, filter, func(_ totals.Key, t totals.Tally) { sum.AddTally(t) })
	return sum, err
}

// ScanTotals tells each stored tally of a programme, of all of them when program is empty.
func (s *Storage) ScanTotals(ctx context.Context, program string, tell func(totals.Key, totals.Tally)) error {
	return s.totals(ctx, accountRange("_id", program), tell)
}

func (s *Storage) totals(ctx context.Context, filter bson.M, tell func(totals.Key, totals.Tally)) error {
	cursor, err := s.store.Collection(totalsName).Find(ctx, filter, options.Find().SetHint("_id_").SetBatchSize(scanBatch))
	if err != nil {
		return fmt.Errorf("read totals: %w", err)
	}
	err = each(ctx, cursor, func(d totalsDoc) error {
		t, err := tallyFromDoc(d)
		if err != nil {
			return fmt.Errorf("read totals %s: %w", d.ID, err)
		}
		tell(totals.Key{Program: d.Program, Partition: d.Partition, Day: calendar.Day(d.Day)}, t)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read totals: %w", err)
	}
	return nil
}
