package laurelctl

import (
	"context"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
)

// freezing is whose account is frozen or let go, and why.
type freezing struct {
	Account string `arg:"" help:"The account."`
	Reason  string `required:"" placeholder:"CODE" help:"Why: an UPPER_SNAKE code, for example ACCOUNT_TAKEN_OVER."`
	Key     string `required:"" placeholder:"KEY" help:"Names this one; repeated with the same key it takes effect once."`
}

// ask asks for what the account may not do from now on.
func (f freezing) ask(w *world, earning, spending bool) error {
	return w.ask(w.root.Timeout, func(ctx context.Context, a *accrual) error {
		program, err := a.programme()
		if err != nil {
			return err
		}
		answer, err := a.FreezeAccount(ctx, &accrualv1.FreezeAccountRequest{
			Program: program, Account: f.Account, Earning: earning, Spending: spending, Reason: f.Reason, IdempotencyKey: f.Key,
		})
		if err != nil {
			return err
		}
		entries := []*accrualv1.Entry{answer.GetEntry()}
		return w.show(answer, entryRows(entries), entryTable(entries))
	})
}

// freezeCmd freezes an account.
type freezeCmd struct {
	freezing `embed:""`
	Earning  bool `help:"It may not earn."`
	Spending bool `help:"It may not spend."`
}

// Run freezes what is named, and lets the rest go.
func (c *freezeCmd) Run(w *world) error {
	if !c.Earning && !c.Spending {
		return &usageError{"nothing is to be frozen", "write --earning, --spending or both; account unfreeze ends both"}
	}
	return c.ask(w, c.Earning, c.Spending)
}

// unfreezeCmd lets an account earn and spend again.
type unfreezeCmd struct {
	freezing `embed:""`
}

// Run lets it.
func (c *unfreezeCmd) Run(w *world) error { return c.ask(w, false, false) }
