package folding

import (
	"context"
	"time"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
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
	case granted(m):
		return stopIfBroken(b.grant(ctx, m))
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
	streamTime := m.Time
	if b.parts.Get(m.Partition).Events {
		streamTime = time.Time{}
	}
	schedule := b.parts.Schedule(m.Partition, m.Program)
	if err := orderbook.Admit(m.Program, schedule, m.Order.Event.OccurredAt, streamTime); err != nil {
		return b.refuseFor(m, err)
	}
	return b.decide(ctx, m, func(h *holding, t time.Time) (standing.Step, error) {
		book := b.books[m.Program][m.Order.Ref] // as it is now: a wait may just have lapsed
		arrival := orderbook.Arrival{Ref: m.Order.Ref, Event: m.Order.Event, ID: m.EventID, Source: m.EventSource}
		return standing.Take(h.account, book, arrival, schedule, t)
	})
}

// grant lets the domain decide on a granted tier, or on its end.
func (b *batch) grant(ctx context.Context, m follow.Message) error {
	schedule := b.parts.Schedule(m.Partition, m.Program)
	if err := orderbook.Admit(m.Program, schedule, time.Time{}, time.Time{}); err != nil {
		return b.refuseFor(m, err)
	}
	g, err := grantFromProto(m)
	if err != nil {
		return b.refuseFor(m, err)
	}
	return b.decide(ctx, m, func(h *holding, t time.Time) (standing.Step, error) {
		return standing.TakeGrant(h.account, g, schedule, t)
	})
}

// decide brings the account of a message up and lets something happen to it.
func (b *batch) decide(ctx context.Context, m follow.Message, happen func(h *holding, t time.Time) (standing.Step, error)) error {
	h := b.accounts[account(m)]
	h.partition = m.Partition
	t := h.account.Clock
	if clock := b.parts.Get(m.Partition).Clock; clock.After(t) {
		t = clock
	}
	if err := b.bringUp(ctx, h, t); err != nil {
		return err
	}
	step, err := happen(h, t)
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

// granted tells whether a message is about a granted tier.
func granted(m follow.Message) bool {
	switch m.Control.(type) {
	case *controlv1.TierGranted, *controlv1.TierGrantEnded:
		return true
	}
	return false
}

func grantFromProto(m follow.Message) (standing.Grant, error) {
	switch c := m.Control.(type) {
	case *controlv1.TierGranted:
		from, err := calendar.Parse(c.GetFromDay())
		if err != nil {
			return standing.Grant{}, reason.New(reason.InvalidField, "from_day", "%s", err)
		}
		until, err := calendar.Parse(c.GetUntilDay())
		if err != nil {
			return standing.Grant{}, reason.New(reason.InvalidField, "until_day", "%s", err)
		}
		return standing.Grant{Given: ladder.Grant{
			ID: c.GetGrantId(), Tier: c.GetTier(), From: from, Until: until, Reason: c.GetReason(), Actor: c.GetActor(),
		}}, nil
	case *controlv1.TierGrantEnded:
		return standing.Grant{Given: ladder.Grant{ID: c.GetGrantId()}, Ends: true}, nil
	}
	return standing.Grant{}, reason.New(reason.UnknownEventType, "kind", "%s is nothing about a granted tier", m.Kind)
}
