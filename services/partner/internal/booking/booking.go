// Package booking keeps partner's own books of who gave points and where they were spent: it takes the facts that the
// ledger tells of each account, in their order and each once, and adds up what moved, period by period.
package booking

import (
	"context"
	"log/slog"
	"math/big"
	"time"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/lane"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
	"github.com/laurel-loyalty/laurel/services/partner/internal/storage"
)

// Keeper implements follow.Handler. Safe for many lanes.
type Keeper struct {
	Storage *storage.Storage
	Log     *slog.Logger
	// Booked is called after each commit.
	Booked func(Outcome)
}

// Outcome is what one commit did to the books.
type Outcome struct {
	Entries int // read
	Repeats int // facts that were known already
	Late    int // entries that took effect in a period that was closed when they came
}

// batch is everything that one transaction reads and will write.
type batch struct {
	keeper   *Keeper
	parts    *follow.Parts
	accounts map[storage.Account]*account
	closed   map[string][]clearing.Closed // by programme: periods and marks
	captures map[storage.Capture]int      // revisions of captures that may be refunded: read, and of this batch
	writes   storage.BookWrites
	outcome  Outcome
}

// account is how far an account is read: in the store, and by this batch.
type account struct{ from, seq int64 }

// Load implements follow.Handler: it reads how far the accounts of the facts are read, what is refunded, and what is closed.
// That nothing more is closed before the commit is sure, for whoever closes moves the partitions.
func (k *Keeper) Load(ctx context.Context, items []lane.Item, parts *follow.Parts) (follow.Batch, error) {
	b := &batch{
		keeper: k, parts: parts, accounts: map[storage.Account]*account{}, closed: map[string][]clearing.Closed{},
		captures: map[storage.Capture]int{}, writes: storage.BookWrites{Books: map[storage.Book]storage.Sums{}, Captures: map[storage.Capture]int{}},
	}
	var accounts []storage.Account
	var captures []storage.Capture
	earliest := map[string]clearing.Period{}
	for _, item := range items {
		m, ok := item.Payload.(follow.Message)
		if !ok || parts.Passed(m) {
			continue
		}
		posted, ok := m.Fact.(*accrualv1.EntryPosted)
		if !ok {
			continue
		}
		id := storage.Account{Program: m.Program, ID: m.Account}
		if b.accounts[id] == nil {
			b.accounts[id] = &account{}
			accounts = append(accounts, id)
		}
		if refund := posted.GetEntry().GetRefund(); refund != nil {
			captures = append(captures, storage.Capture{Account: id, Seq: refund.GetCaptureSeq()})
		}
		if day, err := calendar.Parse(posted.GetEffectiveDay()); err == nil {
			period := clearing.PeriodOf(day)
			if first, ok := earliest[m.Program]; !ok || period.Compare(first) < 0 {
				earliest[m.Program] = period
			}
		}
	}
	return b, b.read(ctx, accounts, captures, earliest)
}

// read reads what the batch needs. Only what is closed from the earliest period on matters.
func (b *batch) read(ctx context.Context, accounts []storage.Account, captures []storage.Capture, earliest map[string]clearing.Period) error {
	seqs, err := b.keeper.Storage.Seqs(ctx, accounts)
	if err != nil {
		return err
	}
	for id, seq := range seqs {
		*b.accounts[id] = account{seq, seq}
	}
	if b.captures, err = b.keeper.Storage.Captures(ctx, captures); err != nil {
		return err
	}
	for program, from := range earliest {
		if b.closed[program], err = b.keeper.Storage.Marks(ctx, program, from); err != nil {
			return err
		}
	}
	return nil
}

// Message implements follow.Batch. Facts of other services, and refusals, are nothing to the books: what was refused is in
// no entry.
func (b *batch) Message(ctx context.Context, m follow.Message) error {
	if m.Refusal != nil {
		return b.unreadable(ctx, m)
	}
	posted, ok := m.Fact.(*accrualv1.EntryPosted)
	if !ok {
		return nil
	}
	return b.entry(m, posted)
}

// Work implements follow.Batch: this service submits none.
func (b *batch) Work(context.Context, int, any) error { return nil }

// Finish implements follow.Batch.
func (b *batch) Finish(func(int) time.Time) func(ctx context.Context) error {
	for id, a := range b.accounts {
		if a.seq > a.from { // nothing is written of an account whose facts were all known
			b.writes.Accounts = append(b.writes.Accounts, storage.AccountWrite{Account: id, From: a.from, To: a.seq})
		}
	}
	return func(ctx context.Context) error { return b.keeper.Storage.WriteBooks(ctx, b.writes) }
}

// Committed implements follow.Batch.
func (b *batch) Committed(follow.Outcome) { b.keeper.Booked(b.outcome) }

// sums are those of a book in this batch.
func (b *batch) sums(book storage.Book) storage.Sums {
	sums, ok := b.writes.Books[book]
	if !ok {
		sums = storage.Sums{Entries: map[clearing.Period]int64{}, Points: map[clearing.Row]*big.Int{}}
		b.writes.Books[book] = sums
	}
	return sums
}
