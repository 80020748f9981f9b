package storage

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
)

// scanBatch is how many documents one answer of mongod holds while much is read.
const scanBatch = 2000

// scanEntries reads entries in the order of accounts and of seq, and tells the key of the account on which each stands. What
// cannot be read is told with its place and an error.
func (s *Storage) scanEntries(ctx context.Context, filter bson.M, f func(account string, e ledger.Entry, err error) error) error {
	cursor, err := s.store.Collection(entriesName).Find(ctx, filter, options.Find().
		SetSort(bson.D{{Key: "account", Value: 1}, {Key: "seq", Value: 1}}).SetHint("account_seq").SetBatchSize(scanBatch))
	if err != nil {
		return fmt.Errorf("read the ledger: %w", err)
	}
	d := newDecoder()
	err = raws(ctx, cursor, func(raw bson.Raw) error { return f(d.ledgerEntry(raw)) })
	if err != nil {
		return fmt.Errorf("read the ledger: %w", err)
	}
	return nil
}

// entriesOf shows the entries of a cursor and closes it.
func entriesOf(ctx context.Context, cursor *mongo.Cursor, f func(ledger.Entry)) error {
	d := newDecoder()
	return raws(ctx, cursor, func(raw bson.Raw) error {
		_, e, err := d.ledgerEntry(raw)
		if err == nil {
			f(e)
		}
		return err
	})
}

// ledgerEntry reads an entry, and on which account it stands. What cannot be read still has a place: the caller names it and
// goes on.
func (d *decoder) ledgerEntry(raw bson.Raw) (string, ledger.Entry, error) {
	doc, err := d.entry(raw)
	if err != nil {
		id, _ := raw.Lookup("_id").StringValueOK()
		account, _ := raw.Lookup("account").StringValueOK()
		return account, ledger.Entry{}, fmt.Errorf("read entry %s: %w", id, err)
	}
	e, err := entryFromDoc(*doc)
	return doc.Account, e, err
}

// scanAccounts reads accounts in the order of their keys. What cannot be read is told with its key and an error.
func (s *Storage) scanAccounts(ctx context.Context, filter bson.M, f func(Stored, error) error) error {
	cursor, err := s.store.Collection(accountsName).Find(ctx, filter, options.Find().
		SetSort(bson.D{{Key: "_id", Value: 1}}).SetHint("_id_").SetBatchSize(scanBatch))
	if err != nil {
		return fmt.Errorf("read the accounts: %w", err)
	}
	d := newDecoder()
	err = raws(ctx, cursor, func(raw bson.Raw) error { return f(d.storedAccount(raw)) })
	if err != nil {
		return fmt.Errorf("read the accounts: %w", err)
	}
	return nil
}

func (d *decoder) storedAccount(raw bson.Raw) (Stored, error) {
	id, _ := raw.Lookup("_id").StringValueOK()
	doc, err := d.account(raw)
	if err != nil {
		err = fmt.Errorf("read account %s: %w", id, err)
	}
	if is := accountKey(doc.Program, ledger.AccountID(doc.Account)); err == nil && is != id {
		err = fmt.Errorf("read account %s: it says that it is %s", id, is)
	}
	var stored Stored
	if err == nil {
		stored, err = storedFromDoc(doc)
	}
	if err != nil {
		program, account, _ := cutKey(id)
		stored.Program, stored.ID = program, ledger.AccountID(account)
	}
	return stored, err
}

// raws shows every document of a cursor and closes it. A document is there until the next one is.
func raws(ctx context.Context, cursor *mongo.Cursor, f func(bson.Raw) error) error {
	defer cursor.Close(context.WithoutCancel(ctx)) //nolint:errcheck // the server drops it by itself
	for cursor.Next(ctx) {
		if err := f(cursor.Current); err != nil {
			return err
		}
	}
	return cursor.Err()
}
