package verify

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
)

// endsMax is of how many transfers one end is kept until the other is read; then the others are looked up.
const endsMax = 500

// transit holds both ends of each transfer against each other. Safe for many goroutines.
type transit struct {
	storage *storage.Storage
	program string
	open    func(ctx context.Context, key string) error // is told of what has not ended; nil: nobody is

	mu    sync.Mutex
	sent  map[storage.KeyRef]ledger.Entry // by the key of the entry that sent
	ended map[storage.KeyRef]ledger.Entry
	count int64
	breaches
}

func newTransit(s *storage.Storage, program string) *transit {
	return &transit{storage: s, program: program, sent: map[storage.KeyRef]ledger.Entry{}, ended: map[storage.KeyRef]ledger.Entry{}}
}

// see takes one end of a transfer.
func (t *transit) see(ctx context.Context, e ledger.Entry) error {
	if e.Transfer == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
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
	case met && other.Transfer == nil: // it was on its way at the checkpoint: what sent it is looked up
		delete(others, id)
		mine[id] = e
	case met:
		delete(others, id)
		if e.Kind == ledger.KindTransferIn {
			e, other = other, e
		}
		t.meet(e, other)
	default:
		mine[id] = e
	}
	if len(t.sent)+len(t.ended) < endsMax {
		return nil
	}
	return t.settle(ctx)
}

// resume takes a transfer that had not ended at the checkpoint.
func (t *transit) resume(ctx context.Context, key string) error {
	ref := storage.KeyRef{Program: t.program, Key: key}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent[ref] = ledger.Entry{}
	if len(t.sent) < endsMax {
		return nil
	}
	return t.settle(ctx)
}

// meet compares what was sent with what came in.
func (t *transit) meet(out, in ledger.Entry) {
	if out.Transfer == nil || in.Transfer == nil {
		t.add("transfer %s has an end that is none", out.Key)
		return
	}
	o, i := *out.Transfer, *in.Transfer
	i.Refused = ""
	if o != i || out.InTransit()+in.InTransit() != 0 {
		t.add("transfer %s sent %d points and %d came in, or elsewhere", out.Key, out.InTransit(), -in.InTransit())
	}
}

// settle looks for the other ends of what was read: what is still in transit stands in its collection, and what is not has
// arrived or is back. What is in transit is read first: it may end meanwhile.
func (t *transit) settle(ctx context.Context) error {
	var ids []string
	var refs []storage.KeyRef
	for id := range t.sent {
		ids = append(ids, id.Program+"/"+id.Key)
	}
	for _, ends := range []map[storage.KeyRef]ledger.Entry{t.sent, t.ended} {
		for id := range ends {
			refs = append(refs, id, arrival(id), comeback(id))
		}
	}
	open, err := t.storage.Passages(ctx, ids)
	if err != nil {
		return err
	}
	known, err := t.storage.Readable(ctx, refs)
	if err != nil {
		return err
	}
	for id := range t.sent {
		if err := t.settleSent(ctx, id, known, open); err != nil {
			return err
		}
	}
	for id, in := range t.ended {
		out, ok := known[id]
		if !ok || out.Transfer == nil {
			t.add("account %s got points of transfer %s, which nobody sent", in.Account, id.Key)
			continue
		}
		t.meet(out, in)
		t.once(id, known)
	}
	clear(t.sent)
	clear(t.ended)
	return nil
}

func arrival(id storage.KeyRef) storage.KeyRef {
	return storage.KeyRef{Program: id.Program, Key: ledger.TransferKey(id.Key)}
}

func comeback(id storage.KeyRef) storage.KeyRef {
	return storage.KeyRef{Program: id.Program, Key: ledger.BackKey(id.Key)}
}

// once notes a transfer that has arrived and come back as well.
func (t *transit) once(id storage.KeyRef, known map[storage.KeyRef]ledger.Entry) {
	_, arrived := known[arrival(id)]
	if _, back := known[comeback(id)]; arrived && back {
		t.add("transfer %s ends twice", id.Key)
	}
}

func (t *transit) settleSent(ctx context.Context, id storage.KeyRef, known map[storage.KeyRef]ledger.Entry, open map[string]storage.Passage) error {
	out, ok := known[id]
	in, ended := known[arrival(id)]
	if !ended {
		in, ended = known[comeback(id)]
	}
	_, waits := open[id.Program+"/"+id.Key]
	switch {
	case !ok:
		t.add("the entry by which transfer %s left is gone", id.Key)
	case ended:
		t.meet(out, in)
		t.once(id, known)
	case !waits:
		t.add("transfer %s left account %s and is neither there nor on its way", id.Key, out.Account)
	case t.open != nil:
		return t.open(ctx, id.Key)
	}
	return nil
}

// end settles the rest, and looks at what is on its way: somebody must have sent it.
func (t *transit) end(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.settle(ctx); err != nil {
		return err
	}
	after := ""
	for {
		waits, err := t.storage.TransitBehind(ctx, t.program, after, endsMax)
		if err != nil || len(waits) == 0 {
			return err
		}
		sent := map[storage.KeyRef]bool{}
		for _, p := range waits {
			sent[storage.KeyRef{Program: p.Program, Key: p.Key}] = true
			after = p.ID
		}
		known, err := t.storage.Readable(ctx, slices.Collect(maps.Keys(sent)))
		if err != nil {
			return err
		}
		for id := range sent {
			if out, ok := known[id]; !ok || out.Kind != ledger.KindTransferOut {
				t.add("points are on their way by transfer %s, which nobody sent", id.Key)
			}
		}
	}
}
