package verify

import (
	"context"
	"errors"
	"fmt"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// fold reads what follows on a seq of accounts, and compares each of them with its document.
func (r *reader) fold(ctx context.Context, after ledger.Seq, accounts []*account) error {
	keys, asked := make([]string, len(accounts)), make(map[string]*account, len(accounts))
	for i, a := range accounts {
		keys[i], asked[a.key] = a.key, a
	}
	a, entries := &account{}, int64(0)
	err := r.storage.EntriesBehind(ctx, keys, after, func(key string, e ledger.Entry, broken error) error {
		if a.key != key {
			if a = asked[key]; a == nil {
				return fmt.Errorf("mongod returned an entry of %q, which was not asked for", key)
			}
			r.orders.begin()
		}
		if entries++; entries == progressEvery {
			r.progress(entries, 0)
			entries = 0
		}
		return r.entry(ctx, a, e, broken)
	})
	if err != nil {
		return err
	}
	for _, a := range accounts {
		if err := r.compare(ctx, a); err != nil {
			return err
		}
	}
	r.progress(entries, 0)
	return nil
}

// entry folds an account's next entry.
func (r *reader) entry(ctx context.Context, a *account, e ledger.Entry, broken error) error {
	if broken != nil {
		r.spoil(a, "%s", broken)
		return nil
	}
	r.observe(e)
	r.days.see(e)
	for _, p := range e.Postings {
		r.sums[p.Unit] += p.Points
	}
	if err := errors.Join(r.orders.see(ctx, e), r.transit.see(ctx, e)); err != nil || a.spoilt {
		return err
	}
	next, err := a.Apply(e)
	if err != nil {
		r.spoil(a, "%s (key %s)", err, e.Key)
		return nil
	}
	a.Account = next
	return nil
}

func (r *reader) spoil(a *account, format string, args ...any) {
	if !a.spoilt {
		r.chain.add(format, args...)
	}
	a.spoilt = true
}

// compare holds an account, as its entries give it, against its document.
func (r *reader) compare(ctx context.Context, a *account) error {
	r.progress(0, 1)
	if a.unreadable != nil {
		r.documents.add("%s", a.unreadable)
		return nil //nolint:nilerr // a finding, and no trouble
	}
	if a.document == nil || !a.spoilt && a.document.Version != a.Version {
		if err := r.readAgain(ctx, a); err != nil {
			return err
		}
	}
	if a.document == nil || a.spoilt {
		return nil
	}
	for _, d := range ledger.Differences(a.Account, a.document.Account) {
		r.documents.add("account %s: %s", a.key, d)
	}
	if err := r.places(ctx, a); err != nil {
		return err
	}
	return r.keepAccount(ctx, a.Account)
}

// readAgain settles a difference of versions: while the house works, an account and its entries are read at different
// times. Both are read once more, the document first, so that its entries are all there.
func (r *reader) readAgain(ctx context.Context, a *account) error {
	ref := storage.AccountRef{Program: a.Program, ID: a.ID}
	document, err := r.storage.Stored(ctx, ref)
	if errors.Is(err, reason.AccountNotFound) {
		r.documents.add("account %s has %d entries and no document", a.key, a.last)
		return nil
	}
	if err != nil {
		return err
	}
	a.document = &document
	if a.spoilt {
		return nil
	}
	r.orders.begin()
	entries := int64(0)
	err = r.storage.EntriesBehind(ctx, []string{a.key}, a.Version, func(_ string, e ledger.Entry, broken error) error {
		if broken == nil && e.Seq > document.Version {
			return nil // newer still
		}
		entries++
		return r.entry(ctx, a, e, broken)
	})
	r.progress(entries, 0)
	return err
}
