package verify

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// accountsMax is of how many accounts entries are asked for at once.
const accountsMax = 1000

// reader reads one span after the other. It has nothing in common with other readers but the verifier.
type reader struct {
	*verifier
	chain     breaches
	documents breaches
	orders    *orderNumbers
	sums      map[string]money.Points // postings by unit, over everything
	days      days
	resumed   int64 // accounts of the checkpoint
}

func newReader(v *verifier) *reader {
	return &reader{verifier: v, orders: newOrders(v.storage), sums: map[string]money.Points{}, days: days{}}
}

// join adds what another reader has found.
func (r *reader) join(o *reader) {
	r.chain.join(o.chain)
	r.documents.join(o.documents)
	r.orders.join(o.orders)
	for unit, sum := range o.sums {
		r.sums[unit] += sum
	}
	for day, t := range o.days {
		r.days.of(day).AddTally(*t)
	}
	r.resumed += o.resumed
}

// account is one that is being verified.
type account struct {
	ledger.Account // as its entries so far give it, from the checkpoint on or from nothing
	key            string
	last           ledger.Seq      // of its entries
	document       *storage.Stored // nil: none was there when documents were read
	unreadable     error           // why its document cannot be read
	spoilt         bool            // an entry broke: those that follow say nothing
}

// span verifies the accounts of a span.
func (r *reader) span(ctx context.Context, span storage.Span) error {
	accounts, err := r.standing(ctx, span)
	if err != nil {
		return err
	}
	behind := map[ledger.Seq][]*account{} // those of which there is something to read, by after which seq
	for _, a := range accounts {
		switch {
		case a.last == 0 && a.Version == 0 && a.unreadable != nil:
			r.documents.add("%s", a.unreadable)
		case a.last == 0 && a.Version == 0:
			r.documents.add("account %s has a document and no entries", a.key)
		case a.last < a.Version:
			r.chain.add("account %s was verified up to entry %d, and ends with entry %d", a.key, a.Version, a.last)
		case a.last > a.Version:
			behind[a.Version] = append(behind[a.Version], a)
		default:
			if err := r.compare(ctx, a); err != nil {
				return err
			}
		}
	}
	for after, list := range behind {
		for some := range slices.Chunk(list, accountsMax) {
			if err := r.fold(ctx, after, some); err != nil {
				return err
			}
		}
	}
	return nil
}

// standing lists the accounts of a span, in their order: those that have a document, entries, or stood in the checkpoint.
func (r *reader) standing(ctx context.Context, span storage.Span) ([]*account, error) {
	known := map[string]*account{}
	of := func(program string, id ledger.AccountID) *account {
		key := program + "/" + string(id)
		if known[key] == nil {
			known[key] = &account{Account: ledger.NewAccount(program, id), key: key}
		}
		return known[key]
	}
	// Documents come first: each is written with its entries, so that entries and nothing else may be newer.
	err := r.storage.AccountsIn(ctx, span, func(stored storage.Stored, unreadable error) error {
		a := of(stored.Program, stored.ID)
		a.unreadable = unreadable
		if unreadable == nil {
			a.document = &stored
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if r.since != nil {
		err := r.storage.VerifiedIn(ctx, *r.since, span, func(was ledger.Account) error {
			of(was.Program, was.ID).Account = was
			r.resumed++
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	heads, err := r.heads(ctx, span)
	if err != nil {
		return nil, err
	}
	for _, head := range heads {
		program, id, ok := strings.Cut(head.Account, "/")
		if !ok {
			r.chain.add("entries up to %d stand on %q, which is no account", head.Seq, head.Account)
			continue
		}
		of(program, ledger.AccountID(id)).last = ledger.Seq(head.Seq)
	}
	return slices.SortedFunc(maps.Values(known), func(a, b *account) int { return strings.Compare(a.key, b.key) }), nil
}

// heads lists the last entries of a span's accounts. Where nothing before them is read, they must at least come to as many
// entries as there are.
func (r *reader) heads(ctx context.Context, span storage.Span) ([]storage.Head, error) {
	if r.since == nil {
		return r.storage.Heads(ctx, span)
	}
	least, err := r.storage.CountIn(ctx, span)
	if err != nil {
		return nil, err
	}
	heads, err := r.storage.Heads(ctx, span)
	sum := int64(0)
	for _, head := range heads {
		sum += head.Seq
	}
	if err != nil || sum == least {
		return heads, err
	}
	most, err := r.storage.CountIn(ctx, span) // the house may be at work
	if sum < least || sum > most {
		r.chain.add("%s have %d entries, and should have %d by the last ones of each", span, most, sum)
	}
	return heads, err
}
