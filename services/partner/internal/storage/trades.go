package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/trade"
)

// ErrTaken says that a trade of this id is kept already.
var ErrTaken = errors.New("the trade is known")

// Trade reads a trade of a partner; false: it has none of this id.
func (s *Storage) Trade(ctx context.Context, program, partner, id string) (Stored, bool, error) {
	t, err := s.read.Do(ctx, tradeKey(program, partner, id))
	if err != nil || t == nil {
		return Stored{}, false, wrap("read trade", id, err)
	}
	return *t, true, nil
}

// Take keeps a trade before the ledger is asked. ErrTaken: there is one.
func (s *Storage) Take(ctx context.Context, t trade.Trade) error {
	_, err := s.take.Do(ctx, t)
	if errors.Is(err, ErrTaken) {
		return ErrTaken
	}
	return wrap("keep trade", t.ID, err)
}

// TakeCounted keeps a trade and counts its points, whole or not at all, if room lets it, which is told what was used
// before. The error of room, ErrTaken, store.ErrConflict: others count at this moment, again and again.
func (s *Storage) TakeCounted(ctx context.Context, t trade.Trade, room func(used money.Points) error) error {
	_, err := s.count.Do(ctx, counted{t, room})
	if _, refused := reason.Of(err); refused || errors.Is(err, ErrTaken) {
		return err
	}
	return wrap("keep trade", t.ID, err)
}

// Finish keeps what the ledger did, and returns the trade as it is kept: false, if another call was faster.
func (s *Storage) Finish(ctx context.Context, t trade.Trade) (trade.Trade, bool, error) {
	first, err := s.finish.Do(ctx, t)
	if err != nil || first {
		return t, err == nil, wrap("finish trade", t.ID, err)
	}
	// Done by another call, or withdrawn by one that the ledger had refused just before.
	if err := s.takeAgain(ctx, t); !errors.Is(err, ErrTaken) {
		return t, err == nil, err
	}
	stored, found, err := s.Trade(ctx, t.Program, t.Partner, t.ID)
	if err == nil && (!found || stored.Done == nil) {
		err = fmt.Errorf("trade %s is gone", t.ID)
	}
	return stored.Trade, false, err
}

// takeAgain keeps a trade that the ledger has done after all. There is no room to be asked for any more.
func (s *Storage) takeAgain(ctx context.Context, t trade.Trade) error {
	if !t.Limited() {
		return s.Take(ctx, t)
	}
	return s.TakeCounted(ctx, t, func(money.Points) error { return nil })
}

// Withdraw forgets a trade that the ledger has refused: its points count no more, and its key may be used again. One that
// is done stays.
func (s *Storage) Withdraw(ctx context.Context, t trade.Trade) error {
	filter := bson.M{"_id": tradeKey(t.Program, t.Partner, t.ID), "open": true}
	if !t.Limited() {
		_, err := s.trades().DeleteOne(ctx, filter)
		return wrap("withdraw trade", t.ID, err)
	}
	err := s.store.Transact(ctx, func(ctx context.Context) error {
		gone, err := s.trades().DeleteOne(ctx, filter)
		if err != nil || gone.DeletedCount == 0 {
			return err
		}
		return s.used(ctx, usageKey(t), -t.Points)
	})
	return wrap("withdraw trade", t.ID, err)
}

// Open returns trades that were asked for before a time and that the ledger has not answered, oldest first.
func (s *Storage) Open(ctx context.Context, before time.Time, limit int64) ([]trade.Trade, error) {
	opts := options.Find().SetSort(bson.D{{Key: "asked_at", Value: 1}}).SetLimit(limit)
	return s.list(ctx, bson.M{"open": true, "asked_at": bson.M{"$lt": before}}, opts)
}

// Place is where a page of trades ends.
type Place struct {
	AskedAt time.Time
	ID      string
}

// Trades returns what a partner has done, newest first, behind a place; of one account, if it is not empty.
func (s *Storage) Trades(ctx context.Context, of trade.Ask, behind *Place, limit int64) ([]trade.Trade, error) {
	filter := bson.M{"owner": owner(of.Program, of.Partner), "open": bson.M{"$exists": false}}
	if of.Account != "" {
		filter["account"] = of.Account
	}
	if behind != nil {
		key := tradeKey(of.Program, of.Partner, behind.ID)
		filter["$or"] = bson.A{
			bson.M{"asked_at": bson.M{"$lt": behind.AskedAt}}, bson.M{"asked_at": behind.AskedAt, "_id": bson.M{"$lt": key}},
		}
	}
	return s.list(ctx, filter, options.Find().SetSort(bson.D{{Key: "asked_at", Value: -1}, {Key: "_id", Value: -1}}).SetLimit(limit))
}

func (s *Storage) list(ctx context.Context, filter bson.M, opts *options.FindOptionsBuilder) ([]trade.Trade, error) {
	var docs []tradeDoc
	cursor, err := s.trades().Find(ctx, filter, opts)
	if err == nil {
		err = cursor.All(ctx, &docs)
	}
	if err != nil {
		return nil, fmt.Errorf("list trades: %w", err)
	}
	list := make([]trade.Trade, len(docs))
	for i, d := range docs {
		t, err := tradeFromDoc(d)
		if err != nil {
			return nil, err
		}
		list[i] = t.Trade
	}
	return list, nil
}

type usageDoc struct {
	ID     string `bson:"_id"` // <programme>/<partner>/<day>/<kind>
	Points int64  `bson:"points"`
}

func usageKey(t trade.Trade) string {
	return fmt.Sprintf("%s/%s/%d", owner(t.Program, t.Partner), t.Counted, t.Kind)
}

// used counts points on a day of a partner.
func (s *Storage) used(ctx context.Context, day string, points money.Points) error {
	_, err := s.store.Collection(usageName).UpdateOne(ctx, bson.M{"_id": day},
		bson.M{"$inc": bson.M{"points": int64(points)}, "$setOnInsert": bson.M{"format": format}}, options.UpdateOne().SetUpsert(true))
	return err
}

func (s *Storage) trades() *mongo.Collection { return s.store.Collection(tradesName) }

func wrap(doing, id string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", doing, id, err)
}
