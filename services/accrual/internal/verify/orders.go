package verify

import (
	"hash/maphash"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
)

// orderNumbers checks that what stands under each order is numbered densely from 1 and belongs to one account.
// Per order it keeps a hash and three numbers, not the order's name.
type orderNumbers struct {
	seed   maphash.Seed
	orders map[uint64]numbers
	breaches
}

type numbers struct {
	account uint64
	count   int32
	highest int32
}

func newOrders() *orderNumbers {
	return &orderNumbers{seed: maphash.MakeSeed(), orders: map[uint64]numbers{}}
}

func (o *orderNumbers) see(e ledger.Entry) {
	if e.Order == nil {
		return
	}
	if want := ledger.OrderKey(e.Order.Ref, e.Order.Number); want != e.Key {
		o.add("entry %s says that it is %s", e.Key, want)
	}
	id := maphash.String(o.seed, e.Program+"/"+ledger.OrderPrefix(e.Order.Ref))
	account := maphash.String(o.seed, e.Program+"/"+string(e.Account))
	n, found := o.orders[id]
	if found && n.account != account {
		o.add("entry %s stands on another account than its order's first", e.Key)
	}
	n.account = account
	n.count++
	n.highest = max(n.highest, int32(e.Order.Number)) //nolint:gosec // at most 1,000
	o.orders[id] = n
}

func (o *orderNumbers) check() Check {
	for _, n := range o.orders {
		if n.count != n.highest {
			o.add("an order has %d entries numbered up to %d", n.count, n.highest)
		}
	}
	return o.breaches.check("orders", "%d orders: entries numbered without a gap, each order on one account", int64(len(o.orders)))
}
