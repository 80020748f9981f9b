// Package folding is what a lane does: it loads what a batch of messages needs, has the domain decide on each in order,
// and writes all of it in the transaction that fences their partitions.
package folding

import (
	"context"
	"errors"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/lane"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/tier/internal/domain/standing"
	"github.com/laurel-loyalty/laurel/services/tier/internal/storage"
)

// Folder implements follow.Handler for standings. Safe for many lanes.
type Folder struct {
	Storage *storage.Storage
	// Folded is called after each commit.
	Folded func(Outcome)
}

// Outcome is what one commit did.
type Outcome struct {
	Lines      int
	Notices    int
	Duplicates int
	Refusals   map[string]int // by reason
}

// Sweep brings one account up to its partition's clock.
type Sweep struct{ Account storage.Ref }

// batch is everything that one transaction reads and will write. What it reads is laid over by what it has decided.
type batch struct {
	folder   *Folder
	parts    *follow.Parts
	accounts map[storage.Ref]*holding
	books    map[storage.Ref]standing.Books
	refused  map[string]bool // identities known, here or in the store
	changes  storage.Writes
	order    []storage.Ref // accounts in the order in which they were first changed
	outcome  Outcome
}

// holding is an account as the batch has it.
type holding struct {
	account   standing.Account
	from      int64 // version in the store
	partition int
	touched   bool
}

// Load implements follow.Handler: it reads the accounts and orders of the items, and which were refused before.
func (f *Folder) Load(ctx context.Context, items []lane.Item, parts *follow.Parts) (follow.Batch, error) {
	b := &batch{
		folder: f, parts: parts, accounts: map[storage.Ref]*holding{}, books: map[storage.Ref]standing.Books{},
		outcome: Outcome{Refusals: map[string]int{}},
	}
	need := needs{orders: map[storage.OrderRef]bool{}}
	for _, item := range items {
		need.add(b, item)
	}
	stored, err := f.Storage.Standings(ctx, need.accounts)
	if err != nil {
		return nil, stopIfBroken(err)
	}
	for _, ref := range need.accounts {
		b.hold(ref, stored)
	}
	refs := make([]storage.OrderRef, 0, len(need.orders))
	for ref := range need.orders {
		refs = append(refs, ref)
	}
	books, err := f.Storage.Books(ctx, refs)
	if err != nil {
		return nil, stopIfBroken(err)
	}
	for _, ref := range refs {
		b.keepBook(ref, books[ref])
	}
	b.refused, err = f.Storage.Refused(ctx, need.identities)
	return b, err
}

// needs collects what a batch must read.
type needs struct {
	accounts   []storage.Ref
	orders     map[storage.OrderRef]bool
	identities []string
}

func (n *needs) add(b *batch, item lane.Item) {
	switch m := item.Payload.(type) {
	case Sweep:
		n.accounts = append(n.accounts, m.Account)
	case follow.Message:
		if b.parts.Passed(m) {
			return
		}
		if b.parts.Get(item.Partition).Refused > 0 && m.Refusable() {
			n.identities = append(n.identities, m.Identity)
			if r := refusedBy(m); r != nil {
				n.identities = append(n.identities, r.GetIdentity())
			}
		}
		if m.Order != nil || m.Grant != nil || enrolled(m) != nil || refusedBy(m) != nil {
			n.accounts = append(n.accounts, account(m))
		}
		if m.Order != nil {
			n.orders[order(m)] = true
		}
	}
}

func (b *batch) hold(ref storage.Ref, stored map[storage.Ref]standing.Account) {
	if _, ok := b.accounts[ref]; ok {
		return
	}
	a, ok := stored[ref]
	if !ok {
		a = standing.New(ref.Program, ref.Account)
	}
	b.accounts[ref] = &holding{account: a, from: a.Version}
}

func (b *batch) keepBook(ref storage.OrderRef, book standing.Book) {
	books := b.books[ref.Account]
	if books == nil {
		books = standing.Books{}
		b.books[ref.Account] = books
	}
	books[ref.Ref] = book
}

// Finish implements follow.Batch: changed accounts, with what falls due of them.
func (b *batch) Finish(func(int) time.Time) func(ctx context.Context) error {
	w := b.changes
	for _, ref := range b.order {
		h := b.accounts[ref]
		if h.account.Version == 0 {
			continue
		}
		due, _ := standing.NextDue(h.account, b.parts.Schedule(h.partition, ref.Program))
		w.Standings = append(w.Standings, storage.StandingWrite{Account: h.account, From: h.from, Partition: h.partition, Due: due})
	}
	return func(ctx context.Context) error { return b.folder.Storage.Write(ctx, w) }
}

// Committed implements follow.Batch.
func (b *batch) Committed(follow.Outcome) { b.folder.Folded(b.outcome) }

// stopIfBroken ends the lane on a broken invariant; trouble and conflicts go through.
func stopIfBroken(err error) error {
	if errors.Is(err, standing.ErrBroken) && !errors.Is(err, store.ErrConflict) {
		return &lane.Stop{Err: err}
	}
	return err
}
