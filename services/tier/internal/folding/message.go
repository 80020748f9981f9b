package folding

import (
	"context"
	"time"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/orderbook"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/tier/internal/domain/standing"
	"github.com/laurel-loyalty/laurel/services/tier/internal/storage"
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
	case m.Grant != nil:
		return stopIfBroken(b.grant(ctx, m))
	case enrolled(m) != nil:
		return stopIfBroken(b.enrol(ctx, m))
	}
	return nil
}

// Work implements follow.Batch: it sweeps an account.
func (b *batch) Work(ctx context.Context, partition int, payload any) error {
	ref := payload.(Sweep).Account
	h := b.accounts[ref]
	h.partition = partition
	b.touch(h) // also where nothing happens: what is due of it is written anew
	return stopIfBroken(b.bringUp(ctx, h, b.parts.Get(partition).Clock))
}

// revised has the accounts of a programme looked at again once its new revision begins.
func (b *batch) revised(m follow.Message) {
	if m.Revised.Repeated {
		b.outcome.Duplicates++
		return
	}
	if from := m.Revised.From; !from.IsZero() {
		b.changes.Reviews = append(b.changes.Reviews, storage.ReviewWrite{Program: m.Program, Partition: m.Partition, From: from})
	}
}

// take lets the domain decide on an order event. What was due before it happens first, also when it is refused.
func (b *batch) take(ctx context.Context, m follow.Message) error {
	return b.decide(ctx, m, m.Order.Event.OccurredAt, func(s stage) (standing.Step, error) {
		book := b.books[m.Program][m.Order.Ref] // as it is now: a wait may just have lapsed
		arrival := orderbook.Arrival{Ref: m.Order.Ref, Event: m.Order.Event, ID: m.EventID, Source: m.EventSource}
		return standing.Take(s.account, book, arrival, s.schedule, s.t)
	})
}

// grant lets the domain decide on a granted tier, or on its end.
func (b *batch) grant(ctx context.Context, m follow.Message) error {
	return b.decide(ctx, m, m.Grant.At, func(s stage) (standing.Step, error) {
		return standing.TakeGrant(s.account, standing.Grant{Given: m.Grant.Given, Ends: m.Grant.Ends}, s.schedule, s.t)
	})
}

// enrolled is the enrolment that a message is, nil if it is none.
func enrolled(m follow.Message) *controlv1.MemberEnrolled {
	e, _ := m.Control.(*controlv1.MemberEnrolled)
	return e
}

// enrol opens an account.
func (b *batch) enrol(ctx context.Context, m follow.Message) error {
	at := calendar.Millis(enrolled(m).GetEnrolledAt().AsTime())
	return b.decide(ctx, m, at, func(s stage) (standing.Step, error) {
		return standing.Enrol(s.account, s.schedule, s.t), nil
	})
}

// stage is an account that has been brought up to the moment at which a message acts on it.
type stage struct {
	account  standing.Account
	schedule program.Schedule
	t        time.Time
}

// decide brings the account of a message up, and lets something that happened at a time happen to it.
func (b *batch) decide(ctx context.Context, m follow.Message, at time.Time, happen func(s stage) (standing.Step, error)) error {
	part := b.parts.Get(m.Partition)
	schedule := b.parts.Schedule(m.Partition, m.Program)
	stream := m.Time
	if part.Events {
		stream = time.Time{}
	}
	if err := orderbook.Admit(m.Program, schedule, at, stream); err != nil {
		return b.refuseFor(m, err)
	}
	h := b.accounts[account(m)]
	h.partition = m.Partition
	t := h.account.Clock
	if part.Clock.After(t) {
		t = part.Clock
	}
	if err := b.bringUp(ctx, h, t); err != nil {
		return err
	}
	step, err := happen(stage{h.account, schedule, t})
	switch {
	case err != nil:
		return b.refuseFor(m, err)
	case step.Repeats:
		b.outcome.Duplicates++
		return nil
	}
	if step.Row != nil {
		ref := storage.OrderRef{Program: m.Program, Ref: step.Row.Arrival.Ref}
		b.keepBook(ref, b.books[m.Program][ref.Ref].Add(*step.Row))
	}
	return b.keep(h, step)
}

// bringUp does what falls due for an account up to t.
func (b *batch) bringUp(ctx context.Context, h *holding, t time.Time) error {
	a := h.account
	schedule := b.parts.Schedule(h.partition, a.Program)
	for _, ref := range a.LapsesBy(t) {
		if err := b.readBook(ctx, storage.OrderRef{Program: a.Program, Ref: ref}); err != nil {
			return err
		}
	}
	steps, _, err := standing.BringUp(a, schedule, b.books[a.Program], t)
	if err != nil {
		return err
	}
	for _, s := range steps {
		if err := b.keep(h, s); err != nil {
			return err
		}
	}
	return nil
}

// readBook reads what stands under an order that is waited for, unless the batch has it already.
func (b *batch) readBook(ctx context.Context, ref storage.OrderRef) error {
	if _, known := b.books[ref.Program][ref.Ref]; known {
		return nil
	}
	book, err := b.folder.Storage.Book(ctx, ref)
	b.keepBook(ref, book)
	return err
}

// keep queues what happened to an account to be written, and what of it is to be published.
func (b *batch) keep(h *holding, s standing.Step) error {
	h.account = s.Account
	b.touch(h)
	ref := storage.Ref{Program: h.account.Program, Account: h.account.ID}
	if s.Row != nil {
		b.changes.Rows = append(b.changes.Rows, storage.RowWrite{Program: ref.Program, Row: *s.Row})
	}
	if s.Line != nil {
		b.changes.Lines = append(b.changes.Lines, storage.LineWrite{Ref: ref, Line: *s.Line})
		b.outcome.Lines++
		if err := b.tell(h, changedFact(ref, *s.Line)); err != nil {
			return err
		}
	}
	if s.Notice == nil {
		return nil
	}
	b.outcome.Notices++
	return b.tell(h, noticeFact(h.account, *s.Notice, currency(b.parts.Schedule(h.partition, ref.Program))))
}

func currency(schedule program.Schedule) string { return string(schedule.Latest().Program.Currency) }

// touch marks an account, and so its partition, as written.
func (b *batch) touch(h *holding) {
	b.parts.Touch(h.partition)
	if !h.touched {
		h.touched = true
		b.order = append(b.order, storage.Ref{Program: h.account.Program, Account: h.account.ID})
	}
}

// refuse remembers that an event was refused. Who published it hears of it from accrual, which judges alike.
func (b *batch) refuse(m follow.Message, why *reason.Error) error {
	b.refused[m.Identity] = true
	b.parts.Refuse(m.Partition)
	b.outcome.Refusals[string(why.Reason)]++
	b.changes.Refusals = append(b.changes.Refusals, storage.Refusal{
		ID: m.Identity, Program: m.Program, Reason: string(why.Reason), Sequence: int64(m.Sequence), //nolint:gosec // far below 2^63
	})
	return nil
}

// refuseFor refuses a message for an error that is a refusal; any other error goes through.
func (b *batch) refuseFor(m follow.Message, err error) error {
	refusal, ok := reason.Of(err)
	if !ok {
		return err
	}
	return b.refuse(m, refusal)
}

func account(m follow.Message) storage.Ref {
	return storage.Ref{Program: m.Program, Account: m.Account}
}
