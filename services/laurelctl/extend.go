package laurelctl

import (
	"context"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// extendCmd gives points a later last day.
type extendCmd struct {
	Account string `arg:"" help:"The account."`
	Before  string `required:"" placeholder:"DAY" help:"Points whose last day is before this one (YYYY-MM-DD) are meant."`
	Until   string `required:"" placeholder:"DAY" help:"The last day on which they can be spent from now on."`
	Reason  string `required:"" placeholder:"CODE" help:"Why: an UPPER_SNAKE code, for example STORE_CLOSED."`
	Key     string `required:"" placeholder:"KEY" help:"Names this one; repeated with the same key it takes effect once."`
	Propose bool   `help:"Do not give it yet: let another person approve it (account approve)."`
}

// Run asks for it. People name last days, the contract the first days on which points are gone.
func (c *extendCmd) Run(w *world) error {
	before, err := calendar.Parse(c.Before)
	if err != nil {
		return &usageError{"--before: " + err.Error(), "write a day, for example 2026-07-01"}
	}
	until, err := calendar.Parse(c.Until)
	if err != nil {
		return &usageError{"--until: " + err.Error(), "write a day, for example 2026-12-31"}
	}
	return w.ask(w.root.Timeout, func(ctx context.Context, a *accrual) error {
		program, err := a.programme()
		if err != nil {
			return err
		}
		if c.Propose {
			answer, err := a.ProposeExtension(ctx, &accrualv1.ProposeExtensionRequest{
				Program: program, Account: c.Account, BeforeDay: (before + 1).String(), ExpiryDay: (until + 1).String(), Reason: c.Reason, IdempotencyKey: c.Key,
			})
			if err != nil {
				return err
			}
			return w.show(answer, proposalRows(answer.GetProposal()))
		}
		answer, err := a.ExtendExpiry(ctx, &accrualv1.ExtendExpiryRequest{
			Program: program, Account: c.Account, BeforeDay: (before + 1).String(), ExpiryDay: (until + 1).String(), Reason: c.Reason, IdempotencyKey: c.Key,
		})
		if err != nil {
			return err
		}
		entries := []*accrualv1.Entry{answer.GetEntry()}
		return w.show(answer, entryRows(entries), entryTable(entries))
	})
}
