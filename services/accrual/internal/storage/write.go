package storage

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/totals"
	"github.com/laurel-loyalty/laurel/services/internal/document"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Original is an event as it was published.
type Original struct {
	Subject string
	Headers []string // "name: value"
	Body    []byte
}

// EntryWrite is an entry to insert; Original is kept with what waits for its order.
type EntryWrite struct {
	Entry    ledger.Entry
	Original *Original
}

// AccountWrite replaces an account that still has the version it was computed from. From 0 inserts it.
type AccountWrite struct {
	Account   ledger.Account
	From      ledger.Seq
	Partition int
	Due       time.Time // zero: nothing will fall due
}

// Writes are everything that one batch changes.
type Writes struct {
	Entries  []EntryWrite
	Accounts []AccountWrite
	Refusals []Refusal
	// Review names programmes whose accounts in a partition must be looked at again from a time on, because a revision begins.
	Review []ReviewWrite
	// Totals is what Entries come to, by partition and day.
	Totals map[totals.Key]*totals.Tally
	// Transit is what becomes of points that are on their way.
	Transit []Passing
}

// Count adds an entry of a partition to the totals.
func (w *Writes) Count(partition int, e ledger.Entry) {
	key := totals.Key{Program: e.Program, Partition: partition, Day: e.Day}
	if w.Totals == nil {
		w.Totals = map[totals.Key]*totals.Tally{}
	}
	if w.Totals[key] == nil {
		w.Totals[key] = &totals.Tally{}
	}
	w.Totals[key].Add(e)
}

// ReviewWrite makes what is due of a programme's accounts be computed again when From has come.
type ReviewWrite struct {
	Program   string
	Partition int
	From      time.Time
}

// docBytes is what a document has room for before there is more made.
const docBytes = 1024

// Write writes everything; it belongs inside the transaction that moves the partitions. store.ErrConflict: somebody else
// was faster.
func (s *Storage) Write(ctx context.Context, w Writes) error {
	if err := s.insertEntries(ctx, w.Entries); err != nil {
		return err
	}
	if err := s.replaceAccounts(ctx, w.Accounts); err != nil {
		return err
	}
	if err := s.review(ctx, w.Review); err != nil {
		return err
	}
	if err := s.addTotals(ctx, w.Totals); err != nil {
		return err
	}
	if err := s.pass(ctx, w.Transit); err != nil {
		return err
	}
	return s.insertRefusals(ctx, w.Refusals)
}

func (s *Storage) insertEntries(ctx context.Context, entries []EntryWrite) error {
	if len(entries) == 0 {
		return nil
	}
	docs, w := make([]bson.Raw, len(entries)), document.NewWriter(docBytes*len(entries))
	for i, e := range entries {
		doc := entryToDoc(e.Entry)
		if o := e.Original; o != nil {
			doc.Original = &originalDoc{o.Subject, o.Headers, o.Body}
		}
		docs[i] = document.Make(w, &doc, writeEntry)
	}
	if err := s.store.InsertWritten(ctx, entriesName, docs); err != nil {
		return fmt.Errorf("write entries: %w", err)
	}
	return nil
}

func (s *Storage) replaceAccounts(ctx context.Context, accounts []AccountWrite) error {
	if len(accounts) == 0 {
		return nil
	}
	w := document.NewWriter(docBytes * len(accounts))
	var opened []bson.Raw
	var changed []store.Replacement
	from := map[string]ledger.Seq{}
	for _, a := range accounts {
		d := accountToDoc(a.Account, a.Partition, a.Due)
		if a.From == 0 {
			opened = append(opened, document.Make(w, &d, writeAccount))
			continue
		}
		changed = append(changed, store.Replacement{ID: d.ID, Document: document.Make(w, &d, writeAccount)})
		from[d.ID] = a.From
	}
	if err := s.store.InsertWritten(ctx, accountsName, opened); err != nil {
		return fmt.Errorf("open accounts: %w", err)
	}
	if err := s.still(ctx, from); err != nil {
		return err
	}
	matched, err := s.store.Replace(ctx, accountsName, changed)
	if err != nil {
		return fmt.Errorf("write accounts: %w", err)
	}
	if matched != len(changed) {
		return fmt.Errorf("%w: an account is not there", store.ErrConflict)
	}
	return nil
}

// still refuses where accounts have other versions than they were computed from. Read in the transaction that replaces them it is as good as a
// condition of each replacement: one that is written by others since then is a conflict.
func (s *Storage) still(ctx context.Context, from map[string]ledger.Seq) error {
	if len(from) == 0 {
		return nil
	}
	opts := options.Find().SetProjection(bson.M{"version": 1})
	cursor, err := s.store.Collection(accountsName).Find(ctx, bson.M{"_id": bson.M{"$in": slices.Collect(maps.Keys(from))}}, opts)
	if err != nil {
		return fmt.Errorf("read the versions of %d accounts: %w", len(from), err)
	}
	left := len(from)
	err = raws(ctx, cursor, func(doc bson.Raw) error {
		left--
		id, _ := doc.Lookup("_id").StringValueOK()
		if version, ok := doc.Lookup("version").AsInt64OK(); !ok || ledger.Seq(version) != from[id] {
			return fmt.Errorf("%w: account %s has another version", store.ErrConflict, id)
		}
		return nil
	})
	if err == nil && left > 0 {
		err = fmt.Errorf("%w: an account is not there", store.ErrConflict)
	}
	return err
}

// review brings forward what is due: due_at is derived, so no entry tells of it.
func (s *Storage) review(ctx context.Context, reviews []ReviewWrite) error {
	for _, r := range reviews {
		filter := bson.M{"partition": r.Partition, "programme": r.Program}
		update := bson.M{"$min": bson.M{"due_at": r.From}}
		if _, err := s.store.Collection(accountsName).UpdateMany(ctx, filter, update); err != nil {
			return fmt.Errorf("look again at the accounts of %s: %w", r.Program, err)
		}
	}
	return nil
}
