package laurelctl

import (
	"context"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
)

// expiringCmd lists what lapses.
type expiringCmd struct {
	Account string   `arg:"" help:"The account."`
	Days    int32    `default:"90" placeholder:"N" help:"How many days ahead to look. Default: ${default}."`
	After   position `placeholder:"N" help:"Not before this position of EVENTS is applied, as orders publish has told it."`
}

// Run asks for it.
func (c *expiringCmd) Run(w *world) error {
	return w.ask(w.root.Timeout, func(ctx context.Context, a *accrual) error {
		program, err := a.programme()
		if err != nil {
			return err
		}
		answer, err := a.ListExpiringPoints(ctx, &accrualv1.ListExpiringPointsRequest{
			Program: program, Account: c.Account, HorizonDays: c.Days, After: c.After.toProto(),
		})
		if err != nil {
			return err
		}
		g := grid{columns: []string{"unit", "points", "last_day"}, numbers: []string{"points"}}
		for _, e := range answer.GetExpiring() {
			g.add(e.GetUnit(), number(e.GetPoints()), e.GetLastDay())
		}
		return w.show(answer, g)
	})
}
