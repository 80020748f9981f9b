package storage

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/catalogue"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/redemption"
)

// scanBatch is how many redemptions one answer of mongod holds while all are read.
const scanBatch = 1000

// ScanRedemptions reads a programme's redemptions in the order of their ids.
func (s *Storage) ScanRedemptions(ctx context.Context, program string, f func(redemption.Redemption) error) error {
	filter := bson.M{"_id": bson.M{"$gt": program + "/", "$lt": program + "0"}}
	cursor, err := s.store.Collection(redemptionsName).Find(ctx, filter,
		options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetHint("_id_").SetBatchSize(scanBatch))
	if err != nil {
		return fmt.Errorf("read the redemptions: %w", err)
	}
	defer cursor.Close(context.WithoutCancel(ctx)) //nolint:errcheck // it was read, or the error of reading says more
	for cursor.Next(ctx) {
		var d redemptionDoc
		if err := cursor.Decode(&d); err != nil {
			return fmt.Errorf("read a redemption: %w", err)
		}
		row, err := redemptionFromDoc(d)
		if err == nil {
			err = f(row.Value)
		}
		if err != nil {
			return err
		}
	}
	if err := cursor.Err(); err != nil {
		return fmt.Errorf("read the redemptions: %w", err)
	}
	return nil
}

// Count is what there is of a reward, and what redemptions have taken.
type Count struct {
	Stock       catalogue.Stock
	Taken       int64 // redemptions that have taken one from the stock
	Free, Given int64 // codes that nobody has, and that somebody has
}

// Counts adds up stock, redemptions and codes of each reward of a programme, as they stood at one moment.
func (s *Storage) Counts(ctx context.Context, program string) (map[catalogue.ID]Count, error) {
	counts := map[catalogue.ID]Count{}
	err := s.store.Snapshot(ctx, func(ctx context.Context) error {
		if err := s.countStock(ctx, program, counts); err != nil {
			return err
		}
		taken := bson.M{"state": bson.M{"$in": taking()}, "stocked": true}
		err := s.group(ctx, redemptionsName, taken, program, func(id catalogue.ID, n int64) {
			c := counts[id]
			c.Taken = n
			counts[id] = c
		})
		if err != nil {
			return err
		}
		err = s.group(ctx, codesName, bson.M{"state": codeFree}, program, func(id catalogue.ID, n int64) {
			c := counts[id]
			c.Free = n
			counts[id] = c
		})
		if err != nil {
			return err
		}
		return s.group(ctx, codesName, bson.M{"state": bson.M{"$ne": codeFree}}, program, func(id catalogue.ID, n int64) {
			c := counts[id]
			c.Given = n
			counts[id] = c
		})
	})
	return counts, err
}

func (s *Storage) countStock(ctx context.Context, program string, counts map[catalogue.ID]Count) error {
	cursor, err := s.store.Collection(stockName).Find(ctx, bson.M{"_id": bson.M{"$gt": program + "/", "$lt": program + "0"}})
	if err != nil {
		return fmt.Errorf("read the stock: %w", err)
	}
	var docs []stockDoc
	if err := cursor.All(ctx, &docs); err != nil {
		return fmt.Errorf("read the stock: %w", err)
	}
	for _, d := range docs {
		_, id := idOf(d.ID)
		counts[catalogue.ID(id)] = Count{Stock: catalogue.Stock{PutIn: d.PutIn, Left: d.Left}}
	}
	return nil
}

// group counts documents by their reward.
func (s *Storage) group(ctx context.Context, collection string, filter bson.M, program string, f func(id catalogue.ID, n int64)) error {
	filter["reward"] = bson.M{"$gt": program + "/", "$lt": program + "0"}
	cursor, err := s.store.Collection(collection).Aggregate(ctx, bson.A{
		bson.M{"$match": filter},
		bson.M{"$group": bson.M{"_id": "$reward", "n": bson.M{"$sum": int64(1)}}},
	})
	if err != nil {
		return fmt.Errorf("count %s: %w", collection, err)
	}
	var docs []struct {
		Reward string `bson:"_id"`
		N      int64  `bson:"n"`
	}
	if err := cursor.All(ctx, &docs); err != nil {
		return fmt.Errorf("count %s: %w", collection, err)
	}
	for _, d := range docs {
		_, id := idOf(d.Reward)
		f(catalogue.ID(id), d.N)
	}
	return nil
}
