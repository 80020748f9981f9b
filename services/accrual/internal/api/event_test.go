package api_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// status writes an event's state in one line.
func status(e *accrualv1.EventStatus) string {
	switch e.GetState() {
	case accrualv1.EventState_EVENT_STATE_TAKEN:
		return e.GetKind() + " " + e.GetEventId() + " taken: " + e.GetEntryKey()
	case accrualv1.EventState_EVENT_STATE_WAITING:
		return e.GetKind() + " " + e.GetEventId() + " waiting: " + e.GetEntryKey()
	case accrualv1.EventState_EVENT_STATE_REFUSED:
		return e.GetKind() + " " + e.GetEventId() + " refused: " + e.GetReason() + ": " + e.GetMessage()
	}
	return "no state"
}

func (d *desk) statuses(order string) []string {
	d.t.Helper()
	answer, err := d.client.GetEventStatus(d.t.Context(), &accrualv1.GetEventStatusRequest{Program: "tea", Merchant: "shop", OrderId: order})
	require.NoError(d.t, err)
	var list []string
	for _, e := range answer.GetEvents() {
		list = append(list, status(e))
	}
	return list
}

// refuse writes a refusal row, as a lane does.
func (d *desk) refuse(r storage.Refusal) storage.Refusal {
	d.t.Helper()
	if r.Program == "" {
		r.Program = "tea"
	}
	r.Merchant, r.RefusedAt = "shop", r.RefusedAt.UTC()
	d.commit(storage.Writes{Refusals: []storage.Refusal{r}})
	return r
}

func TestWhatBecameOfTheEventsOfAnOrder(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	back := orders.Event{Kind: orders.Returned, Occurrence: "r-1", OccurredAt: moment(t, "2026-01-02"), Currency: "USD"}
	off := orders.Event{Kind: orders.Canceled, OccurredAt: moment(t, "2026-01-03")}
	order := func(id string) string {
		return storage.OrderField(storage.OrderRef{Program: "tea", Ref: orders.Ref{Merchant: "shop", Order: id}})
	}

	require.Empty(t, d.statuses("1"), "nobody has heard of it")

	d.take("ann", "1", paid(t, "2026-01-01", 1_000), "2026-01-01")
	d.take("ann", "1", back, "2026-01-02")
	d.refuse(storage.Refusal{ID: "b", Order: order("1"), Kind: "returned", EventID: "e-2", Reason: "UNKNOWN_LINE", Message: "no line 7", RefusedAt: moment(t, "2026-01-06")})
	d.refuse(storage.Refusal{ID: "c", Order: order("1"), Kind: "returned", EventID: "e-1", Reason: "RETURN_EXCEEDS_ORDER", Message: "too much", RefusedAt: moment(t, "2026-01-05")})
	d.refuse(storage.Refusal{ID: "d", Order: order("10"), Kind: "paid", EventID: "e-3", Reason: "UNKNOWN_CURRENCY", RefusedAt: moment(t, "2026-01-05")})
	require.Equal(t, []string{
		"paid 1/paid taken: order/shop/1/1",
		"returned 1/returned taken: order/shop/1/2",
		"returned e-1 refused: RETURN_EXCEEDS_ORDER: too much",
		"returned e-2 refused: UNKNOWN_LINE: no line 7",
	}, d.statuses("1"))

	d.take("ann", "2", back, "2026-01-02")
	require.Equal(t, []string{"returned 2/returned waiting: order/shop/2/1"}, d.statuses("2"))
	d.take("ann", "2", paid(t, "2026-01-04", 1_000), "2026-01-04")
	require.Equal(t, []string{
		"returned 2/returned taken: order/shop/2/1",
		"paid 2/paid taken: order/shop/2/2",
	}, d.statuses("2"))

	d.take("bob", "3", back, "2026-01-02")
	d.take("bob", "3", off, "2026-01-20")
	d.until("bob", "2026-02-02")
	d.refuse(storage.Refusal{ID: "lapsed-x", Order: order("3"), Kind: "returned", EventID: "3/returned", Reason: "RETURN_WITHOUT_ORDER", Message: "it waited", RefusedAt: moment(t, "2026-02-02")})
	require.Equal(t, []string{
		"cancelled 3/cancelled waiting: order/shop/3/2",
		"returned 3/returned refused: RETURN_WITHOUT_ORDER: it waited",
	}, d.statuses("3"), "what waited in vain is refused, and stands there once")
}

func TestOfManyRefusalsOfAnOrderSomeAreTold(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	order := storage.OrderField(storage.OrderRef{Program: "tea", Ref: orders.Ref{Merchant: "shop", Order: "1"}})
	var rows []storage.Refusal
	for i := range 201 {
		rows = append(rows, storage.Refusal{ID: fmt.Sprint(i), Program: "tea", Order: order, Reason: "UNKNOWN_LINE", RefusedAt: moment(t, "2026-01-06")})
	}
	d.commit(storage.Writes{Refusals: rows})
	require.Len(t, d.statuses("1"), 200)
}
