// Package trace follows every event of the log into the ledger: each order and action that a mark has passed is an entry, a
// refusal, or a duplicate of a key that is known. It reads EVENTS from its beginning and changes nothing.
package trace

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/verify"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
)

// Deps are what a trace stands on.
type Deps struct {
	Bus     *bus.Bus
	Storage *storage.Storage
	Log     *slog.Logger
	// Decode is the bus door's.
	Decode     func(bus.Message) follow.Message
	Partitions []int
}

const (
	// lookupsMax is how many duplicates are looked up at once.
	lookupsMax = 500
	// namedMax is how many lost events are named.
	namedMax = 10
)

// errEnd ends the reading.
var errEnd = errors.New("read to the marks")

// Tracer knows which sequences of EVENTS the ledger accounts for.
type Tracer struct {
	deps  Deps
	known bitmap
}

// New returns a tracer that knows of nothing yet.
func New(deps Deps) *Tracer { return &Tracer{deps: deps} }

// Entry notes the cause of an entry.
func (t *Tracer) Entry(e ledger.Entry) { t.known.add(e.Position.Sequence) }

// Run reads EVENTS up to the marks and returns the check. Entries must have been noted before.
func (t *Tracer) Run(ctx context.Context) (verify.Check, error) {
	parts, err := t.deps.Storage.Store().ReadPartitions(ctx, t.deps.Partitions)
	if err != nil {
		return verify.Check{}, err
	}
	if err := t.deps.Storage.RefusedSequences(ctx, t.known.add); err != nil {
		return verify.Check{}, err
	}
	r := &reading{Tracer: t, marks: map[int]uint64{}}
	for id, p := range parts {
		r.marks[id] = p.Mark.Sequence
		r.mark = max(r.mark, p.Mark.Sequence)
	}
	ends, err := t.deps.Bus.LastSequences(ctx, bus.Events, len(t.deps.Partitions))
	if err != nil {
		return verify.Check{}, fmt.Errorf("find the end of EVENTS: %w", err)
	}
	if r.last = min(r.mark, slices.Max(ends)); r.last > 0 {
		err = t.deps.Bus.Read(ctx, bus.ReadConfig{
			Partitions: t.deps.Partitions, Deliver: r.deliver, Logger: t.deps.Log, Rest: true,
			Marks: func(context.Context) (map[int]bus.Mark, error) { return nil, nil },
		})
		if err != nil && !errors.Is(err, errEnd) {
			return verify.Check{}, fmt.Errorf("read EVENTS: %w", err)
		}
		if err := r.lookUp(ctx); err != nil {
			return verify.Check{}, err
		}
	}
	return r.check(), ctx.Err()
}

// reading is one reading of EVENTS.
type reading struct {
	*Tracer
	marks      map[int]uint64
	mark       uint64 // the highest
	last       uint64 // where the reading ends: at the mark, or before it if the log does
	done       uint64 // where it is
	events     int64
	duplicates int64
	waiting    []follow.Message // order events that are neither entry nor refusal
	lost       int64
	named      []string
}

func (r *reading) deliver(ctx context.Context, run []bus.Message) error {
	for _, raw := range run {
		if raw.Sequence <= r.done {
			continue // an incarnation begins at the beginning
		}
		r.done = raw.Sequence
		if raw.Class != bus.ClassControl && raw.Sequence <= r.marks[raw.Partition] {
			r.events++
			if !r.known.has(raw.Sequence) {
				r.waiting = append(r.waiting, r.deps.Decode(raw))
			}
		}
		if len(r.waiting) >= lookupsMax {
			if err := r.lookUp(ctx); err != nil {
				return err
			}
		}
	}
	if r.done >= r.last {
		return errEnd
	}
	return nil
}

// lookUp settles the events that made nothing of their own: what they say must be known, or they were refused before.
func (r *reading) lookUp(ctx context.Context) error {
	var events []storage.EventRef
	var keys []storage.KeyRef
	var identities []string
	for _, m := range r.waiting {
		identities = append(identities, m.Identity)
		if m.Order != nil {
			events = append(events, eventRefs(m)...)
		}
		if m.Action != nil {
			keys = append(keys, actionKey(m))
		}
	}
	known, err := r.deps.Storage.TakenEvents(ctx, events)
	if err != nil {
		return err
	}
	refused, err := r.deps.Storage.Refused(ctx, identities)
	if err != nil {
		return err
	}
	taken, err := r.deps.Storage.Taken(ctx, keys)
	if err != nil {
		return err
	}
	for _, m := range r.waiting {
		if refused[m.Identity] || m.Order != nil && slices.ContainsFunc(eventRefs(m), func(e storage.EventRef) bool { return known[e] }) || m.Action != nil && repeats(m, taken[actionKey(m)]) {
			r.duplicates++
			continue
		}
		r.lost++
		if len(r.named) < namedMax {
			r.named = append(r.named, fmt.Sprintf("event %s of %s at sequence %d", m.EventID, m.EventSource, m.Sequence))
		}
	}
	r.waiting = r.waiting[:0]
	return nil
}

func eventRefs(m follow.Message) []storage.EventRef {
	var refs []storage.EventRef
	for _, content := range m.Order.Event.Contents() {
		refs = append(refs, storage.EventRef{
			Program: m.Program, Account: ledger.AccountID(m.Account), Prefix: ledger.OrderPrefix(m.Order.Ref), Content: content,
		})
	}
	return refs
}

// repeats tells whether an action says what its entry says.
func repeats(m follow.Message, taken ledger.Taken) bool {
	return taken.Account == ledger.AccountID(m.Account) && taken.Content == m.Action.Event.Content()
}

func actionKey(m follow.Message) storage.KeyRef {
	return storage.KeyRef{Program: m.Program, Key: ledger.ActionKey(m.Action.Ref)}
}

func (r *reading) check() verify.Check {
	if r.last < r.mark {
		return verify.Check{Name: "events", Detail: fmt.Sprintf("the log ends at sequence %d, the ledger has applied it up to %d", r.last, r.mark)}
	}
	if r.lost > 0 {
		return verify.Check{Name: "events", Detail: fmt.Sprintf("%d events were passed and are neither entry, refusal nor duplicate: %v", r.lost, r.named)}
	}
	return verify.Check{Name: "events", OK: true, Detail: fmt.Sprintf(
		"%d events in the log: each is an entry, a refusal, or one of %d duplicates of a known key", r.events, r.duplicates)}
}

// bitmap is a set of sequences.
type bitmap []uint64

func (b *bitmap) add(n uint64) {
	word := int(n / 64) //nolint:gosec // sequences of one stream fit
	if word >= len(*b) {
		*b = append(*b, make([]uint64, word+1-len(*b))...)
	}
	(*b)[word] |= 1 << (n % 64)
}

func (b *bitmap) has(n uint64) bool {
	word := int(n / 64) //nolint:gosec // sequences of one stream fit
	return word < len(*b) && (*b)[word]&(1<<(n%64)) != 0
}
