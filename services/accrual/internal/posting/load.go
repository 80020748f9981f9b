package posting

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/lane"
)

// batch is everything that one transaction reads and will write. What it reads is laid over by what it has decided.
type batch struct {
	poster   *Poster
	parts    *follow.Parts
	accounts map[storage.AccountRef]*holding
	books    map[string]ledger.Books         // by programme
	taken    map[storage.KeyRef]ledger.Taken // entries of actions and enrolments
	commands map[storage.KeyRef]ledger.Entry // entries of commands, and those that commands name
	transit  map[string]storage.Passage      // what is still on its way of what is to arrive, by id
	refused  map[string]bool                 // refusal ids known, here or in the store
	changes  storage.Writes
	order    []storage.AccountRef // accounts in the order in which they were first changed
	outcome  Outcome
}

// holding is an account as the batch has it.
type holding struct {
	account   ledger.Account
	from      ledger.Seq // version in the store
	partition int
	touched   bool
}

// Load implements follow.Handler: it reads the accounts of the items, which of their orders are known, and which were
// refused before.
func (p *Poster) Load(ctx context.Context, items []lane.Item, parts *follow.Parts) (follow.Batch, error) {
	b := &batch{
		poster: p, parts: parts, accounts: map[storage.AccountRef]*holding{}, books: map[string]ledger.Books{},
		refused: map[string]bool{}, outcome: Outcome{Refusals: map[string]int{}},
	}
	need := needs{orders: map[storage.OrderRef]bool{}}
	for _, item := range items {
		need.add(b, item)
	}
	var (
		stored map[storage.AccountRef]ledger.Account
		known  []storage.OrderRef
		group  errgroup.Group // none of it waits for another: each is a way to mongod and back
	)
	read(&group, &stored, func() (map[storage.AccountRef]ledger.Account, error) { return p.Storage.Accounts(ctx, need.accounts) })
	read(&group, &known, func() ([]storage.OrderRef, error) { return p.Storage.Known(ctx, keys(need.orders)) })
	read(&group, &b.taken, func() (map[storage.KeyRef]ledger.Taken, error) { return p.Storage.Taken(ctx, need.keys) })
	read(&group, &b.commands, func() (map[storage.KeyRef]ledger.Entry, error) { return p.Storage.EntriesByKey(ctx, need.commands) })
	read(&group, &b.transit, func() (map[string]storage.Passage, error) { return p.Storage.Passages(ctx, need.transit) })
	read(&group, &b.refused, func() (map[string]bool, error) { return p.Storage.Refused(ctx, need.identities) })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for _, ref := range need.accounts {
		b.hold(ref, stored)
	}
	for ref := range need.orders {
		b.keepBook(ref, ledger.Book{})
	}
	entries, err := p.Storage.Orders(ctx, known)
	if err != nil {
		return nil, err
	}
	for _, ref := range known {
		if err := b.fold(ref, entries[ref]); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// read has a group read something.
func read[T any](group *errgroup.Group, into *T, what func() (T, error)) {
	group.Go(func() error {
		var err error
		*into, err = what()
		return err
	})
}

// needs collects what a batch must read.
type needs struct {
	accounts   []storage.AccountRef
	orders     map[storage.OrderRef]bool
	keys       []storage.KeyRef
	commands   []storage.KeyRef
	transit    []string
	identities []string
}

func (n *needs) add(b *batch, item lane.Item) {
	switch m := item.Payload.(type) {
	case Sweep:
		n.accounts = append(n.accounts, m.Account)
	case Arrival:
		n.accounts = append(n.accounts, m.Passage.Ref())
		n.commands = append(n.commands, storage.KeyRef{Program: m.Passage.Program, Key: m.Passage.Key})
		n.transit = append(n.transit, m.Passage.ID)
	case *Command:
		n.accounts = append(n.accounts, m.Account)
		n.commands = append(n.commands, m.keys()...)
	case follow.Message:
		if b.parts.Passed(m) {
			return
		}
		if b.parts.Get(item.Partition).Refused > 0 && m.Refusable() {
			n.identities = append(n.identities, m.Identity)
		}
		switch {
		case m.Order != nil:
			n.accounts = append(n.accounts, account(m))
			n.orders[order(m)] = true
		case m.Action != nil:
			n.accounts = append(n.accounts, account(m))
			n.keys = append(n.keys, storage.KeyRef{Program: m.Program, Key: ledger.ActionKey(m.Action.Ref)})
		case enrolled(m) != nil:
			n.accounts = append(n.accounts, account(m))
			n.keys = append(n.keys, enrolKey(m))
		case m.Grant != nil:
			n.accounts = append(n.accounts, account(m))
			n.keys = append(n.keys, grantKey(m))
		case changed(m) != nil:
			n.accounts = append(n.accounts, account(m))
			n.keys = append(n.keys, segmentKey(m))
		}
	}
}

func (b *batch) hold(ref storage.AccountRef, stored map[storage.AccountRef]ledger.Account) {
	if _, ok := b.accounts[ref]; ok {
		return
	}
	a, ok := stored[ref]
	if !ok {
		a = ledger.NewAccount(ref.Program, ref.ID)
	}
	b.accounts[ref] = &holding{account: a, from: a.Version}
}

func keys(set map[storage.OrderRef]bool) []storage.OrderRef {
	list := make([]storage.OrderRef, 0, len(set))
	for ref := range set {
		list = append(list, ref)
	}
	return list
}

func (b *batch) keepBook(ref storage.OrderRef, book ledger.Book) {
	books := b.books[ref.Program]
	if books == nil {
		books = ledger.Books{}
		b.books[ref.Program] = books
	}
	books[ref.Ref] = book
}

// readBook reads what stands under an order of which an account waits, unless the batch has it already.
func (b *batch) readBook(ctx context.Context, ref storage.OrderRef) error {
	if _, known := b.books[ref.Program][ref.Ref]; known {
		return nil
	}
	entries, err := b.poster.Storage.Order(ctx, ref)
	if err != nil {
		return err
	}
	return b.fold(ref, entries)
}

// fold makes the book of an order from its entries.
func (b *batch) fold(ref storage.OrderRef, entries []ledger.Entry) error {
	book, err := ledger.BookOf(entries)
	b.keepBook(ref, book)
	return err
}
