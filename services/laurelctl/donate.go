package laurelctl

import (
	"context"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
)

// donateCmd gives points to a cause.
type donateCmd struct {
	Account string `arg:"" help:"The account that the points leave."`
	Cause   string `arg:"" help:"The cause, as the programme names it."`
	Points  int64  `arg:"" help:"How many."`
	Reason  string `placeholder:"CODE" help:"Why: an UPPER_SNAKE code, for example GIFT."`
	Key     string `required:"" placeholder:"KEY" help:"Names this one; repeated with the same key it takes effect once."`
}

// Run asks for it.
func (c *donateCmd) Run(w *world) error {
	return w.ask(w.root.Timeout, func(ctx context.Context, a *accrual) error {
		program, err := a.programme()
		if err != nil {
			return err
		}
		answer, err := a.DonatePoints(ctx, &accrualv1.DonatePointsRequest{
			Program: program, Account: c.Account, Cause: c.Cause, Points: c.Points, Reason: c.Reason, IdempotencyKey: c.Key,
		})
		if err != nil {
			return err
		}
		entries := []*accrualv1.Entry{answer.GetEntry()}
		return w.show(answer, entryRows(entries), entryTable(entries))
	})
}

// causesCmd tells what causes have got.
type causesCmd struct{}

// Run asks for it.
func (c *causesCmd) Run(w *world) error {
	return w.ask(w.root.Timeout, func(ctx context.Context, a *accrual) error {
		program, err := a.programme()
		if err != nil {
			return err
		}
		answer, err := a.ListCauses(ctx, &accrualv1.ListCausesRequest{Program: program})
		if err != nil {
			return err
		}
		g := grid{columns: []string{"cause", "name", "donated", "matched", "credited"}, numbers: []string{"donated", "matched", "credited"}}
		for _, t := range answer.GetCauses() {
			g.add(t.GetCause(), t.GetName(), number(t.GetDonatedPoints()), number(t.GetMatchedPoints()), number(t.GetCreditedPoints()))
		}
		return w.show(answer, g)
	})
}
