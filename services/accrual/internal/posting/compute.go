package posting

import (
	"context"
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/orderbook"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

// Message implements follow.Batch.
func (b *batch) Message(ctx context.Context, m follow.Message) error {
	switch {
	case m.Revised != nil && m.Refusal == nil:
		b.revised(m)
		return nil
	case m.Refusable() && b.refused[m.Identity]:
		b.outcome.Duplicates++
		return nil
	case m.Refusal != nil:
		return b.refuse(m, m.Refusal)
	case m.Order != nil:
		return stopIfBroken(b.take(ctx, m))
	case m.Action != nil:
		return stopIfBroken(b.act(ctx, m))
	case enrolled(m) != nil:
		return stopIfBroken(b.enrol(ctx, m))
	case m.Grant != nil:
		return stopIfBroken(b.grant(ctx, m))
	case changed(m) != nil:
		return stopIfBroken(b.segment(ctx, m))
	}
	return nil
}

// Work implements follow.Batch: it sweeps an account, does what a caller asks for, or lets points arrive.
func (b *batch) Work(ctx context.Context, partition int, payload any) error {
	if c, ok := payload.(*Command); ok {
		return stopIfBroken(b.command(ctx, partition, c))
	}
	if a, ok := payload.(Arrival); ok {
		return stopIfBroken(b.arrive(ctx, partition, a.Passage))
	}
	return stopIfBroken(b.sweep(ctx, partition, payload.(Sweep)))
}

// revised has the accounts of a programme looked at again once its new revision begins.
func (b *batch) revised(m follow.Message) {
	if m.Revised.Repeated {
		b.outcome.Duplicates++
		return
	}
	if from := m.Revised.From; !from.IsZero() {
		b.changes.Review = append(b.changes.Review, storage.ReviewWrite{Program: m.Program, Partition: m.Partition, From: from})
	}
}

// stage is an account that has been brought up to the moment at which a message acts on it.
type stage struct {
	*holding
	schedule program.Schedule
	t        time.Time
	position ledger.Position
}

// stage prepares the account of a message that happened at a time. What was due before it is posted first, also when the
// message is refused. Nil: it was refused here.
func (b *batch) stage(ctx context.Context, m follow.Message, at time.Time) (*stage, error) {
	part := b.parts.Get(m.Partition)
	schedule := b.parts.Schedule(m.Partition, m.Program)
	stream := m.Time
	if part.Events {
		stream = time.Time{}
	}
	if err := orderbook.Admit(m.Program, schedule, at, stream); err != nil {
		return nil, b.refuseFor(m, err)
	}
	h := b.accounts[account(m)]
	h.partition = m.Partition
	t := later(h.account.Clock, part.Clock)
	if err := b.bringUp(ctx, h, schedule, t); err != nil {
		return nil, err
	}
	return &stage{h, schedule, t, ledger.Position{Epoch: part.Epoch, Sequence: m.Sequence}}, nil
}

// take lets the ledger decide on an order event.
func (b *batch) take(ctx context.Context, m follow.Message) error {
	s, err := b.stage(ctx, m, m.Order.Event.OccurredAt)
	if s == nil || err != nil {
		return err
	}
	book := b.books[m.Program][m.Order.Ref] // as it is now: a wait may just have lapsed
	verdict, err := ledger.Take(s.account, book, ledger.Command{
		Ref: m.Order.Ref, Event: m.Order.Event, EventID: m.EventID, EventSource: m.EventSource, Position: s.position,
	}, s.schedule, s.t)
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
	b.keepBook(order(m), book)
	s.account = verdict.Account
	write := storage.EntryWrite{Entry: verdict.Entry}
	if verdict.Entry.Order.Waiting {
		original := storage.Original(m.Original)
		write.Original = &original
	}
	return b.post(s.holding, write, told{order: standing(book, s.schedule)})
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
		if err := b.post(h, storage.EntryWrite{Entry: e}, told{}); err != nil {
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
	schedule := b.parts.Schedule(partition, s.Account.Program)
	h := b.accounts[s.Account]
	if schedule == nil || h.account.Version == 0 {
		return nil
	}
	h.partition = partition
	b.touch(h)
	return b.bringUp(ctx, h, schedule, b.parts.Get(partition).Clock)
}

// post queues an entry to be written and its fact to be published.
func (b *batch) post(h *holding, w storage.EntryWrite, told told) error {
	b.touch(h)
	told.unit = b.parts.Schedule(h.partition, w.Entry.Program).Latest().Program.Unit
	fact, err := entryFact(w.Entry, told)
	if err != nil {
		return err
	}
	b.parts.Publish(h.partition, bus.Facts, fact)
	b.changes.Entries = append(b.changes.Entries, w)
	b.changes.Count(h.partition, w.Entry)
	b.outcome.Entries++
	return nil
}

// touch marks an account, and so its partition, as written.
func (b *batch) touch(h *holding) {
	b.parts.Touch(h.partition)
	if !h.touched {
		h.touched = true
		b.order = append(b.order, storage.AccountRef{Program: h.account.Program, ID: h.account.ID})
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
