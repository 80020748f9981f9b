package verify

import (
	"context"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
)

// transit holds transfers of which one end was read, until the other is.
type transit struct {
	sent  map[storage.KeyRef]ledger.Entry // by the key of the entry that sent
	ended map[storage.KeyRef]ledger.Entry
	count int64
	breaches
}

func newTransit() *transit {
	return &transit{sent: map[storage.KeyRef]ledger.Entry{}, ended: map[storage.KeyRef]ledger.Entry{}}
}

// see takes one end of a transfer.
func (t *transit) see(e ledger.Entry) {
	if e.Transfer == nil {
		return
	}
	id := storage.KeyRef{Program: e.Program, Key: e.Transfer.ID}
	mine, others := t.sent, t.ended
	if e.Kind == ledger.KindTransferIn {
		mine, others = others, mine
	} else {
		t.count++
	}
	other, met := others[id]
	switch _, twice := mine[id]; {
	case twice:
		t.add("transfer %s ends twice", id.Key)
	case met:
		delete(others, id)
		if e.Kind == ledger.KindTransferIn {
			e, other = other, e
		}
		t.meet(e, other)
	default:
		mine[id] = e
	}
}

// meet compares what was sent with what came in.
func (t *transit) meet(out, in ledger.Entry) {
	o, i := *out.Transfer, *in.Transfer
	i.Refused = ""
	if o != i || out.InTransit()+in.InTransit() != 0 {
		t.add("transfer %s sent %d points and %d came in, or elsewhere", out.Key, out.InTransit(), -in.InTransit())
	}
}

// settle looks for the other end of what was read of transfers while the house worked: what is still in transit stands
// in its collection, and what is not has arrived or is back.
func (t *transit) settle(ctx context.Context, s *storage.Storage, program string) error {
	waits, err := s.AllTransit(ctx, program)
	if err != nil {
		return err
	}
	open := map[storage.KeyRef]bool{}
	var refs []storage.KeyRef
	for _, p := range waits {
		open[storage.KeyRef{Program: p.Program, Key: p.Key}] = true
	}
	for id := range t.sent {
		refs = append(refs, storage.KeyRef{Program: id.Program, Key: ledger.TransferKey(id.Key)}, storage.KeyRef{Program: id.Program, Key: ledger.BackKey(id.Key)})
	}
	for id := range t.ended {
		refs = append(refs, id)
	}
	for id := range open {
		refs = append(refs, id)
	}
	known, err := s.EntriesByKey(ctx, refs)
	if err != nil {
		return err
	}
	for id, out := range t.sent {
		in, arrived := known[storage.KeyRef{Program: id.Program, Key: ledger.TransferKey(id.Key)}]
		if !arrived {
			in, arrived = known[storage.KeyRef{Program: id.Program, Key: ledger.BackKey(id.Key)}]
		}
		switch {
		case arrived:
			t.meet(out, in)
		case !open[id]:
			t.add("transfer %s left account %s and is neither there nor on its way", id.Key, out.Account)
		}
	}
	for id, in := range t.ended {
		if out, ok := known[id]; !ok || out.Transfer == nil {
			t.add("account %s got points of transfer %s, which nobody sent", in.Account, id.Key)
		} else {
			t.meet(out, in)
		}
	}
	for id := range open {
		if out, ok := known[id]; !ok || out.Kind != ledger.KindTransferOut {
			t.add("points are on their way by transfer %s, which nobody sent", id.Key)
		}
	}
	return nil
}
