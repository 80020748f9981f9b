package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/document"
)

// Span is the accounts of a programme, of all when it is empty, that stand behind one key and up to another; an empty key is
// that before the first, or that of the last.
type Span struct{ Program, After, To string }

// String names the span.
func (s Span) String() string {
	switch {
	case s.After == "" && s.To == "":
		return "all accounts"
	case s.To == "":
		return "the accounts behind " + s.After
	case s.After == "":
		return "the accounts up to " + s.To
	}
	return "the accounts behind " + s.After + " up to " + s.To
}

func (s Span) filter(field string) bson.M {
	bounds := bson.M{}
	if s.Program != "" {
		bounds["$gte"], bounds["$lt"] = s.Program+"/", s.Program+"0"
	}
	if s.After != "" {
		delete(bounds, "$gte")
		bounds["$gt"] = s.After
	}
	if s.To != "" {
		delete(bounds, "$lt")
		bounds["$lte"] = s.To
	}
	if len(bounds) == 0 {
		return bson.M{}
	}
	return bson.M{field: bounds}
}

// Cut returns the first part of a span that has so many entries, and then ends with an account; all of it, where it has not
// more. Only the index is read.
func (s *Storage) Cut(ctx context.Context, span Span, entries int) (Span, error) {
	var d struct {
		Account string `bson:"account"`
	}
	opts := options.FindOne().SetSort(bson.D{{Key: "account", Value: 1}, {Key: "seq", Value: 1}}).SetHint("account_seq").
		SetSkip(int64(entries - 1)).SetProjection(bson.M{"_id": 0, "account": 1})
	err := s.store.Collection(entriesName).FindOne(ctx, span.filter("account"), opts).Decode(&d)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return span, nil
	}
	if err != nil {
		return span, fmt.Errorf("cut the ledger into spans: %w", err)
	}
	span.To = d.Account
	return span, nil
}

// AccountsIn reads the accounts of a span, in their order.
func (s *Storage) AccountsIn(ctx context.Context, span Span, f func(Stored, error) error) error {
	return s.scanAccounts(ctx, span.filter("_id"), f)
}

// CountIn counts the entries of a span. Only the index is read.
func (s *Storage) CountIn(ctx context.Context, span Span) (int64, error) {
	n, err := s.store.Collection(entriesName).CountDocuments(ctx, span.filter("account"), options.Count().SetHint("account_seq"))
	if err != nil {
		return 0, fmt.Errorf("count the entries of %s: %w", span, err)
	}
	return n, nil
}

// Head is the last entry of an account.
type Head struct {
	Account string // <programme>/<account>
	Seq     int64
}

// Heads lists the last entry of each account in a span, in the order of accounts. Only the index is read, once for each account.
func (s *Storage) Heads(ctx context.Context, span Span) ([]Head, error) {
	// The index backwards: only so does mongod pass from an account's last entry to the next account (DISTINCT_SCAN).
	cursor, err := s.store.Collection(entriesName).Aggregate(ctx, bson.A{
		bson.M{"$match": span.filter("account")},
		bson.M{"$sort": bson.D{{Key: "account", Value: -1}, {Key: "seq", Value: -1}}},
		bson.M{"$group": bson.M{"_id": "$account", "seq": bson.M{"$first": "$seq"}}},
	}, options.Aggregate().SetHint("account_seq").SetBatchSize(scanBatch).SetAllowDiskUse(true))
	if err != nil {
		return nil, fmt.Errorf("read the last entries of %s: %w", span, err)
	}
	var heads []Head
	err = raws(ctx, cursor, func(raw bson.Raw) error {
		heads = append(heads, Head{})
		return document.Fields(raw, func(name []byte, v bsoncore.Value) error {
			if string(name) == "_id" {
				return document.Text(v, &heads[len(heads)-1].Account)
			}
			return document.Whole(v, &heads[len(heads)-1].Seq)
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the last entries of %s: %w", span, err)
	}
	slices.SortFunc(heads, func(a, b Head) int { return cmp.Compare(a.Account, b.Account) })
	return heads, nil
}

// EntriesBehind reads what follows on a seq of each of these accounts, account by account, each account's in order of seq, and
// tells the account's key with each. What cannot be read is told with an error.
func (s *Storage) EntriesBehind(ctx context.Context, accounts []string, after ledger.Seq, f func(account string, e ledger.Entry, err error) error) error {
	return s.scanEntries(ctx, bson.M{"account": bson.M{"$in": accounts}, "seq": bson.M{"$gt": int64(after)}}, f)
}

// Holders tells on which accounts entries stand, for those of these keys that have an entry.
func (s *Storage) Holders(ctx context.Context, refs []KeyRef) (map[KeyRef]ledger.AccountID, error) {
	found := make(map[KeyRef]ledger.AccountID, len(refs))
	err := s.byKey(ctx, refs, bson.M{"account": 1}, func(raw bson.Raw) {
		program, key, _ := cutKey(raw.Lookup("_id").StringValue())
		account, _ := raw.Lookup("account").StringValueOK()
		if _, id, err := cutKey(account); err == nil {
			found[KeyRef{program, key}] = ledger.AccountID(id)
		}
	})
	return found, err
}

// Readable returns the entries that stand under keys. Those that are not there, or cannot be read, are missing from the answer.
func (s *Storage) Readable(ctx context.Context, refs []KeyRef) (map[KeyRef]ledger.Entry, error) {
	found, d := make(map[KeyRef]ledger.Entry, len(refs)), newDecoder()
	err := s.byKey(ctx, refs, nil, func(raw bson.Raw) {
		if _, e, err := d.ledgerEntry(raw); err == nil {
			found[KeyRef{e.Program, e.Key}] = e
		}
	})
	return found, err
}

func (s *Storage) byKey(ctx context.Context, refs []KeyRef, projection any, f func(bson.Raw)) error {
	if len(refs) == 0 {
		return nil
	}
	ids := make([]string, len(refs))
	for i, ref := range refs {
		ids[i] = entryKey(ref.Program, ref.Key)
	}
	opts := options.Find().SetHint("_id_").SetBatchSize(scanBatch)
	if projection != nil {
		opts.SetProjection(projection)
	}
	cursor, err := s.store.Collection(entriesName).Find(ctx, bson.M{"_id": bson.M{"$in": ids}}, opts)
	if err == nil {
		err = raws(ctx, cursor, func(raw bson.Raw) error { f(raw); return nil })
	}
	if err != nil {
		return fmt.Errorf("look up %d entries: %w", len(ids), err)
	}
	return nil
}
