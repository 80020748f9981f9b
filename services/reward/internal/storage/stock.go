package storage

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/catalogue"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/redemption"
)

// States of a code.
const (
	codeFree  = "free"
	codeTaken = "taken" // it is a redemption's whose points are not spent yet
	codeGiven = "given" // it is a redemption's
)

// AddStock puts items in, or takes left ones away below zero. It belongs inside a transaction, whose caller has looked
// that enough is left; the schema refuses what would go below zero.
func (s *Storage) AddStock(ctx context.Context, program string, id catalogue.ID, items int64) (catalogue.Stock, error) {
	var d stockDoc
	err := s.store.Collection(stockName).FindOneAndUpdate(ctx, byID(key(program, string(id))),
		bson.M{"$inc": bson.M{"put_in": items, "left": items}, "$setOnInsert": bson.M{"format": format}},
		options.FindOneAndUpdate().SetUpsert(true).SetReturnDocument(options.After)).Decode(&d)
	if err != nil {
		return catalogue.Stock{}, fmt.Errorf("add to the stock of %s: %w", id, err)
	}
	return catalogue.Stock{PutIn: d.PutIn, Left: d.Left}, nil
}

// Take takes one from the stock for a redemption, and a code where it is a voucher. False: nothing is left. It belongs
// inside a transaction.
func (s *Storage) Take(ctx context.Context, r redemption.Redemption) (string, bool, error) {
	result, err := s.store.Collection(stockName).UpdateOne(ctx,
		bson.D{{Key: "_id", Value: key(r.Program, string(r.Reward))}, {Key: "left", Value: bson.M{"$gt": 0}}},
		bson.M{"$inc": bson.M{"left": -1}})
	if err != nil {
		return "", false, fmt.Errorf("take from the stock of %s: %w", r.Reward, err)
	}
	if result.MatchedCount == 0 || r.Kind != catalogue.Voucher {
		return "", result.MatchedCount > 0, nil
	}
	var d codeDoc
	err = s.store.Collection(codesName).FindOneAndUpdate(ctx,
		bson.D{{Key: "reward", Value: key(r.Program, string(r.Reward))}, {Key: "state", Value: codeFree}},
		bson.M{"$set": bson.M{"state": codeTaken, "redemption": r.ID}},
		options.FindOneAndUpdate().SetSort(bson.D{{Key: "number", Value: 1}})).Decode(&d)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return "", false, fmt.Errorf("the stock of %s counts a code that is not there", r.Reward)
	}
	if err != nil {
		return "", false, fmt.Errorf("take a code of %s: %w", r.Reward, err)
	}
	_, code := idOf(d.ID)
	return code, true, nil
}

// Return gives back what a redemption took. It belongs inside a transaction.
func (s *Storage) Return(ctx context.Context, r redemption.Redemption) error {
	result, err := s.store.Collection(stockName).UpdateOne(ctx, byID(key(r.Program, string(r.Reward))), bson.M{"$inc": bson.M{"left": 1}})
	if err == nil && result.MatchedCount != 1 {
		err = errors.New("there is no stock")
	}
	if err != nil {
		return fmt.Errorf("give back to the stock of %s: %w", r.Reward, err)
	}
	return s.moveCode(ctx, r, bson.M{"$set": bson.M{"state": codeFree}, "$unset": bson.M{"redemption": ""}})
}

// Give notes that the code that a redemption took is its own. It belongs inside a transaction.
func (s *Storage) Give(ctx context.Context, r redemption.Redemption) error {
	return s.moveCode(ctx, r, bson.M{"$set": bson.M{"state": codeGiven}})
}

func (s *Storage) moveCode(ctx context.Context, r redemption.Redemption, change bson.M) error {
	if r.Code == "" {
		return nil
	}
	result, err := s.store.Collection(codesName).UpdateOne(ctx,
		bson.D{{Key: "_id", Value: key(r.Program, r.Code)}, {Key: "redemption", Value: r.ID}}, change)
	if err == nil && result.MatchedCount != 1 {
		err = errors.New("it is not there, or another's")
	}
	if err != nil {
		return fmt.Errorf("move the code of redemption %s: %w", r.ID, err) // not which: a code is worth money
	}
	return nil
}
