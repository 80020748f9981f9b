// Package verify reads the whole ledger and checks that it holds: each account is rebuilt from its entries and compared
// with what is stored. It names what is altered and changes nothing.
package verify

import (
	"context"
	"fmt"
	"strings"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Check is one invariant over the whole ledger.
type Check struct {
	Name   string
	OK     bool
	Detail string // what was counted, or the first breaches
}

// Report is what a verification found.
type Report struct {
	Entries  int64
	Accounts int64
	Checks   []Check
}

// OK tells whether every check holds.
func (r Report) OK() bool {
	for _, c := range r.Checks {
		if !c.OK {
			return false
		}
	}
	return true
}

// Options say who listens.
type Options struct {
	Progress func(entries, accounts int64)
	// Observe, where set, is given every entry, in the order of accounts and seq.
	Observe func(ledger.Entry)
	// Places tells where accounts belong and when something falls due on them, by what is known of the programmes now. Nil:
	// neither is compared.
	Places func(context.Context) (storage.Place, error)
}

const (
	// breachesMax is how many breaches of one check are named.
	breachesMax = 10
	// progressEvery is after how many entries progress is told.
	progressEvery = 5000
)

// Run verifies a programme, or all of them when program is empty.
func Run(ctx context.Context, s *storage.Storage, program string, o Options) (Report, error) {
	v := &verifier{storage: s, options: o, sums: map[string]money.Points{}, orders: newOrders(), days: days{}, transit: newTransit()}
	before, err := readDays(ctx, s, program)
	if err != nil {
		return Report{}, err
	}
	if o.Places != nil {
		if v.place, err = o.Places(ctx); err != nil {
			return Report{}, err
		}
	}
	accounts := newStream(ctx, s, program)
	defer accounts.stop()
	v.accounts = accounts
	err = s.ScanEntries(ctx, program, func(e ledger.Entry, broken error) error { return v.entry(ctx, e, broken) })
	if err != nil {
		return Report{}, err
	}
	if err := v.finish(ctx); err != nil {
		return Report{}, err
	}
	if err := v.transit.settle(ctx, s, program); err != nil {
		return Report{}, err
	}
	after, err := readDays(ctx, s, program)
	if err != nil {
		return Report{}, err
	}
	return v.report(before, after), nil
}

// verifier holds the account that is being rebuilt and what was found so far.
type verifier struct {
	storage  *storage.Storage
	options  Options
	accounts *stream
	place    storage.Place

	current   ledger.Account
	reading   bool
	spoilt    bool // the current account broke: its further entries say nothing
	entries   int64
	rebuilt   int64
	chain     breaches
	documents breaches
	sums      map[string]money.Points // postings by unit, over everything
	orders    *orderNumbers
	days      days
	transit   *transit
}

// entry folds the next entry.
func (v *verifier) entry(ctx context.Context, e ledger.Entry, broken error) error {
	v.entries++
	if v.options.Progress != nil && v.entries%progressEvery == 0 {
		v.options.Progress(v.entries, v.rebuilt)
	}
	if !v.reading || v.current.ID != e.Account || e.Program != "" && v.current.Program != e.Program {
		if err := v.close(ctx); err != nil {
			return err
		}
		v.current, v.reading, v.spoilt = ledger.NewAccount(e.Program, e.Account), true, false
	}
	if broken != nil {
		v.spoil("%s", broken)
		return nil
	}
	if v.options.Observe != nil {
		v.options.Observe(e)
	}
	v.orders.see(e)
	v.days.see(e)
	v.transit.see(e)
	for _, p := range e.Postings {
		v.sums[p.Unit] += p.Points
	}
	if v.spoilt {
		return nil
	}
	next, err := v.current.Apply(e)
	if err != nil {
		v.spoil("%s (key %s)", err, e.Key)
		return nil
	}
	v.current = next
	return nil
}

func (v *verifier) spoil(format string, args ...any) {
	if !v.spoilt {
		v.chain.add(format, args...)
	}
	v.spoilt = true
}

// close compares the rebuilt account with the stored one.
func (v *verifier) close(ctx context.Context) error {
	if !v.reading {
		return nil
	}
	v.reading = false
	v.rebuilt++
	for {
		stored, err, ok := v.accounts.peek()
		if err != nil && !ok {
			return err
		}
		if !ok || key(stored.Account) > key(v.current) {
			v.documents.add("account %s has %d entries and no document", key(v.current), v.current.Version)
			return nil
		}
		v.accounts.next()
		if err != nil {
			v.documents.add("%s", err)
			if key(stored.Account) == key(v.current) {
				return nil
			}
			continue
		}
		if key(stored.Account) < key(v.current) {
			v.documents.add("account %s has a document and no entries", key(stored.Account))
			continue
		}
		if !v.spoilt && stored.Version != v.current.Version {
			if err := v.readAgain(ctx, &stored); err != nil {
				return err
			}
		}
		if v.spoilt {
			return nil
		}
		for _, d := range ledger.Differences(v.current, stored.Account) {
			v.documents.add("account %s: %s", key(stored.Account), d)
		}
		return v.places(ctx, stored)
	}
}

// readAgain settles a difference of versions: while the house works, an account and its entries are read at different
// times. Both are read once more, the document first, so that its entries are all there.
func (v *verifier) readAgain(ctx context.Context, stored *storage.Stored) error {
	ref := storage.AccountRef{Program: stored.Program, ID: stored.ID}
	document, err := v.storage.Stored(ctx, ref)
	if err != nil {
		return err
	}
	entries, err := v.storage.Entries(ctx, ref, v.current.Version, 0)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Seq > document.Version {
			break
		}
		next, err := v.current.Apply(e)
		if err != nil {
			v.spoil("%s (key %s)", err, e.Key)
			return nil
		}
		v.current = next
	}
	*stored = document
	return nil
}

// finish closes the last account and what is left of the stored ones.
func (v *verifier) finish(ctx context.Context) error {
	if err := v.close(ctx); err != nil {
		return err
	}
	for {
		stored, err, ok := v.accounts.peek()
		if !ok {
			return err
		}
		v.accounts.next()
		if err != nil {
			v.documents.add("%s", err)
			continue
		}
		v.documents.add("account %s has a document and no entries", key(stored.Account))
	}
}

func (v *verifier) report(before, after days) Report {
	var unbalanced breaches
	for unit, sum := range v.sums {
		if sum != 0 {
			unbalanced.add("all postings in %s sum to %d", unit, sum)
		}
	}
	return Report{Entries: v.entries, Accounts: v.rebuilt, Checks: []Check{
		v.chain.check("entries", "%d entries: seq dense, hash chain holds, postings balance, no lot or balance below zero", v.entries),
		v.documents.check("accounts", "%d accounts: each equals the sum of its entries, to the lot", v.rebuilt),
		v.orders.check(),
		unbalanced.check("postings", "all postings of all accounts sum to zero in %d units", int64(len(v.sums))),
		v.days.compare(before, after).check("totals", "the totals of %d days, by movement, issuer and redeemer, are those of their entries", int64(len(v.days))),
		v.transit.check("transfers", "%d transfers: each has arrived once, is back, or is on its way", v.transit.count),
	}}
}

// key orders accounts as the store does: by the bytes of <programme>/<account>.
func key(a ledger.Account) string { return a.Program + "/" + string(a.ID) }

// breaches collects what does not hold.
type breaches struct {
	first []string
	count int
}

func (b *breaches) add(format string, args ...any) {
	b.count++
	if len(b.first) < breachesMax {
		b.first = append(b.first, fmt.Sprintf(format, args...))
	}
}

func (b *breaches) check(name, fine string, n int64) Check {
	if b.count == 0 {
		return Check{name, true, fmt.Sprintf(fine, n)}
	}
	return Check{name, false, fmt.Sprintf("%d breaches: %s", b.count, strings.Join(b.first, "; "))}
}
