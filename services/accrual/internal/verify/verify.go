// Package verify reads the ledger and checks that it holds: each account is rebuilt from its entries and compared with what
// is stored. It names what is altered and changes nothing. It reads everything, or what came since a checkpoint: then each
// account begins as it was verified, and not from nothing (docs/decisions/0050). What it keeps in memory does not grow with
// the ledger.
package verify

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Options say what is read, and who listens.
type Options struct {
	Progress func(entries, accounts int64)
	// Observe, where set, is given every entry that is read, each account's in the order of seq, one at a time.
	Observe func(ledger.Entry)
	// InOrder has entries observed in the order of accounts, which takes longer.
	InOrder bool
	// Places tells where accounts belong and when something falls due on them, by what is known of the programmes now. Nil:
	// neither is compared.
	Places func(context.Context) (storage.Place, error)
	// Also are further checks, made once all entries were observed. Nil: none.
	Also func(context.Context) ([]Check, error)
	// Since has only those entries read that came after the programme's checkpoint.
	Since bool
	// Keep sets a checkpoint, if everything holds, of At.
	Keep bool
	At   time.Time
}

const (
	// spanEntries is how many entries a reader takes at once; all of an account's are of one span.
	spanEntries = 5000
	// progressEvery is after how many entries or accounts progress is told.
	progressEvery = 5000
	// readersMax is how many spans are read at once.
	readersMax = 4
)

// Run verifies a programme, or all of them when program is empty; a checkpoint is always one programme's. NO_CHECKPOINT for
// Options.Since where there is none.
func Run(ctx context.Context, s *storage.Storage, program string, o Options) (Report, error) {
	v := &verifier{storage: s, program: program, options: o, transit: newTransit(s, program)}
	before, err := v.begin(ctx)
	if err != nil {
		return Report{}, err
	}
	if err := v.read(ctx); err != nil {
		return Report{}, v.dropped(ctx, err)
	}
	if err := v.resumes(ctx); err != nil {
		return Report{}, v.dropped(ctx, err)
	}
	if err := v.transit.end(ctx); err != nil {
		return Report{}, v.dropped(ctx, err)
	}
	after, err := readDays(ctx, s, program)
	if err != nil {
		return Report{}, v.dropped(ctx, err)
	}
	report := v.report(before, after)
	if o.Also != nil {
		checks, err := o.Also(ctx)
		if err != nil {
			return Report{}, v.dropped(ctx, err)
		}
		report.Checks = append(report.Checks, checks...)
	}
	return report, v.keep(ctx, &report)
}

// verifier is one verification.
type verifier struct {
	storage *storage.Storage
	program string
	options Options
	place   storage.Place
	since   *storage.Checkpoint // nil: from nothing
	base    days                // what the entries of each day came to at the checkpoint
	transit *transit
	readers []*reader

	mu       sync.Mutex // guards what follows, and the calls of Observe and Progress
	keeper   *storage.Keeper
	entries  int64
	accounts int64
	told     int64
}

// begin reads what must be known before the first entry is.
func (v *verifier) begin(ctx context.Context) (days, error) {
	v.base = days{}
	if v.options.Since {
		c, err := v.storage.Checkpoint(ctx, v.program)
		if err != nil {
			return nil, err
		}
		v.since = &c
		if err := v.base.readVerified(ctx, v.storage, c); err != nil {
			return nil, err
		}
	}
	before, err := readDays(ctx, v.storage, v.program)
	if err != nil {
		return nil, err
	}
	if v.options.Places != nil {
		if v.place, err = v.options.Places(ctx); err != nil {
			return nil, err
		}
	}
	if v.options.Keep {
		if v.keeper, err = v.storage.Keep(ctx, v.program); err != nil {
			return nil, err
		}
		v.transit.open = v.keepOpen
	}
	if v.since != nil {
		err = v.storage.VerifiedTransit(ctx, *v.since, func(key string) error { return v.transit.resume(ctx, key) })
	}
	return before, err
}

// read cuts the ledger into spans and has readers read them.
func (v *verifier) read(ctx context.Context) error {
	readers := min(runtime.GOMAXPROCS(0), readersMax)
	if v.options.InOrder {
		readers = 1
	}
	out, ctx := errgroup.WithContext(ctx)
	spans := make(chan storage.Span)
	out.Go(func() error {
		defer close(spans)
		rest := storage.Span{Program: v.program}
		for {
			span, err := v.storage.Cut(ctx, rest, spanEntries)
			if err != nil {
				return err
			}
			select {
			case spans <- span:
			case <-ctx.Done():
				return ctx.Err()
			}
			if span.To == rest.To {
				return nil
			}
			rest.After = span.To
		}
	})
	for range readers {
		r := newReader(v)
		v.readers = append(v.readers, r)
		out.Go(func() error {
			for span := range spans {
				if err := r.span(ctx, span); err != nil {
					return err
				}
			}
			return r.orders.settle(ctx)
		})
	}
	return out.Wait()
}

// resumes refuses, with NO_CHECKPOINT, to go on from a checkpoint that another verification has replaced while this one read it: what
// was read without it says nothing.
func (v *verifier) resumes(ctx context.Context) error {
	if v.since == nil {
		return nil
	}
	resumed := int64(0)
	for _, r := range v.readers {
		resumed += r.resumed
	}
	if resumed == v.since.Accounts {
		return nil
	}
	now, err := v.storage.Checkpoint(ctx, v.program)
	if err == nil && now.Generation != v.since.Generation {
		err = reason.New(reason.NoCheckpoint, "since_checkpoint", "another verification has set a checkpoint meanwhile, and the one before is gone; run this one again")
	}
	return err
}

// observe tells of an entry.
func (v *verifier) observe(e ledger.Entry) {
	if v.options.Observe == nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.options.Observe(e)
}

// progress counts what a reader has read.
func (v *verifier) progress(entries, accounts int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.entries, v.accounts = v.entries+entries, v.accounts+accounts
	if now := v.entries + v.accounts; v.options.Progress != nil && now-v.told >= progressEvery {
		v.told = now
		v.options.Progress(v.entries, v.accounts)
	}
}

func (v *verifier) report(before, after days) Report {
	all := newReader(v)
	for _, r := range v.readers {
		all.join(r)
	}
	for day, t := range v.base {
		all.days.of(day).AddTally(*t)
	}
	v.base = all.days // what a checkpoint keeps
	var unbalanced breaches
	for unit, sum := range all.sums {
		if sum != 0 {
			unbalanced.add("all postings in %s sum to %d", unit, sum)
		}
	}
	r := Report{Entries: v.entries, Accounts: v.accounts, Since: v.since, Checks: []Check{
		all.chain.check("entries", "%d entries: seq dense, hash chain holds, postings balance, no lot or balance below zero", v.entries),
		all.documents.check("accounts", "%d accounts: each equals the sum of its entries, to the lot", v.accounts),
		all.orders.check(),
		unbalanced.check("postings", "all postings of all accounts sum to zero in %d units", int64(len(all.sums))),
		all.days.compare(before, after).check("totals", "the totals of %d days, by movement, issuer and redeemer, are those of their entries", int64(len(all.days))),
		v.transit.check("transfers", "%d transfers: each has arrived once, is back, or is on its way", v.transit.count),
	}}
	if c := v.since; c != nil {
		lost := breaches{}
		if all.resumed != c.Accounts {
			lost.add("the checkpoint had %d accounts, %d of them are left of it; verify all of the ledger, and set another", c.Accounts, all.resumed)
		}
		r.Checks = append(r.Checks, lost.check("checkpoint", "%d accounts begin as they were verified", c.Accounts))
		r.Notes = append(r.Notes, fmt.Sprintf("%d entries up to the checkpoint of %s were not read again: that one of them was altered since would not be seen",
			c.Entries, c.At.Format(time.RFC3339)))
	}
	return r
}
