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
	case refusedBy(m) != nil:
		return stopIfBroken(b.takeBack(ctx, m))
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
	arrival := orderbook.Arrival{Ref: m.Order.Ref, Event: m.Order.Event, ID: m.EventID, Source: m.EventSource}
	return b.decide(ctx, m, m.Order.Event.OccurredAt, standing.Heard{Arrival: &arrival}, func(s stage) (standing.Step, error) {
		book := b.books[account(m)][m.Order.Ref] // as it is now: a wait may just have lapsed
		return standing.Take(s.account, book, arrival, s.schedule, s.t)
	})
}

// grant lets the domain decide on a granted tier, or on its end.
func (b *batch) grant(ctx context.Context, m follow.Message) error {
	grant := standing.Grant{Given: m.Grant.Given, Ends: m.Grant.Ends}
	return b.decide(ctx, m, m.Grant.At, standing.Heard{Grant: &grant}, func(s stage) (standing.Step, error) {
		return standing.TakeGrant(s.account, grant, s.schedule, s.t)
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
	return b.decide(ctx, m, at, standing.Heard{Enrols: true}, func(s stage) (standing.Step, error) {
		return standing.Enrol(s.account, s.schedule, s.t), nil
	})
}

// stage is an account that has been brought up to the moment at which a message acts on it.
type stage struct {
	account  standing.Account
	schedule program.Schedule
	t        time.Time
}

// stage brings the account of a message up to its effective time.
func (b *batch) stage(ctx context.Context, m follow.Message) (*holding, stage, error) {
	part := b.parts.Get(m.Partition)
	h := b.accounts[account(m)]
	h.partition = m.Partition
	t := h.account.Clock
	if part.Clock.After(t) {
		t = part.Clock
	}
	err := b.bringUp(ctx, h, t)
	return h, stage{h.account, b.parts.Schedule(m.Partition, m.Program), t}, err
}

// decide lets something that happened at a time happen to the account of a message.
func (b *batch) decide(ctx context.Context, m follow.Message, at time.Time, heard standing.Heard, happen func(s stage) (standing.Step, error)) error {
	stream := m.Time
	if b.parts.Get(m.Partition).Events {
		stream = time.Time{}
	}
	if err := orderbook.Admit(m.Program, b.parts.Schedule(m.Partition, m.Program), at, stream); err != nil {
		return b.refuseFor(m, err)
	}
	h, s, err := b.stage(ctx, m)
	if err != nil {
		return err
	}
	step, err := happen(s)
	heard.Place = standing.Place{Sequence: m.Sequence, Identity: m.Identity, At: s.t, Known: s.schedule.Latest().Revision}
	if refusal, ok := reason.Of(err); ok {
		heard.Refused = refusal.Reason
	} else if err != nil {
		return err
	}
	if heard.IsToBeKept(step) {
		b.parts.Touch(m.Partition)
		b.changes.Heard = append(b.changes.Heard, storage.HeardWrite{Ref: account(m), Heard: heard})
	}
	switch {
	case err != nil:
		return b.refuseFor(m, err)
	case step.Repeats:
		b.outcome.Duplicates++
		return nil
	}
	if step.Row != nil {
		step.Row.Place = heard.Place
		b.keepBook(order(m), b.books[account(m)][m.Order.Ref].Add(*step.Row))
	}
	return b.keep(h, step)
}

// bringUp does what falls due for an account up to t.
func (b *batch) bringUp(ctx context.Context, h *holding, t time.Time) error {
	a := h.account
	schedule := b.parts.Schedule(h.partition, a.Program)
	for _, ref := range a.LapsesBy(t) {
		if err := b.readBook(ctx, storage.OrderRef{Account: h.ref(), Ref: ref}); err != nil {
			return err
		}
	}
	steps, _, err := standing.BringUp(a, schedule, b.books[h.ref()], t)
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
	if _, known := b.books[ref.Account][ref.Ref]; known {
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
	ref := h.ref()
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
		b.order = append(b.order, h.ref())
	}
}

// refuse remembers that an event was refused. Who published it hears of it from accrual, which judges alike.
func (b *batch) refuse(m follow.Message, why *reason.Error) error {
	b.outcome.Refusals[string(why.Reason)]++
	b.remember(m, standing.Place{Sequence: m.Sequence, Identity: m.Identity}, why.Reason)
	return nil
}

// remember keeps that the event at a place was refused, as a message says or shows.
func (b *batch) remember(m follow.Message, place standing.Place, why reason.Reason) {
	b.refused[place.Identity] = true
	b.parts.Refuse(m.Partition)
	b.changes.Refusals = append(b.changes.Refusals, storage.Refusal{
		ID: place.Identity, Program: m.Program, Reason: string(why), Sequence: int64(place.Sequence), //nolint:gosec // far below 2^63
	})
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

func order(m follow.Message) storage.OrderRef {
	return storage.OrderRef{Account: account(m), Ref: m.Order.Ref}
}

func (h *holding) ref() storage.Ref {
	return storage.Ref{Program: h.account.Program, Account: h.account.ID}
}
