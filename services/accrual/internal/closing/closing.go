// Package closing answers what a settlement asks before money moves: up to when nothing more can be entered, and what the
// entries of a period come to. It reads, and changes nothing. What a statement is, and who owes whom, is left to others.
package closing

import (
	"context"
	"time"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/totals"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
)

// unpublishedMax is how many chunks may wait in the outbox. With more nothing is final: whoever compares books lacks too
// many facts for it to matter since when.
const unpublishedMax = 64

// Bound is what keeps finality from being later.
type Bound uint8

// Bounds.
const (
	BoundUnset Bound = iota
	BoundClock       // the clock of a partition has come no further
	BoundDue         // something is due in a partition and not posted yet
	BoundFacts       // facts of a partition are not published yet
)

// Finality is how far the ledger is complete.
type Finality struct {
	// Until: whatever takes effect before it is entered and published, and nothing else ever will. Zero: nothing is final.
	Until     time.Time
	Bound     Bound
	Partition int // of the bound
	// Facts is a position of FACTS: the facts of all that is final stand up to there.
	Facts uint64
}

// Totals are what the entries of a period come to, and how final that is.
type Totals struct {
	totals.Tally
	Finality
}

// Closer answers. Safe for many goroutines.
type Closer struct {
	Storage    *storage.Storage
	Bus        *bus.Bus
	Partitions int
}

// Finality tells how far the ledger is complete, in all programmes.
func (c *Closer) Finality(ctx context.Context) (Finality, error) {
	var f Finality
	err := c.Storage.Store().Snapshot(ctx, func(ctx context.Context) error {
		var err error
		f, err = c.bound(ctx)
		return err
	})
	return c.withFacts(ctx, f, err)
}

// Totals tells what a programme's entries come to that took effect from one day on and before another, as of the same
// moment as their finality.
func (c *Closer) Totals(ctx context.Context, program string, from, to calendar.Day) (Totals, error) {
	var t Totals
	err := c.Storage.Store().Snapshot(ctx, func(ctx context.Context) error {
		var err error
		if t.Finality, err = c.bound(ctx); err != nil {
			return err
		}
		t.Tally, err = c.Storage.Totals(ctx, program, from, to)
		return err
	})
	t.Finality, err = c.withFacts(ctx, t.Finality, err)
	return t, err
}

// withFacts adds where FACTS ends by now: a chunk leaves the outbox only once the bus has it.
func (c *Closer) withFacts(ctx context.Context, f Finality, err error) (Finality, error) {
	if err == nil {
		f.Facts, err = c.Bus.End(ctx, bus.Facts)
	}
	return f, err
}

// bound finds the earliest effective time that an entry may still have, or whose fact has not left. Whatever acts on an
// account takes effect at its partition's clock or later; what is due, at its moment or later.
func (c *Closer) bound(ctx context.Context) (Finality, error) {
	ids := make([]int, c.Partitions)
	for i := range ids {
		ids[i] = i
	}
	parts, err := c.Storage.Store().ReadPartitions(ctx, ids)
	if err != nil {
		return Finality{}, err
	}
	f := Finality{Until: parts[0].Clock, Bound: BoundClock}
	for _, p := range ids { // one that nobody has begun has no document, and no clock
		f.lower(parts[p].Clock, BoundClock, p)
	}
	for _, p := range ids {
		due, err := c.Storage.FirstDue(ctx, p, f.Until)
		if err != nil {
			return Finality{}, err
		}
		if !due.IsZero() {
			f.lower(due, BoundDue, p)
		}
	}
	chunks, err := outbox.Unpublished(ctx, c.Storage.Store(), bus.Facts, unpublishedMax+1)
	if err != nil {
		return Finality{}, err
	}
	for i, chunk := range chunks {
		if i == unpublishedMax {
			f.lower(time.Time{}, BoundFacts, chunk.Partition)
		}
		for _, m := range chunk.Messages {
			if at, entry := effective(m); entry {
				f.lower(at, BoundFacts, chunk.Partition)
			}
		}
	}
	return f, nil
}

func (f *Finality) lower(t time.Time, b Bound, partition int) {
	if t.Before(f.Until) {
		f.Until, f.Bound, f.Partition = t, b, partition
	}
}

// effective is when the entry took effect that a fact tells of; false: it tells of no entry. What cannot be read keeps
// everything from being final.
func effective(m outbox.Message) (time.Time, bool) {
	headers := map[string][]string{}
	for _, h := range m.Header {
		headers[h.Name] = append(headers[h.Name], h.Value)
	}
	event, err := cloudevent.Parse(headers, nil)
	if err != nil {
		return time.Time{}, true
	}
	return event.Time, event.Type == string((&accrualv1.EntryPosted{}).ProtoReflect().Descriptor().FullName())
}
