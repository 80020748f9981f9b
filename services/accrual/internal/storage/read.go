package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Account reads an account and when something falls due on it next (zero: never). ACCOUNT_NOT_FOUND if it has no entries.
func (s *Storage) Account(ctx context.Context, ref AccountRef) (ledger.Account, time.Time, error) {
	stored, err := s.Stored(ctx, ref)
	return stored.Account, stored.Due, err
}

// Stored is an account document: the account, and what is derived from it.
type Stored struct {
	ledger.Account
	Partition int
	Due       time.Time // zero: nothing ever falls due
}

// Stored reads an account's document. ACCOUNT_NOT_FOUND if it has no entries.
func (s *Storage) Stored(ctx context.Context, ref AccountRef) (Stored, error) {
	var d accountDoc
	err := s.store.Collection(accountsName).FindOne(ctx, bson.M{"_id": accountKey(ref.Program, ref.ID)}).Decode(&d)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return Stored{}, reason.New(reason.AccountNotFound, "account", "there is no account %s in programme %s", ref.ID, ref.Program)
	}
	if err != nil {
		return Stored{}, fmt.Errorf("read account %s: %w", ref.ID, err)
	}
	return storedFromDoc(d)
}

func storedFromDoc(d accountDoc) (Stored, error) {
	a, err := accountFromDoc(d)
	stored := Stored{Account: a, Partition: d.Partition}
	if d.DueAt != nil {
		stored.Due = d.DueAt.UTC()
	}
	return stored, err
}

// Entries returns an account's entries after a seq, in order, at most limit (0: all).
func (s *Storage) Entries(ctx context.Context, ref AccountRef, after ledger.Seq, limit int) ([]ledger.Entry, error) {
	filter := bson.M{"account": accountKey(ref.Program, ref.ID), "seq": bson.M{"$gt": int64(after)}}
	opts := options.Find().SetSort(bson.D{{Key: "seq", Value: 1}}).SetLimit(int64(limit))
	cursor, err := s.store.Collection(entriesName).Find(ctx, filter, opts)
	if err != nil {
		return nil, fmt.Errorf("read entries of %s: %w", ref.ID, err)
	}
	var entries []ledger.Entry
	err = entriesOf(ctx, cursor, func(e ledger.Entry) { entries = append(entries, e) })
	if err != nil {
		return nil, fmt.Errorf("read entries of %s: %w", ref.ID, err)
	}
	return entries, nil
}

// Entry reads one entry by its key. ENTRY_NOT_FOUND if there is none.
func (s *Storage) Entry(ctx context.Context, program, key string) (ledger.Entry, error) {
	d, err := s.entryDoc(ctx, program, key)
	if err != nil {
		return ledger.Entry{}, err
	}
	return entryFromDoc(d)
}

// Original reads the event of a waiting entry as it came.
func (s *Storage) Original(ctx context.Context, program, key string) (Original, error) {
	d, err := s.entryDoc(ctx, program, key)
	if err != nil {
		return Original{}, err
	}
	if d.Original == nil {
		return Original{}, fmt.Errorf("entry %s keeps no original", d.ID)
	}
	return Original{d.Original.Subject, d.Original.Headers, d.Original.Body}, nil
}

func (s *Storage) entryDoc(ctx context.Context, program, key string) (entryDoc, error) {
	var d entryDoc
	err := s.store.Collection(entriesName).FindOne(ctx, bson.M{"_id": entryKey(program, key)}).Decode(&d)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return d, reason.New(reason.EntryNotFound, "key", "there is no entry %s in programme %s", key, program)
	}
	if err != nil {
		return d, fmt.Errorf("read entry %s: %w", key, err)
	}
	return d, nil
}

// ScanEntries reads the entries of a programme (all when empty) account by account, each account's in order of seq. What
// cannot be read is told as an error.
func (s *Storage) ScanEntries(ctx context.Context, program string, f func(ledger.Entry, error) error) error {
	return s.scanEntries(ctx, accountRange("account", program), func(_ string, e ledger.Entry, err error) error { return f(e, err) })
}

// ScanAccounts reads the accounts of a programme (all when empty) in the order in which ScanEntries reads theirs.
func (s *Storage) ScanAccounts(ctx context.Context, program string, f func(Stored, error) error) error {
	return s.scanAccounts(ctx, accountRange("_id", program), f)
}

// accountRange selects a programme by the beginning of its keys.
func accountRange(field, program string) bson.M {
	if program == "" {
		return bson.M{}
	}
	return bson.M{field: bson.M{"$gte": program + "/", "$lt": program + "0"}}
}

// DueCount counts accounts of the partitions on which something is due up to their clocks.
func (s *Storage) DueCount(ctx context.Context, clocks map[int]time.Time) (int64, error) {
	total := int64(0)
	for partition, clock := range clocks {
		n, err := s.store.Collection(accountsName).CountDocuments(ctx, bson.M{"partition": partition, "due_at": bson.M{"$lte": clock}})
		if err != nil {
			return 0, fmt.Errorf("count what is due: %w", err)
		}
		total += n
	}
	return total, nil
}
