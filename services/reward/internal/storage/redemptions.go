package storage

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/catalogue"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/redemption"
)

// Redemption reads a redemption; a row that is not there is no error. In a transaction it reads there.
func (s *Storage) Redemption(ctx context.Context, program, id string) (Redemption, error) {
	var d redemptionDoc
	found, err := s.one(ctx, redemptionsName, byID(key(program, id)), &d)
	if err != nil || !found {
		return Redemption{}, err
	}
	return redemptionFromDoc(d)
}

// PutRedemption stores what a redemption becomes, and returns it as it is stored then. store.ErrConflict: somebody else
// has moved it.
func (s *Storage) PutRedemption(ctx context.Context, row Redemption) (Redemption, error) {
	d := redemptionToDoc(row, row.version+1)
	if err := s.put(ctx, redemptionsName, d.ID, row.version, d); err != nil {
		return row, err
	}
	row.version++
	return row, nil
}

// Place is where a page of a list of redemptions ended; the zero Place is the beginning.
type Place struct {
	BegunAt time.Time
	ID      string
}

// Redemptions lists an account's redemptions behind a place, the newest first, at most limit.
func (s *Storage) Redemptions(ctx context.Context, program, account string, after Place, limit int) ([]redemption.Redemption, error) {
	filter := bson.M{"account": key(program, account)}
	if after.ID != "" {
		filter["$or"] = bson.A{
			bson.M{"begun_at": bson.M{"$lt": after.BegunAt}},
			bson.M{"begun_at": after.BegunAt, "_id": bson.M{"$lt": key(program, after.ID)}},
		}
	}
	opts := options.Find().SetSort(bson.D{{Key: "begun_at", Value: -1}, {Key: "_id", Value: -1}}).SetLimit(int64(limit))
	rows, err := s.redemptions(ctx, filter, opts)
	if err != nil {
		return nil, err
	}
	list := make([]redemption.Redemption, len(rows))
	for i, row := range rows {
		list[i] = row.Value
	}
	return list, nil
}

func (s *Storage) redemptions(ctx context.Context, filter bson.M, opts *options.FindOptionsBuilder) ([]Redemption, error) {
	cursor, err := s.store.Collection(redemptionsName).Find(ctx, filter, opts)
	if err != nil {
		return nil, fmt.Errorf("list redemptions: %w", err)
	}
	var docs []redemptionDoc
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("list redemptions: %w", err)
	}
	rows := make([]Redemption, len(docs))
	for i, d := range docs {
		if rows[i], err = redemptionFromDoc(d); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// Unfinished lists redemptions that nobody goes on with at a time, those that wait longest first, at most limit.
func (s *Storage) Unfinished(ctx context.Context, at time.Time, limit int) ([]Redemption, error) {
	opts := options.Find().SetSort(bson.D{{Key: "next_at", Value: 1}}).SetLimit(int64(limit))
	return s.redemptions(ctx, bson.M{"next_at": bson.M{"$lte": at}}, opts)
}

// Open counts the redemptions that somebody has to go on with.
func (s *Storage) Open(ctx context.Context) (int64, error) {
	n, err := s.store.Collection(redemptionsName).CountDocuments(ctx, bson.M{"next_at": bson.M{"$gt": time.Time{}}})
	if err != nil {
		return 0, fmt.Errorf("count open redemptions: %w", err)
	}
	return n, nil
}

// Had lists when an account began the redemptions that count, by reward; of one reward if it is named. In a transaction it
// reads there.
func (s *Storage) Had(ctx context.Context, program, account string, only catalogue.ID) (map[catalogue.ID][]time.Time, error) {
	filter := bson.M{"account": key(program, account), "state": bson.M{"$in": taking()}}
	if only != "" {
		filter["reward"] = key(program, string(only))
	}
	opts := options.Find().SetProjection(bson.M{"_id": 0, "reward": 1, "begun_at": 1})
	cursor, err := s.store.Collection(redemptionsName).Find(ctx, filter, opts)
	if err != nil {
		return nil, fmt.Errorf("count what %s had: %w", account, err)
	}
	var docs []struct {
		Reward  string    `bson:"reward"`
		BegunAt time.Time `bson:"begun_at"`
	}
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("count what %s had: %w", account, err)
	}
	had := map[catalogue.ID][]time.Time{}
	for _, d := range docs {
		_, id := idOf(d.Reward)
		had[catalogue.ID(id)] = append(had[catalogue.ID(id)], d.BegunAt.UTC())
	}
	return had, nil
}

func taking() bson.A {
	var names bson.A
	for _, s := range redemption.Taking() {
		names = append(names, s.String())
	}
	return names
}

// Guard makes two who look at the limits of an account at once meet: one of them has to look again. It belongs inside the
// transaction of what the look is for.
func (s *Storage) Guard(ctx context.Context, program, account string) error {
	_, err := s.store.Collection(guardsName).UpdateOne(ctx, byID(key(program, account)), bson.M{"$inc": bson.M{"looks": int64(1)}},
		options.UpdateOne().SetUpsert(true))
	if err != nil {
		return fmt.Errorf("guard the limits of %s: %w", account, err)
	}
	return nil
}
