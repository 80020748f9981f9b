package storage

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
)

// KeyRef names an entry across programmes by its key.
type KeyRef struct{ Program, Key string }

// Taken tells which of the keys of actions and enrolments have an entry, and what is known of an action by it: one look-up
// for a whole batch.
func (s *Storage) Taken(ctx context.Context, refs []KeyRef) (map[KeyRef]ledger.Taken, error) {
	taken := make(map[KeyRef]ledger.Taken, len(refs))
	if len(refs) == 0 {
		return taken, nil
	}
	ids := make([]string, len(refs))
	for i, ref := range refs {
		ids[i] = entryKey(ref.Program, ref.Key)
	}
	opts := options.Find().SetProjection(bson.M{"account": 1, "action.content": 1}).SetHint("_id_")
	cursor, err := s.store.Collection(entriesName).Find(ctx, bson.M{"_id": bson.M{"$in": ids}}, opts)
	if err != nil {
		return nil, fmt.Errorf("look up %d keys: %w", len(ids), err)
	}
	err = each(ctx, cursor, func(d entryDoc) error {
		known, err := takenFromDoc(d)
		if err == nil {
			program, key, _ := cutKey(d.ID)
			taken[KeyRef{program, key}] = known
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look up %d keys: %w", len(ids), err)
	}
	return taken, nil
}

// EntriesByKey returns the entries that stand under keys; what is not there is missing from the answer.
func (s *Storage) EntriesByKey(ctx context.Context, refs []KeyRef) (map[KeyRef]ledger.Entry, error) {
	found := make(map[KeyRef]ledger.Entry, len(refs))
	if len(refs) == 0 {
		return found, nil
	}
	ids := make([]string, len(refs))
	for i, ref := range refs {
		ids[i] = entryKey(ref.Program, ref.Key)
	}
	cursor, err := s.store.Collection(entriesName).Find(ctx, bson.M{"_id": bson.M{"$in": ids}}, options.Find().SetHint("_id_"))
	if err != nil {
		return nil, fmt.Errorf("read %d entries: %w", len(ids), err)
	}
	err = entriesOf(ctx, cursor, func(e ledger.Entry) { found[KeyRef{e.Program, e.Key}] = e })
	if err != nil {
		return nil, fmt.Errorf("read %d entries: %w", len(ids), err)
	}
	return found, nil
}

// KeyRange lists entries of a programme by their keys.
type KeyRange struct {
	Program string
	Prefix  string // of the keys; it ends with a letter, a digit, '-', '_' or '/'
	After   string // behind this key
	Limit   int
}

// EntriesInRange lists entries in the order of their keys.
func (s *Storage) EntriesInRange(ctx context.Context, r KeyRange) ([]ledger.Entry, error) {
	from := entryKey(r.Program, r.Prefix)
	filter := bson.M{"$gte": from, "$lt": from + keyEnd}
	if r.After > r.Prefix {
		filter = bson.M{"$gt": entryKey(r.Program, r.After), "$lt": from + keyEnd}
	}
	opts := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(r.Limit)).SetHint("_id_")
	cursor, err := s.store.Collection(entriesName).Find(ctx, bson.M{"_id": filter}, opts)
	if err != nil {
		return nil, fmt.Errorf("list entries under %s: %w", r.Prefix, err)
	}
	var entries []ledger.Entry
	err = entriesOf(ctx, cursor, func(e ledger.Entry) { entries = append(entries, e) })
	if err != nil {
		return nil, fmt.Errorf("list entries under %s: %w", r.Prefix, err)
	}
	return entries, nil
}

// keyEnd stands behind everything that keys are made of.
const keyEnd = "\x7f"

func takenFromDoc(d entryDoc) (ledger.Taken, error) {
	_, key, err := cutKey(d.ID)
	if err != nil {
		return ledger.Taken{}, err
	}
	_, account, err := cutKey(d.Account)
	known := ledger.Taken{Key: key, Account: ledger.AccountID(account)}
	if err == nil && d.Action != nil {
		known.Content, err = hash(d.Action.Content)
	}
	return known, err
}
