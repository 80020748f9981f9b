package storage

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/totals"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/document"
)

// VerifiedIn reads the accounts of a span as they stood at a checkpoint, in their order. One that cannot be read is left out, as
// if it were gone.
func (s *Storage) VerifiedIn(ctx context.Context, c Checkpoint, span Span, f func(ledger.Account) error) error {
	prefix := keptID(c.Program, c.Generation, keptAccount) + "/"
	bounds := keysUnder(prefix)
	if span.After != "" {
		delete(bounds, "$gte")
		bounds["$gt"] = prefix + span.After[len(c.Program)+1:]
	}
	if span.To != "" {
		delete(bounds, "$lt")
		bounds["$lte"] = prefix + span.To[len(c.Program)+1:]
	}
	d := newDecoder()
	return s.kept(ctx, bounds, func(raw bson.Raw) error {
		var doc accountDoc
		err := document.Fields(raw, func(name []byte, v bsoncore.Value) error {
			if string(name) != "account" {
				return nil
			}
			var err error
			doc, err = d.account(v.Data)
			return err
		})
		a, unreadable := accountFromDoc(doc)
		if err == nil && unreadable == nil {
			return f(a)
		}
		return nil // whoever counts them notices
	})
}

// VerifiedDays tells what the entries of each day came to at a checkpoint.
func (s *Storage) VerifiedDays(ctx context.Context, c Checkpoint, f func(calendar.Day, totals.Tally)) error {
	bounds := keysUnder(keptID(c.Program, c.Generation, keptDay) + "/")
	return s.kept(ctx, bounds, func(raw bson.Raw) error {
		var d keptDoc
		if err := bson.Unmarshal(raw, &d); err != nil {
			return err
		}
		if d.Day == nil {
			return fmt.Errorf("%s has no totals", d.ID)
		}
		t, err := tallyFromDoc(*d.Day)
		if err == nil {
			f(calendar.Day(d.Day.Day), t)
		}
		return err
	})
}

// VerifiedTransit tells which transfers had not ended at a checkpoint, by the keys of the entries that sent them.
func (s *Storage) VerifiedTransit(ctx context.Context, c Checkpoint, f func(key string) error) error {
	prefix := keptID(c.Program, c.Generation, keptTransit) + "/"
	return s.kept(ctx, keysUnder(prefix), func(raw bson.Raw) error {
		id, _ := raw.Lookup("_id").StringValueOK()
		return f(id[len(prefix):])
	})
}

func (s *Storage) kept(ctx context.Context, bounds bson.M, f func(bson.Raw) error) error {
	cursor, err := s.store.Collection(verifiedName).Find(ctx, bson.M{"_id": bounds}, options.Find().
		SetSort(bson.D{{Key: "_id", Value: 1}}).SetHint("_id_").SetBatchSize(scanBatch))
	if err == nil {
		err = raws(ctx, cursor, f)
	}
	if err != nil {
		return fmt.Errorf("read what was verified: %w", err)
	}
	return nil
}
