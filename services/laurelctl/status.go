package laurelctl

import (
	"context"
	"strings"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
)

// statusCmd says what became of an order.
type statusCmd struct {
	Order string   `arg:"" name:"merchant/order" help:"The order, for example shop/1001."`
	After position `placeholder:"N" help:"Not before this position of EVENTS is applied, as orders publish has told it."`
}

// Run asks for the events of the order.
func (c *statusCmd) Run(w *world) error {
	merchant, order, ok := strings.Cut(c.Order, "/")
	if !ok || merchant == "" || order == "" {
		return &usageError{c.Order + " does not name a merchant and an order", "write MERCHANT/ORDER, for example shop/1001"}
	}
	in := &accrualv1.GetEventStatusRequest{Merchant: merchant, OrderId: order, After: c.After.toProto()}
	return w.eventStatus(in, "no event of order "+c.Order+" has come in")
}

// actionStatusCmd says what became of an own event.
type actionStatusCmd struct {
	Action string   `arg:"" name:"source/id" help:"The event, for example laurelctl/visit-17."`
	After  position `placeholder:"N" help:"Not before this position of EVENTS is applied."`
}

// Run asks for it.
func (c *actionStatusCmd) Run(w *world) error {
	source, id, ok := strings.Cut(c.Action, "/")
	if !ok || source == "" || id == "" {
		return &usageError{c.Action + " does not name a source and an id", "write SOURCE/ID, for example laurelctl/visit-17"}
	}
	in := &accrualv1.GetEventStatusRequest{Merchant: source, ActionId: id, After: c.After.toProto()}
	return w.eventStatus(in, "no action "+c.Action+" has come in")
}

// eventStatus asks what became of events and shows it; unknown says that there are none.
func (w *world) eventStatus(in *accrualv1.GetEventStatusRequest, unknown string) error {
	return w.ask(w.root.Timeout, func(ctx context.Context, a *accrual) error {
		var err error
		if in.Program, err = a.programme(); err != nil {
			return err
		}
		answer, err := a.GetEventStatus(ctx, in)
		if err != nil {
			return err
		}
		if len(answer.GetEvents()) == 0 && w.root.Output == formatTable {
			return w.lines([]string{"unknown: " + unknown})
		}
		rows := grid{columns: []string{"kind", "state", "entry", "event_id", "event_source", "reason", "message"}}
		for _, e := range answer.GetEvents() {
			state := strings.ToLower(strings.TrimPrefix(e.GetState().String(), "EVENT_STATE_"))
			rows.add(e.GetKind(), state, e.GetEntryKey(), e.GetEventId(), e.GetEventSource(), e.GetReason(), e.GetMessage())
		}
		return w.show(answer, rows)
	})
}
