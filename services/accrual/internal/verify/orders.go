package verify

import (
	"context"
	"hash/maphash"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
)

const (
	// seenMax is how many entries of an account a reader remembers to have seen under their orders.
	seenMax = 1 << 13
	// lookedUpMax is how many entries are looked up at once.
	lookedUpMax = 500
)

// orderNumbers checks that what stands under each order is numbered densely from 1 and belongs to one account: each entry
// but the first needs the one before it, on its account. Most come soon after that one; it is looked up for the others.
type orderNumbers struct {
	storage *storage.Storage
	seed    maphash.Seed
	seen    map[uint64]struct{} // keys of the account that is read; hashes, not names
	wanted  map[storage.KeyRef]ledger.Entry
	orders  int64 // of which the first entry was read
	breaches
}

func newOrders(s *storage.Storage) *orderNumbers {
	return &orderNumbers{storage: s, seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}, wanted: map[storage.KeyRef]ledger.Entry{}}
}

// begin forgets the account that was read.
func (o *orderNumbers) begin() { clear(o.seen) }

// see takes an entry of the account.
func (o *orderNumbers) see(ctx context.Context, e ledger.Entry) error {
	if e.Order == nil {
		return nil
	}
	key := ledger.OrderKey(e.Order.Ref, e.Order.Number)
	if key != e.Key {
		o.add("entry %s says that it is %s", e.Key, key)
	}
	if len(o.seen) >= seenMax {
		clear(o.seen)
	}
	o.seen[maphash.String(o.seed, key)] = struct{}{}
	if e.Order.Number == 1 {
		o.orders++
		return nil
	}
	before := ledger.OrderKey(e.Order.Ref, e.Order.Number-1)
	if _, ok := o.seen[maphash.String(o.seed, before)]; ok {
		return nil
	}
	o.wanted[storage.KeyRef{Program: e.Program, Key: before}] = ledger.Entry{Key: e.Key, Account: e.Account}
	if len(o.wanted) < lookedUpMax {
		return nil
	}
	return o.settle(ctx)
}

// settle looks up what was not seen.
func (o *orderNumbers) settle(ctx context.Context) error {
	refs := make([]storage.KeyRef, 0, len(o.wanted))
	for ref := range o.wanted {
		refs = append(refs, ref)
	}
	holders, err := o.storage.Holders(ctx, refs)
	if err != nil {
		return err
	}
	for ref, e := range o.wanted {
		switch holder, ok := holders[ref]; {
		case !ok:
			o.add("entry %s follows on %s, which is not there", e.Key, ref.Key)
		case holder != e.Account:
			o.add("entry %s stands on another account than %s, on which it follows", e.Key, ref.Key)
		}
	}
	clear(o.wanted)
	return nil
}

func (o *orderNumbers) join(other *orderNumbers) {
	o.orders += other.orders
	o.breaches.join(other.breaches)
}

func (o *orderNumbers) check() Check {
	return o.breaches.check("orders", "%d orders: entries numbered without a gap, each order on one account", o.orders)
}
