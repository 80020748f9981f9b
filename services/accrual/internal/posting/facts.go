package posting

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/contract"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

// service is accrual's name in subjects and sources.
const service = "accrual"

// told is what a fact says beside its entry.
type told struct {
	order *accrualv1.OrderStanding // what its order is now; nil for none
	data  []byte                   // of its action; nil for none
	unit  string                   // the programme's own
}

// entryFact tells of one entry. It is a pure function of the entry, of those before it under its order, and of what its
// action said, of which the ledger keeps the digest alone.
func entryFact(e ledger.Entry, told told) (outbox.Message, error) {
	e.RecordedAt = time.Time{}
	subject := bus.FactSubject(e.Program, service, e.Kind.String(), string(e.Account))
	return message(subject, e.Program+"/"+e.Key, e.EffectiveAt, &accrualv1.EntryPosted{
		Entry: contract.Entry(e), EffectiveDay: e.Day.String(), Order: told.order, ActionData: told.data,
		Unit: contract.Spent(e.After.Balances, told.unit),
	})
}

// standing tells what an order is by the revision that rates it; nil: it is not paid yet.
func standing(book ledger.Book, schedule program.Schedule) *accrualv1.OrderStanding {
	order := book.State
	if !order.Paid() {
		return nil
	}
	rules := schedule.Revision(book.Revision).Program
	day := calendar.DayOf(order.PaidAt(), rules.Zone)
	s := &accrualv1.OrderStanding{PaidDay: day.String(), Cancelled: order.Canceled(), Channel: order.Channel()}
	if order.Currency() != rules.Currency {
		s.Currency = string(rules.Currency)
	}
	counted, _ := rules.Counted(order)
	for _, c := range counted {
		line := &accrualv1.StandingLine{Sku: c.Line.SKU, Category: c.Line.Category, BaseMinor: int64(c.Base)}
		if c.HasCost {
			line.CostMinor = new(int64(c.Cost))
		}
		s.Lines = append(s.Lines, line)
	}
	return s
}

// message is an event of Laurel's own for the outbox: a fact, or a control event.
func message(subject, id string, at time.Time, body proto.Message) (outbox.Message, error) {
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(body)
	if err != nil {
		return outbox.Message{}, fmt.Errorf("write event %s: %w", id, err)
	}
	event := cloudevent.Event{
		ID: id, Source: "laurel/" + service, Type: string(body.ProtoReflect().Descriptor().FullName()),
		ContentType: cloudevent.ContentTypeProtobuf, Time: at,
	}
	m := outbox.Message{Subject: subject, ID: service + "/" + id, Data: data}
	for name, values := range event.Headers() {
		m.Header = append(m.Header, outbox.Header{Name: name, Value: values[0]})
	}
	slices.SortFunc(m.Header, func(a, b outbox.Header) int { return cmp.Compare(a.Name, b.Name) })
	return m, nil
}

// Finish implements follow.Batch: changed accounts with what falls due of them, entries with the time of recording.
func (b *batch) Finish(recorded func(partition int) time.Time) func(ctx context.Context) error {
	w := b.changes
	for i := range w.Entries {
		e := &w.Entries[i].Entry
		e.RecordedAt = recorded(b.accounts[storage.AccountRef{Program: e.Program, ID: e.Account}].partition)
	}
	for _, ref := range b.order {
		h := b.accounts[ref]
		due, _ := ledger.NextDue(h.account, b.parts.Schedule(h.partition, ref.Program))
		w.Accounts = append(w.Accounts, storage.AccountWrite{
			Account: h.account, From: h.from, Partition: h.partition, Due: due,
		})
	}
	return func(ctx context.Context) error { return b.poster.Storage.Write(ctx, w) }
}
