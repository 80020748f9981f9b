package storage

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/catalogue"
)

// Reward reads a reward; a row that is not there is no error. In a transaction it reads there.
func (s *Storage) Reward(ctx context.Context, program string, id catalogue.ID) (Row[catalogue.Reward], error) {
	var d rewardDoc
	found, err := s.one(ctx, rewardsName, byID(key(program, string(id))), &d)
	if err != nil || !found {
		return Row[catalogue.Reward]{}, err
	}
	r, err := rewardFromDoc(d)
	return Row[catalogue.Reward]{r, d.Version}, err
}

// RewardVersion reads a reward with the terms of a version; a row that is not there is no error.
func (s *Storage) RewardVersion(ctx context.Context, program string, id catalogue.ID, version int) (Row[catalogue.Reward], error) {
	var d rewardDoc
	found, err := s.one(ctx, versionsName, byID(versionKey(program, id, version)), &d)
	if err != nil || !found {
		return Row[catalogue.Reward]{}, err
	}
	r, err := rewardFromDoc(d)
	return Row[catalogue.Reward]{r, int64(version)}, err
}

// PutReward stores what a reward becomes, and keeps its terms if they are new. It belongs inside a transaction.
// store.ErrConflict: somebody else was faster.
func (s *Storage) PutReward(ctx context.Context, program string, row Row[catalogue.Reward]) error {
	d := rewardToDoc(program, row.Value, row.version+1)
	if err := s.put(ctx, rewardsName, d.ID, row.version, d); err != nil {
		return err
	}
	kept, err := s.RewardVersion(ctx, program, row.Value.ID, row.Value.Version)
	if err != nil || kept.Found() {
		return err
	}
	d.ID, d.Version = versionKey(program, row.Value.ID, row.Value.Version), 0
	return s.put(ctx, versionsName, d.ID, 0, d)
}

// Listing says which rewards of a programme are listed.
type Listing struct {
	After    catalogue.ID // behind this one
	OnOffer  bool         // not those that are withdrawn
	RowsMost int
}

// Rewards lists a programme's rewards in the order of their ids.
func (s *Storage) Rewards(ctx context.Context, program string, l Listing) ([]catalogue.Reward, error) {
	filter := bson.M{"_id": bson.M{"$gt": key(program, string(l.After)), "$lt": program + "0"}}
	if l.OnOffer {
		filter["withdrawn"] = false
	}
	opts := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(l.RowsMost))
	cursor, err := s.store.Collection(rewardsName).Find(ctx, filter, opts)
	if err != nil {
		return nil, fmt.Errorf("list the rewards of %s: %w", program, err)
	}
	var docs []rewardDoc
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("list the rewards of %s: %w", program, err)
	}
	list := make([]catalogue.Reward, len(docs))
	for i, d := range docs {
		if list[i], err = rewardFromDoc(d); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Stocks reads how many there are of rewards; of one that nothing was put into there is nothing.
func (s *Storage) Stocks(ctx context.Context, program string, ids ...catalogue.ID) (map[catalogue.ID]catalogue.Stock, error) {
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = key(program, string(id))
	}
	cursor, err := s.store.Collection(stockName).Find(ctx, bson.M{"_id": bson.M{"$in": keys}})
	if err != nil {
		return nil, fmt.Errorf("read the stock: %w", err)
	}
	var docs []stockDoc
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("read the stock: %w", err)
	}
	stocks := make(map[catalogue.ID]catalogue.Stock, len(docs))
	for _, d := range docs {
		_, id := idOf(d.ID)
		stocks[catalogue.ID(id)] = catalogue.Stock{PutIn: d.PutIn, Left: d.Left}
	}
	return stocks, nil
}
