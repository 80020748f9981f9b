package storage

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
)

// rebuildBatch is how many accounts are written at once.
const rebuildBatch = 500

// Place tells the partition of an account, and when something falls due on it (zero: never).
type Place func(ledger.Account) (partition int, due time.Time)

// Rebuild replaces every account document, and the totals, by what the entries give. Nothing else may write meanwhile. It
// returns how many accounts it wrote.
func (s *Storage) Rebuild(ctx context.Context, place Place) (int64, error) {
	r := &rebuild{storage: s, coll: s.store.Collection(accountsName), place: place}
	for _, name := range []string{accountsName, totalsName} {
		if _, err := s.store.Collection(name).DeleteMany(ctx, bson.M{}); err != nil {
			return 0, fmt.Errorf("clear %s: %w", name, err)
		}
	}
	err := s.ScanEntries(ctx, "", func(e ledger.Entry, err error) error {
		if err != nil {
			return err
		}
		return r.entry(ctx, e)
	})
	if err != nil {
		return r.written, err
	}
	r.queue()
	err = r.flush(ctx)
	return r.written, err
}

// rebuild holds the account that is being folded and those that wait to be written, with the totals of their entries.
type rebuild struct {
	storage *Storage
	coll    *mongo.Collection
	place   Place
	account ledger.Account
	models  []mongo.WriteModel
	entries []ledger.Entry // of the account
	counted Writes         // their totals alone
	written int64
}

func (r *rebuild) entry(ctx context.Context, e ledger.Entry) error {
	if r.account.Version == 0 || r.account.ID != e.Account || r.account.Program != e.Program {
		r.queue()
		if len(r.models) >= rebuildBatch {
			if err := r.flush(ctx); err != nil {
				return err
			}
		}
		r.account = ledger.NewAccount(e.Program, e.Account)
	}
	next, err := r.account.Apply(e)
	if err != nil {
		return err
	}
	r.account = next
	r.entries = append(r.entries, e)
	return nil
}

// queue takes the account that is complete into the next write.
func (r *rebuild) queue() {
	if r.account.Version > 0 {
		partition, due := r.place(r.account)
		for _, e := range r.entries {
			r.counted.Count(partition, e)
		}
		r.entries = r.entries[:0]
		r.models = append(r.models, mongo.NewInsertOneModel().SetDocument(accountToDoc(r.account, partition, due)))
	}
}

// flush writes what is queued.
func (r *rebuild) flush(ctx context.Context) error {
	if err := r.storage.addTotals(ctx, r.counted.Totals); err != nil {
		return err
	}
	r.counted = Writes{}
	if len(r.models) == 0 {
		return nil
	}
	if _, err := r.coll.BulkWrite(ctx, r.models); err != nil {
		return fmt.Errorf("write accounts: %w", err)
	}
	r.written += int64(len(r.models))
	r.models = r.models[:0]
	return nil
}
