package storage

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
)

// rebuildBatch is how many accounts are written at once.
const rebuildBatch = 500

// Rebuild replaces every account document by what its entries give. Due tells when something falls due next.
// Nothing else may write meanwhile. It returns how many accounts it wrote.
func (s *Storage) Rebuild(ctx context.Context, partitions int, due func(a ledger.Account, partition int) time.Time) (int64, error) {
	r := &rebuild{ctx: ctx, coll: s.store.Collection(accountsName), partitions: partitions, due: due}
	if _, err := r.coll.DeleteMany(ctx, bson.M{}); err != nil {
		return 0, fmt.Errorf("clear accounts: %w", err)
	}
	err := s.ScanEntries(ctx, "", func(e ledger.Entry, err error) error {
		if err != nil {
			return err
		}
		return r.entry(e)
	})
	if err != nil {
		return r.written, err
	}
	if err := r.flush(true); err != nil {
		return r.written, err
	}
	return r.written, nil
}

// rebuild holds the account that is being folded and those that wait to be written.
type rebuild struct {
	ctx        context.Context // of the one Rebuild that this serves
	coll       *mongo.Collection
	partitions int
	due        func(ledger.Account, int) time.Time
	account    ledger.Account
	models     []mongo.WriteModel
	written    int64
}

func (r *rebuild) entry(e ledger.Entry) error {
	if r.account.Version == 0 || r.account.ID != e.Account || r.account.Program != e.Program {
		if err := r.flush(false); err != nil {
			return err
		}
		r.account = ledger.NewAccount(e.Program, e.Account)
	}
	next, err := r.account.Apply(e)
	if err != nil {
		return err
	}
	r.account = next
	return nil
}

// flush queues the account that is complete, and writes the queue when it is full or last is true.
func (r *rebuild) flush(last bool) error { //nolint:revive // two callers say which end this is
	if r.account.Version > 0 {
		partition := bus.Partition(r.account.Program, string(r.account.ID), r.partitions)
		doc := accountToDoc(r.account, partition, r.due(r.account, partition))
		r.models = append(r.models, mongo.NewInsertOneModel().SetDocument(doc))
	}
	if len(r.models) == 0 || !last && len(r.models) < rebuildBatch {
		return nil
	}
	if _, err := r.coll.BulkWrite(r.ctx, r.models); err != nil {
		return fmt.Errorf("write accounts: %w", err)
	}
	r.written += int64(len(r.models))
	r.models = r.models[:0]
	return nil
}
