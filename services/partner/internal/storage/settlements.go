package storage

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
)

// InsertSettlement keeps a settlement. store.ErrConflict comes from the transaction: the month is closed, or its number
// taken.
func (s *Storage) InsertSettlement(ctx context.Context, c clearing.Closed) error {
	if _, err := s.store.Collection(settlementsName).InsertOne(ctx, toDoc(c)); err != nil {
		return fmt.Errorf("keep settlement %d of %s: %w", c.Number, c.Program, err)
	}
	return nil
}

// Settlement returns what was closed of a month; false: it was not.
func (s *Storage) Settlement(ctx context.Context, program string, p clearing.Period) (clearing.Closed, bool, error) {
	return s.oneSettlement(ctx, bson.M{"_id": settlementID(program, p)})
}

// LastSettlement returns the newest settlement; false: there is none.
func (s *Storage) LastSettlement(ctx context.Context, program string) (clearing.Closed, bool, error) {
	return s.oneSettlement(ctx, bson.M{"programme": program})
}

func (s *Storage) oneSettlement(ctx context.Context, filter bson.M) (clearing.Closed, bool, error) {
	var d settlementDoc
	newest := options.FindOne().SetSort(bson.M{"number": -1})
	err := s.store.Collection(settlementsName).FindOne(ctx, filter, newest).Decode(&d)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return clearing.Closed{}, false, nil
	}
	if err != nil {
		return clearing.Closed{}, false, fmt.Errorf("read a settlement: %w", err)
	}
	c, err := fromDoc(d)
	return c, err == nil, err
}

// Settlements returns settlements with numbers below one, newest first, at most so many. Below 0: from the newest.
func (s *Storage) Settlements(ctx context.Context, program string, below, most int64) ([]clearing.Closed, error) {
	filter := bson.M{"programme": program}
	if below > 0 {
		filter["number"] = bson.M{"$lt": below}
	}
	cursor, err := s.store.Collection(settlementsName).Find(ctx, filter, options.Find().SetSort(bson.M{"number": -1}).SetLimit(most))
	if err != nil {
		return nil, fmt.Errorf("read settlements of %s: %w", program, err)
	}
	var docs []settlementDoc
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("read settlements of %s: %w", program, err)
	}
	list := make([]clearing.Closed, len(docs))
	for i, d := range docs {
		if list[i], err = fromDoc(d); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Marks returns what was closed of a programme in a period or later, by rising period: periods and marks alone.
func (s *Storage) Marks(ctx context.Context, program string, from clearing.Period) ([]clearing.Closed, error) {
	filter := bson.M{"_id": bson.M{"$gte": settlementID(program, from), "$lt": program + "0"}} // "0" follows "/"
	opts := options.Find().SetSort(bson.M{"_id": 1}).SetProjection(bson.M{"period": 1, "marks": 1})
	cursor, err := s.store.Collection(settlementsName).Find(ctx, filter, opts)
	if err != nil {
		return nil, fmt.Errorf("read what is closed of %s: %w", program, err)
	}
	var docs []settlementDoc
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("read what is closed of %s: %w", program, err)
	}
	list := make([]clearing.Closed, len(docs))
	for i, d := range docs {
		if list[i].Period, err = clearing.ParsePeriod(d.Period); err != nil {
			return nil, fmt.Errorf("settlement %s: %w", d.ID, err)
		}
		list[i].Marks = marksFromDocs(d.Marks)
	}
	return list, nil
}
