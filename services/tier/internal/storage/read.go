package storage

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/tier/internal/domain/standing"
)

// scanBatch is how many documents one answer of a scan holds.
const scanBatch = 2000

// History returns an account's lines in their order, behind a seq.
func (s *Storage) History(ctx context.Context, ref Ref, after int64, limit int) ([]standing.Line, error) {
	filter := bson.M{"account": ref.key(), "seq": bson.M{"$gt": after}}
	opts := options.Find().SetSort(bson.D{{Key: "seq", Value: 1}}).SetLimit(int64(limit))
	cursor, err := s.store.Collection(historyName).Find(ctx, filter, opts)
	if err != nil {
		return nil, fmt.Errorf("read the history of %s: %w", ref.key(), err)
	}
	var lines []standing.Line
	err = each(ctx, cursor, func(d lineDoc) error {
		lines = append(lines, lineFromDoc(d))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the history of %s: %w", ref.key(), err)
	}
	return lines, nil
}

// Page reads a programme's accounts in the order of their ids, behind one of them.
func (s *Storage) Page(ctx context.Context, program, after string, limit int) ([]standing.Account, error) {
	from := bson.M{"$gte": program + "/", "$lt": program + "0"} // '0' follows '/'
	if after != "" {
		delete(from, "$gte")
		from["$gt"] = Ref{program, after}.key()
	}
	opts := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(limit)).SetHint("_id_").SetBatchSize(scanBatch)
	cursor, err := s.store.Collection(standingsName).Find(ctx, bson.M{"_id": from}, opts)
	if err != nil {
		return nil, fmt.Errorf("list standings of %s: %w", program, err)
	}
	var page []standing.Account
	err = each(ctx, cursor, func(d standingDoc) error {
		a, err := standingFromDoc(d)
		page = append(page, a)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list standings of %s: %w", program, err)
	}
	return page, nil
}

// TiersAt tells the tier of each of the accounts as their histories say for a time; those without a line by then are
// missing from the answer. Accounts are given in the order of their ids.
func (s *Storage) TiersAt(ctx context.Context, program string, accounts []string, at time.Time) (map[string]string, error) {
	tiers := make(map[string]string, len(accounts))
	if len(accounts) == 0 {
		return tiers, nil
	}
	first, last := Ref{program, accounts[0]}.key(), Ref{program, accounts[len(accounts)-1]}.key()
	filter := bson.M{"account": bson.M{"$gte": first, "$lte": last}}
	opts := options.Find().SetSort(bson.D{{Key: "account", Value: 1}, {Key: "seq", Value: 1}}).SetHint("account_seq").
		SetProjection(bson.M{"_id": 0, "account": 1, "to": 1, "effective_at": 1}).SetBatchSize(scanBatch)
	cursor, err := s.store.Collection(historyName).Find(ctx, filter, opts)
	if err != nil {
		return nil, fmt.Errorf("read the tiers of %s: %w", program, err)
	}
	err = each(ctx, cursor, func(d struct {
		Account     string    `bson:"account"`
		To          string    `bson:"to"`
		EffectiveAt time.Time `bson:"effective_at"`
	},
	) error {
		if !d.EffectiveAt.After(at) {
			tiers[d.Account[len(program)+1:]] = d.To
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the tiers of %s: %w", program, err)
	}
	return tiers, nil
}
