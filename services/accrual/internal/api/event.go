package api

import (
	"cmp"
	"context"
	"maps"
	"slices"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/actions"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// refusalsShown bounds how many refusals of one order are told; an order has at most 1,000 entries.
const refusalsShown = 200

// GetEventStatus implements AccrualService: first the events that have entries, in their order, then those that were
// refused, at most 200 of them, the oldest first. An event whose wait has ended in vain is among the refused.
func (s *Server) GetEventStatus(ctx context.Context, in *accrualv1.GetEventStatusRequest) (*accrualv1.GetEventStatusResponse, error) {
	if err := s.deps.After(ctx, in.GetAfter()); err != nil { // whose order it is, only the entries tell
		return nil, err
	}
	entries, about, err := s.entriesOf(ctx, in)
	if err != nil {
		return nil, err
	}
	refusals, err := s.deps.Storage.RefusalsOf(ctx, about, refusalsShown)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(refusals, func(a, b storage.Refusal) int {
		return cmp.Or(a.RefusedAt.Compare(b.RefusedAt), cmp.Compare(a.ID, b.ID))
	})
	answer := &accrualv1.GetEventStatusResponse{Events: taken(entries)}
	for _, r := range refusals {
		answer.Events = append(answer.Events, &accrualv1.EventStatus{
			State: accrualv1.EventState_EVENT_STATE_REFUSED, Kind: clean(r.Kind), EventId: clean(r.EventID),
			EventSource: clean(r.EventSource), Reason: r.Reason, Message: clean(r.Message),
		})
	}
	return answer, nil
}

// entriesOf are the entries of the order or the action that is asked for, and what its refusals name it by.
func (s *Server) entriesOf(ctx context.Context, in *accrualv1.GetEventStatusRequest) ([]ledger.Entry, string, error) {
	if in.GetOrderId() != "" {
		ref := storage.OrderRef{Program: in.GetProgram(), Ref: orders.Ref{Merchant: in.GetMerchant(), Order: in.GetOrderId()}}
		entries, err := s.deps.Storage.Order(ctx, ref)
		return entries, storage.OrderField(ref), err
	}
	ref := actions.Ref{Source: in.GetMerchant(), ID: in.GetActionId()}
	key := storage.KeyRef{Program: in.GetProgram(), Key: ledger.ActionKey(ref)}
	found, err := s.deps.Storage.EntriesByKey(ctx, []storage.KeyRef{key})
	return slices.Collect(maps.Values(found)), storage.ActionField(in.GetProgram(), ref), err
}

// wait names an event that waits under its order.
type wait struct {
	kind       orders.Kind
	occurrence string
}

// taken tells of the events that have entries: each was taken, or waits for its order. A lapse is no event of a shop; it
// takes what waited off the list.
func taken(entries []ledger.Entry) []*accrualv1.EventStatus {
	var list []*accrualv1.EventStatus
	waits := map[wait]*accrualv1.EventStatus{}
	for _, e := range entries {
		if e.Action != nil {
			list = append(list, &accrualv1.EventStatus{
				State: accrualv1.EventState_EVENT_STATE_TAKEN, Kind: e.Action.Type, EventId: e.EventID, EventSource: e.EventSource, EntryKey: e.Key,
			})
			continue
		}
		o := e.Order
		if o.Event.Kind == orders.Lapsed {
			w := wait{o.Event.LapsedKind, o.Event.Occurrence}
			list = slices.DeleteFunc(list, func(s *accrualv1.EventStatus) bool { return s == waits[w] })
			delete(waits, w)
			continue
		}
		status := &accrualv1.EventStatus{
			State: accrualv1.EventState_EVENT_STATE_TAKEN, Kind: o.Event.Kind.String(),
			EventId: e.EventID, EventSource: e.EventSource, EntryKey: e.Key,
		}
		list = append(list, status)
		if o.Waiting {
			status.State = accrualv1.EventState_EVENT_STATE_WAITING
			waits[wait{o.Event.Kind, o.Event.Occurrence}] = status
		}
		if o.Revision > 0 { // the order was paid: nothing waits any more
			for _, s := range waits {
				s.State = accrualv1.EventState_EVENT_STATE_TAKEN
			}
			clear(waits)
		}
	}
	return list
}
