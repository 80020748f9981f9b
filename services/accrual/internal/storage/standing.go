package storage

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Moment is when accounts of a programme are looked at, and in which unit.
type Moment struct {
	Program, Unit string
	At            time.Time
}

// Standing is what an account could spend, and its tier.
type Standing struct {
	Account ledger.AccountID
	Active  money.Points
	Tier    string
}

// standingDoc is an account with what its last entry left.
type standingDoc struct {
	ID    string   `bson:"_id"`
	After afterDoc `bson:"after"`
}

// Standings tells how accounts stood, in the order of their ids, by the last of their entries up to a moment that no command
// has made. mongod looks for it: a caller need not read the ledger.
func (s *Storage) Standings(ctx context.Context, m Moment, tell func(Standing) error) error {
	match := accountRange("account", m.Program)
	match["effective_at"], match["command"] = bson.M{"$lte": m.At}, bson.M{"$exists": false}
	cursor, err := s.store.Collection(entriesName).Aggregate(ctx, bson.A{
		bson.M{"$match": match},
		bson.M{"$sort": bson.D{{Key: "account", Value: 1}, {Key: "seq", Value: 1}}},
		bson.M{"$group": bson.M{"_id": "$account", "after": bson.M{"$last": "$after"}}},
		bson.M{"$sort": bson.M{"_id": 1}},
	}, options.Aggregate().SetHint("account_seq").SetBatchSize(scanBatch).SetAllowDiskUse(true))
	if err != nil {
		return fmt.Errorf("read how accounts stood: %w", err)
	}
	err = each(ctx, cursor, func(d standingDoc) error {
		_, account, _ := cutKey(d.ID)
		standing := Standing{Account: ledger.AccountID(account), Tier: d.After.Tier}
		for _, b := range d.After.Balances {
			if b.Unit == m.Unit {
				standing.Active = money.Points(b.Active)
			}
		}
		return tell(standing)
	})
	if err != nil {
		return fmt.Errorf("read how accounts stood: %w", err)
	}
	return nil
}
