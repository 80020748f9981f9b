// Package copying keeps analytics' own copy of the orders: it takes the facts that the ledger tells of each account, in
// their order and each once, and puts every order as the last fact about it leaves it.
package copying

import (
	"context"
	"log/slog"
	"time"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/lane"
)

// Copier implements follow.Handler. Safe for many lanes.
type Copier struct {
	Storage *storage.Storage
	Log     *slog.Logger
	// Copied is called after each commit.
	Copied func(Outcome)
}

// Outcome is what one commit did to the copy.
type Outcome struct {
	Entries int // copied
	Repeats int // facts that were known already
}

// batch is everything that one transaction reads and will write.
type batch struct {
	copier      *Copier
	parts       *follow.Parts
	accounts    map[storage.Account]*account
	orders      map[storage.Order]storage.OrderWrite
	actions     map[storage.Action]storage.ActionWrite
	deeds       []storage.DeedWrite
	entries     []storage.EntryWrite
	positions   map[storage.Position]storage.PositionWrite
	memberships memberships
	outcome     Outcome
}

// account is how far an account is copied: in the store, and by this batch.
type account struct {
	from, seq int64
	tiers     []history.TierFrom
	moved     bool // tiers are others than in the store
	movedBy   storage.Change
	partition int
	// points by rising day: the last that is in the store, if there is one, then those of this batch.
	points []history.PointsAt
	known  int  // of points, are in the store
	again  bool // the one in the store is another than there
}

// Load implements follow.Handler: it reads how far the accounts of the facts are copied.
func (c *Copier) Load(ctx context.Context, items []lane.Item, parts *follow.Parts) (follow.Batch, error) {
	b := &batch{
		copier: c, parts: parts, accounts: map[storage.Account]*account{}, orders: map[storage.Order]storage.OrderWrite{},
		actions: map[storage.Action]storage.ActionWrite{}, positions: map[storage.Position]storage.PositionWrite{},
	}
	var need []storage.Account
	for _, item := range items {
		m, ok := item.Payload.(follow.Message)
		if !ok || parts.Passed(m) {
			continue
		}
		if _, posted := m.Fact.(*accrualv1.EntryPosted); !posted {
			continue
		}
		id := storage.Account{Program: m.Program, ID: m.Account}
		if b.accounts[id] == nil {
			b.accounts[id] = &account{}
			need = append(need, id)
		}
	}
	known, err := c.Storage.Accounts(ctx, need)
	if err != nil {
		return nil, err
	}
	if b.memberships, err = c.memberships(ctx, items); err != nil {
		return nil, err
	}
	for id, read := range known {
		*b.accounts[id] = account{from: read.Seq, seq: read.Seq, tiers: read.Tiers, points: read.Points, known: len(read.Points)}
	}
	return b, nil
}

// Message implements follow.Batch. Facts of other services, and refusals, are nothing to the copy: what was refused is in
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

// Work implements follow.Batch: it tells who enters and leaves a published segment.
func (b *batch) Work(_ context.Context, partition int, payload any) error {
	return b.tell(partition, payload.(Telling))
}

// Finish implements follow.Batch.
func (b *batch) Finish(func(int) time.Time) func(ctx context.Context) error {
	w := b.writes()
	return func(ctx context.Context) error { return b.copier.Storage.Write(ctx, w) }
}

// Committed implements follow.Batch.
func (b *batch) Committed(follow.Outcome) { b.copier.Copied(b.outcome) }
