package storage

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/gather"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/trade"
)

const (
	// batchMost is how many trades are read or written at once.
	batchMost = 256
	// batchPatience is how long that may take: nobody who has asked for it would wait longer.
	batchPatience = 20 * time.Second
	// countTries is how often points are counted anew when another replica counts at the same moment.
	countTries = 50
)

// gathered are the steps of trades that many callers take at the same moment: each is one call of MongoDB for all of them.
type gathered struct {
	read   *gather.Gatherer[string, *Stored]
	take   *gather.Gatherer[trade.Trade, struct{}]
	count  *gather.Gatherer[counted, struct{}]
	finish *gather.Gatherer[trade.Trade, bool]
}

// counted is a trade whose points count, and what tells if there is room for them.
type counted struct {
	trade.Trade
	room func(used money.Points) error
}

func (s *Storage) gather() {
	s.read = gather.New(batchMost, batchPatience, s.readAll)
	s.take = gather.New(batchMost, batchPatience, s.takeAll)
	s.count = gather.New(batchMost, batchPatience, s.countAll)
	s.finish = gather.New(batchMost, batchPatience, s.finishAll)
}

// all gives each piece of a batch the same error.
func all[Out any](many int, err error) []gather.Result[Out] {
	results := make([]gather.Result[Out], many)
	for i := range results {
		results[i].Err = err
	}
	return results
}

// readAll reads trades by their keys; nil: there is none.
func (s *Storage) readAll(ctx context.Context, keys []string) []gather.Result[*Stored] {
	docs, err := s.docs(ctx, bson.M{"_id": bson.M{"$in": keys}})
	results := all[*Stored](len(keys), err)
	for i, key := range keys {
		if d, found := docs[key]; found {
			t, err := tradeFromDoc(d)
			results[i] = gather.Result[*Stored]{Value: &t, Err: err}
		}
	}
	return results
}

func (s *Storage) docs(ctx context.Context, filter bson.M) (map[string]tradeDoc, error) {
	var list []tradeDoc
	cursor, err := s.trades().Find(ctx, filter)
	if err == nil {
		err = cursor.All(ctx, &list)
	}
	docs := make(map[string]tradeDoc, len(list))
	for _, d := range list {
		docs[d.ID] = d
	}
	return docs, err
}

// takeAll keeps trades, each unless it is there.
func (s *Storage) takeAll(ctx context.Context, trades []trade.Trade) []gather.Result[struct{}] {
	docs := make([]tradeDoc, len(trades))
	for i, t := range trades {
		docs[i] = tradeToDoc(t)
	}
	_, err := s.trades().InsertMany(ctx, docs, options.InsertMany().SetOrdered(false))
	bulk, ok := errors.AsType[mongo.BulkWriteException](err)
	if !ok || bulk.WriteConcernError != nil {
		return all[struct{}](len(trades), err)
	}
	results := all[struct{}](len(trades), nil)
	for _, e := range bulk.WriteErrors {
		if results[e.Index].Err = e; mongo.IsDuplicateKeyError(e) {
			results[e.Index].Err = ErrTaken
		}
	}
	return results
}

// countAll keeps trades and counts their points, as one, in the order in which they came.
func (s *Storage) countAll(ctx context.Context, trades []counted) []gather.Result[struct{}] {
	var results []gather.Result[struct{}]
	var err error
	for range countTries {
		results = all[struct{}](len(trades), nil)
		err = s.store.Transact(ctx, func(ctx context.Context) error { return s.countOnce(ctx, trades, results) })
		if !errors.Is(err, store.ErrConflict) || ctx.Err() != nil {
			break
		}
	}
	for i := range results {
		if err != nil && results[i].Err == nil {
			results[i].Err = err
		}
	}
	return results
}

// countOnce counts within a transaction, and notes who is refused.
func (s *Storage) countOnce(ctx context.Context, trades []counted, results []gather.Result[struct{}]) error {
	used, known, err := s.before(ctx, trades)
	if err != nil {
		return err
	}
	var docs []tradeDoc
	more := map[string]money.Points{}
	for i, t := range trades {
		day, key := usageKey(t.Trade), tradeKey(t.Program, t.Partner, t.ID)
		if known[key] {
			results[i].Err = ErrTaken
			continue
		}
		if results[i].Err = t.room(used[day] + more[day]); results[i].Err != nil {
			continue
		}
		known[key] = true
		docs = append(docs, tradeToDoc(t.Trade))
		more[day] += t.Points
	}
	if len(docs) == 0 {
		return nil
	}
	if _, err := s.trades().InsertMany(ctx, docs); err != nil {
		return err
	}
	for day, points := range more {
		if err := s.used(ctx, day, points); err != nil {
			return err
		}
	}
	return nil
}

// before reads how many points were counted on the days of trades, and which of the trades are there.
func (s *Storage) before(ctx context.Context, trades []counted) (map[string]money.Points, map[string]bool, error) {
	days, keys := make([]string, len(trades)), make([]string, len(trades))
	for i, t := range trades {
		days[i], keys[i] = usageKey(t.Trade), tradeKey(t.Program, t.Partner, t.ID)
	}
	var list []usageDoc
	cursor, err := s.store.Collection(usageName).Find(ctx, bson.M{"_id": bson.M{"$in": days}})
	if err == nil {
		err = cursor.All(ctx, &list)
	}
	if err != nil {
		return nil, nil, err
	}
	used, known := map[string]money.Points{}, map[string]bool{}
	for _, d := range list {
		used[d.ID] = money.Points(d.Points)
	}
	docs, err := s.docs(ctx, bson.M{"_id": bson.M{"$in": keys}})
	for key := range docs {
		known[key] = true
	}
	return used, known, err
}

// finishAll keeps what the ledger did, and tells of each trade whether it was open until now. Only another replica can be faster
// between the two calls; then it may be told of a trade that was open that it was not.
func (s *Storage) finishAll(ctx context.Context, trades []trade.Trade) []gather.Result[bool] {
	keys := make([]string, len(trades))
	for i, t := range trades {
		keys[i] = tradeKey(t.Program, t.Partner, t.ID)
	}
	open, err := s.docs(ctx, bson.M{"_id": bson.M{"$in": keys}, "open": true})
	if err != nil || len(open) == 0 {
		return all[bool](len(trades), err)
	}
	results := all[bool](len(trades), nil)
	var writes []mongo.WriteModel
	for i, t := range trades {
		if _, results[i].Value = open[keys[i]]; results[i].Value {
			delete(open, keys[i])
			writes = append(writes, mongo.NewUpdateOneModel().SetFilter(bson.M{"_id": keys[i], "open": true}).
				SetUpdate(bson.M{"$set": bson.M{"done": outcomeToDoc(t.Done)}, "$unset": bson.M{"open": ""}}))
		}
	}
	done, err := s.trades().BulkWrite(ctx, writes, options.BulkWrite().SetOrdered(false))
	if err != nil {
		return all[bool](len(trades), err)
	}
	if done.MatchedCount < int64(len(writes)) {
		return all[bool](len(trades), nil)
	}
	return results
}
