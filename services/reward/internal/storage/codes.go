package storage

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/catalogue"
)

type codeDoc struct {
	ID         string `bson:"_id"` // <programme>/<code>
	Format     int    `bson:"format"`
	Reward     string `bson:"reward"` // <programme>/<reward>
	Number     int64  `bson:"number"` // its place in the pool
	State      string `bson:"state"`
	Redemption string `bson:"redemption,omitempty"` // whose it is
}

// CodeOwners says of codes that are known whose they are. In a transaction it reads there.
func (s *Storage) CodeOwners(ctx context.Context, program string, codes []string) (map[string]catalogue.ID, error) {
	keys := make([]string, len(codes))
	for i, code := range codes {
		keys[i] = key(program, code)
	}
	cursor, err := s.store.Collection(codesName).Find(ctx, bson.M{"_id": bson.M{"$in": keys}})
	if err != nil {
		return nil, fmt.Errorf("look for codes: %w", err)
	}
	var docs []codeDoc
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("look for codes: %w", err)
	}
	owners := make(map[string]catalogue.ID, len(docs))
	for _, d := range docs {
		_, code := idOf(d.ID)
		_, reward := idOf(d.Reward)
		owners[code] = catalogue.ID(reward)
	}
	return owners, nil
}

// AddCodes puts codes into the pool of a voucher that nobody has, behind those that were put in before. It belongs inside
// a transaction.
func (s *Storage) AddCodes(ctx context.Context, program string, id catalogue.ID, codes []string) (catalogue.Stock, error) {
	stock, err := s.AddStock(ctx, program, id, int64(len(codes)))
	if err != nil || len(codes) == 0 {
		return stock, err
	}
	docs := make([]codeDoc, len(codes))
	for i, code := range codes {
		number := stock.PutIn - int64(len(codes)) + int64(i) + 1
		docs[i] = codeDoc{ID: key(program, code), Format: format, Reward: key(program, string(id)), Number: number, State: codeFree}
	}
	if _, err := s.store.Collection(codesName).InsertMany(ctx, docs); err != nil {
		return stock, fmt.Errorf("store codes of %s: %w", id, err)
	}
	return stock, nil
}
