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
	return w.ask(w.root.Timeout, func(ctx context.Context, a *accrual) error {
		program, err := a.programme()
		if err != nil {
			return err
		}
		answer, err := a.GetEventStatus(ctx, &accrualv1.GetEventStatusRequest{
			Program: program, Merchant: merchant, OrderId: order, After: c.After.toProto(),
		})
		if err != nil {
			return err
		}
		if len(answer.GetEvents()) == 0 && w.root.Output == formatTable {
			return w.lines([]string{"unknown: no event of order " + c.Order + " has come in"})
		}
		rows := grid{columns: []string{"kind", "state", "entry", "event_id", "event_source", "reason", "message"}}
		for _, e := range answer.GetEvents() {
			state := strings.ToLower(strings.TrimPrefix(e.GetState().String(), "EVENT_STATE_"))
			rows.add(e.GetKind(), state, e.GetEntryKey(), e.GetEventId(), e.GetEventSource(), e.GetReason(), e.GetMessage())
		}
		return w.show(answer, rows)
	})
}
