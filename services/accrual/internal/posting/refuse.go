package posting

import (
	"context"
	"slices"
	"time"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// refuse remembers a refusal, sends the event to DEAD with its reason, and says so in FACTS.
func (b *batch) refuse(m follow.Message, why *reason.Error) error {
	row := storage.Refusal{
		ID: m.Identity, Program: m.Program, Merchant: m.Merchant, Account: m.Account, Kind: m.Kind,
		EventID: m.EventID, EventSource: m.EventSource, Reason: string(why.Reason), Message: why.Message, Field: why.Field,
		Partition: m.Partition, Epoch: b.parts.Get(m.Partition).Epoch, Sequence: int64(m.Sequence), //nolint:gosec // far below 2^63
		Subject: m.Original.Subject, Headers: m.Original.Headers, Body: m.Original.Body,
	}
	switch {
	case m.Order != nil:
		row.Order = storage.OrderField(order(m))
	case m.Action != nil:
		row.Order = storage.ActionField(m.Program, m.Action.Ref)
	}
	b.refused[m.Identity] = true
	if m.Order != nil || m.Grant != nil || enrolled(m) != nil {
		if err := b.takeBack(m, why); err != nil {
			return err
		}
	}
	return b.bury(row)
}

// onlyHere are the refusals that no other service comes to by itself from its own partition of EVENTS.
var onlyHere = []reason.Reason{reason.PoisonEvent, reason.OrderOfOtherAccount, reason.AmountOutOfRange}

// takeBack tells whoever folds EVENTS that an event which they may have taken was refused here, at a place of the log that
// is the same for all.
func (b *batch) takeBack(m follow.Message, why *reason.Error) error {
	if !slices.Contains(onlyHere, why.Reason) {
		return nil
	}
	out, err := message(bus.ControlSubject(m.Program, service, "refused", m.Account), "refused/"+m.Identity, time.Time{}, &controlv1.EventRefused{
		Program: m.Program, Account: m.Account, StreamSequence: m.Sequence, Identity: m.Identity, Reason: string(why.Reason),
	})
	b.parts.Publish(m.Partition, bus.Events, out)
	return err
}

// refuseFor refuses a message for an error that is a refusal; any other error goes through.
func (b *batch) refuseFor(m follow.Message, err error) error {
	refusal, ok := reason.Of(err)
	if !ok {
		return err
	}
	return b.refuse(m, refusal)
}

// lapsed buries the event whose wait an entry has ended.
func (b *batch) lapsed(ctx context.Context, h *holding, e ledger.Entry) error {
	waiting, err := b.waitingEntry(ctx, e)
	if err != nil {
		return err
	}
	original, err := b.original(ctx, waiting)
	if err != nil {
		return err
	}
	o := waiting.Order
	ref := storage.OrderRef{Program: e.Program, Ref: o.Ref}
	why := reason.New(reason.ReturnWithoutOrder, "order_id", "it waited until %s for order %s, which did not come",
		o.Deadline.Format("2006-01-02"), o.Ref.Order)
	return b.bury(storage.Refusal{
		ID: "lapsed-" + bus.EventID(e.Program, e.Key, nil), Program: e.Program, Merchant: o.Ref.Merchant, Account: string(e.Account),
		Kind: o.Event.Kind.String(), Order: storage.OrderField(ref), EventID: waiting.EventID, EventSource: waiting.EventSource,
		Reason: string(why.Reason), Message: why.Message, Field: why.Field, Partition: h.partition,
		Epoch: waiting.Position.Epoch, Sequence: int64(waiting.Position.Sequence), //nolint:gosec // far below 2^63
		Subject: original.Subject, Headers: original.Headers, Body: original.Body,
	})
}

// waitingEntry finds the entry of the event that a lapse ends: the newest of its kind and occurrence before it.
func (b *batch) waitingEntry(ctx context.Context, lapse ledger.Entry) (ledger.Entry, error) {
	matches := func(e ledger.Entry) bool {
		return e.Order != nil && e.Order.Waiting && e.Order.Ref == lapse.Order.Ref &&
			e.Order.Event.Kind == lapse.Order.Event.LapsedKind && e.Order.Event.Occurrence == lapse.Order.Event.Occurrence
	}
	for _, w := range slices.Backward(b.changes.Entries) {
		if w.Entry.Program == lapse.Program && matches(w.Entry) {
			return w.Entry, nil
		}
	}
	entries, err := b.poster.Storage.Order(ctx, storage.OrderRef{Program: lapse.Program, Ref: lapse.Order.Ref})
	if err != nil {
		return ledger.Entry{}, err
	}
	for _, e := range slices.Backward(entries) {
		if matches(e) {
			return e, nil
		}
	}
	return ledger.Entry{}, &ledger.BrokenError{
		Program: lapse.Program, Account: lapse.Account, Seq: lapse.Seq, What: "it ends a wait that no entry began",
	}
}

func (b *batch) original(ctx context.Context, waiting ledger.Entry) (storage.Original, error) {
	for _, w := range b.changes.Entries {
		if w.Entry.Key == waiting.Key && w.Entry.Program == waiting.Program && w.Original != nil {
			return *w.Original, nil
		}
	}
	return b.poster.Storage.Original(ctx, waiting.Program, waiting.Key)
}

// bury writes the row, the dead letter and the fact of a refusal.
func (b *batch) bury(row storage.Refusal) error {
	row.RefusedAt = b.poster.Clock.Now()
	row.Subject, row.Message, row.Field = asText(row.Subject), clip(asText(row.Message), messageBytesMax), clip(row.Field, fieldBytesMax)
	fact, err := refusalFact(row)
	if err != nil {
		return err
	}
	b.parts.Publish(row.Partition, bus.Facts, fact)
	b.parts.Publish(row.Partition, bus.Dead, deadLetter(row))
	b.parts.Refuse(row.Partition)
	b.changes.Refusals = append(b.changes.Refusals, row)
	b.outcome.Refusals[row.Reason]++
	return nil
}

func refusalFact(row storage.Refusal) (outbox.Message, error) {
	return message(bus.FactSubject(row.Program, service, "refused", row.Account), "refused/"+row.ID, row.RefusedAt, &accrualv1.EventRefused{
		Program: row.Program, Merchant: row.Merchant, Account: row.Account, Kind: row.Kind, EventId: row.EventID,
		EventSource: row.EventSource, StreamSequence: uint64(row.Sequence), Reason: row.Reason, //nolint:gosec // written from a uint64
		Message: row.Message, Field: row.Field,
	})
}
