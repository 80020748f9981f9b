package posting

import (
	"context"
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/lane"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

const (
	// factsMax bounds the facts of one transaction (design 5).
	factsMax = 900
	// futureMax is how far ahead of the stream's clock an event may lie.
	futureMax = 5 * time.Minute
)

// compute decides on the items in order until the batch is full, and returns how many it took.
func (b *batch) compute(ctx context.Context, items []lane.Item) (int, error) {
	for i, item := range items {
		if i > 0 && b.outcome.Facts >= factsMax {
			return i, nil
		}
		var err error
		switch m := item.Payload.(type) {
		case Message:
			err = b.message(ctx, m)
		case Sweep:
			err = b.sweep(ctx, item.Partition, m)
		}
		if err != nil {
			return 0, err
		}
	}
	return len(items), nil
}

// message applies one message of EVENTS and moves the mark over it.
func (b *batch) message(ctx context.Context, m Message) error {
	part := b.parts[m.Partition]
	switch {
	case m.Sequence <= part.Mark.Sequence:
		return nil // applied before
	case part.Mark.Sequence < m.After:
		// There is something between our mark and it: somebody restored an older store. It may not be applied.
		b.poster.Log.ErrorContext(ctx, "a message does not follow on the mark, reading again from there",
			"partition", m.Partition, "mark", part.Mark.Sequence, "after", m.After)
		b.poster.Reread()
		return nil
	}
	if part.Attempt.Poisoned(m.Sequence) {
		m.Refusal = reason.New(reason.PoisonEvent, "", "the process died %d times while it rated this event alone", store.DeathsMax)
	}
	if m.Opened != nil && !part.Opened {
		part.Opened, part.Events = true, m.Opened.Events // before any clock has moved
	}
	if part.Events {
		part.Clock = later(part.Clock, m.moves())
	} else {
		part.Clock = later(part.Clock, later(m.Time, m.Clock))
	}
	part.Mark = store.Mark{Sequence: m.Sequence, Time: m.Time, ID: m.ID, Created: m.Created}
	part.Attempt = part.Attempt.Passed(m.Sequence)
	b.parts[m.Partition] = part
	b.moved[m.Partition] = true
	b.outcome.Messages++
	return b.dispatch(ctx, m)
}

// moves is the time to which a message takes the clock of a replay.
func (m Message) moves() time.Time {
	if m.Order != nil && m.Refusal == nil {
		return m.Order.Event.OccurredAt
	}
	return m.Clock
}

func (b *batch) dispatch(ctx context.Context, m Message) error {
	switch {
	case m.refusable() && b.refused[m.Identity]:
		b.outcome.Duplicates++
		return nil
	case m.Refusal != nil:
		return b.refuse(m, m.Refusal)
	case m.Opened != nil:
		return b.opened(m)
	case m.Revised != nil:
		return b.revised(m)
	case m.Order != nil:
		return b.take(ctx, m)
	}
	return nil
}

// take lets the ledger decide on an order event. What was due before it is posted first, also when it is refused.
func (b *batch) take(ctx context.Context, m Message) error {
	part := b.parts[m.Partition]
	schedule := b.schedule(m.Partition, m.Program)
	if schedule == nil {
		return b.refuse(m, reason.New(reason.UnknownProgram, "programme", "no revision of programme %s stands before this event", m.Program))
	}
	if !part.Events && m.Order.Event.OccurredAt.After(m.Time.Add(futureMax)) {
		return b.refuse(m, reason.New(reason.EventInFuture, "occurred_at", "it lies at %s, the stream's clock said %s",
			m.Order.Event.OccurredAt.Format(time.RFC3339), m.Time.Format(time.RFC3339)))
	}
	h := b.accounts[m.account()]
	h.partition = m.Partition
	t := later(h.account.Clock, part.Clock)
	if err := b.bringUp(ctx, h, schedule, t); err != nil {
		return err
	}
	book := b.books[m.Program][m.Order.Ref] // as it is now: a wait may just have lapsed
	verdict, err := ledger.Take(h.account, book, ledger.Command{
		Ref: m.Order.Ref, Event: m.Order.Event, EventID: m.EventID, EventSource: m.EventSource,
		Position: ledger.Position{Epoch: part.Epoch, Sequence: m.Sequence},
	}, schedule, t)
	if err != nil {
		return b.refuseFor(m, err)
	}
	if verdict.Repeats != "" {
		b.outcome.Duplicates++
		return nil
	}
	if book, err = book.Add(verdict.Entry); err != nil {
		return err
	}
	b.keepBook(m.order(), book)
	h.account = verdict.Account
	write := storage.EntryWrite{Entry: verdict.Entry}
	if verdict.Entry.Order.Waiting {
		original := m.Original
		write.Original = &original
	}
	return b.post(h, write)
}

// bringUp posts what falls due for an account up to t.
func (b *batch) bringUp(ctx context.Context, h *holding, schedule program.Schedule, t time.Time) error {
	for _, ref := range h.account.LapsesBy(t) {
		if err := b.readBook(ctx, storage.OrderRef{Program: h.account.Program, Ref: ref}); err != nil {
			return err
		}
	}
	entries, account, err := ledger.BringUp(h.account, schedule, b.books[h.account.Program], t)
	if err != nil {
		return err
	}
	h.account = account
	for _, e := range entries {
		if err := b.post(h, storage.EntryWrite{Entry: e}); err != nil {
			return err
		}
		if e.Order != nil {
			if err := b.lapsed(ctx, h, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// sweep brings an account up to its partition's clock, so that nothing waits for an event to come by.
func (b *batch) sweep(ctx context.Context, partition int, s Sweep) error {
	schedule := b.schedule(partition, s.Account.Program)
	h := b.accounts[s.Account]
	if schedule == nil || h.account.Version == 0 {
		return nil
	}
	h.partition = partition
	b.touch(h)
	return b.bringUp(ctx, h, schedule, b.parts[partition].Clock)
}

// post queues an entry to be written and its fact to be published.
func (b *batch) post(h *holding, w storage.EntryWrite) error {
	b.touch(h)
	fact, err := entryFact(w.Entry)
	if err != nil {
		return err
	}
	b.outbox(h.partition).facts = append(b.outbox(h.partition).facts, fact)
	b.changes.Entries = append(b.changes.Entries, w)
	b.outcome.Entries++
	b.outcome.Facts++
	return nil
}

// touch marks an account, and so its partition, as written.
func (b *batch) touch(h *holding) {
	b.moved[h.partition] = true
	if !h.touched {
		h.touched = true
		b.order = append(b.order, storage.AccountRef{Program: h.account.Program, ID: h.account.ID})
	}
}

// opened refuses to change what moves the clock: the first message has fixed it for ever.
func (b *batch) opened(m Message) error {
	if b.parts[m.Partition].Events != m.Opened.Events {
		return b.refuse(m, reason.New(reason.UnsupportedRevision, "clock_mode", "the house was opened with the other clock"))
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
