package laurelctl

import (
	"context"
	"strings"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
)

// sendCmd sends points from one account to another.
type sendCmd struct {
	Account string `arg:"" help:"The account that the points leave."`
	To      string `arg:"" help:"The account that they go to."`
	Points  int64  `arg:"" help:"How many arrive; the fee comes on top."`
	Reason  string `placeholder:"CODE" help:"Why: an UPPER_SNAKE code, for example GIFT."`
	Key     string `required:"" placeholder:"KEY" help:"Names this one; repeated with the same key it takes effect once."`
	Propose bool   `help:"Do not send them yet: let another person approve it (account approve)."`
}

// Run asks for it.
func (c *sendCmd) Run(w *world) error {
	return w.ask(w.root.Timeout, func(ctx context.Context, a *accrual) error {
		program, err := a.programme()
		if err != nil {
			return err
		}
		if c.Propose {
			answer, err := a.ProposeTransfer(ctx, &accrualv1.ProposeTransferRequest{
				Program: program, Account: c.Account, To: c.To, Points: c.Points, Reason: c.Reason, IdempotencyKey: c.Key,
			})
			if err != nil {
				return err
			}
			return w.show(answer, proposalRows(answer.GetProposal()))
		}
		answer, err := a.TransferPoints(ctx, &accrualv1.TransferPointsRequest{
			Program: program, Account: c.Account, To: c.To, Points: c.Points, Reason: c.Reason, IdempotencyKey: c.Key,
		})
		if err != nil {
			return err
		}
		entries := []*accrualv1.Entry{answer.GetEntry()}
		return w.show(answer, entryRows(entries), entryTable(entries))
	})
}

// transferCmd tells what became of points that were sent.
type transferCmd struct {
	Transfer string `arg:"" help:"The key of the entry that sent them."`
}

// Run asks for it.
func (c *transferCmd) Run(w *world) error {
	return w.ask(w.root.Timeout, func(ctx context.Context, a *accrual) error {
		program, err := a.programme()
		if err != nil {
			return err
		}
		answer, err := a.GetTransfer(ctx, &accrualv1.GetTransferRequest{Program: program, TransferId: c.Transfer})
		if err != nil {
			return err
		}
		t := answer.GetSent().GetTransfer()
		is := grid{columns: []string{"what", "value"}}
		is.add("transfer", t.GetTransferId())
		is.add("from", t.GetFrom())
		is.add("to", t.GetTo())
		is.add("points", number(t.GetPoints()))
		is.add("fee", number(t.GetFeePoints()))
		is.add("state", strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(answer.GetState().String(), "TRANSFER_STATE_"), "_", " ")))
		if why := answer.GetEnded().GetTransfer().GetRefused(); why != "" {
			is.add("refused", why)
		}
		entries := []*accrualv1.Entry{answer.GetSent()}
		if answer.GetEnded() != nil {
			entries = append(entries, answer.GetEnded())
		}
		return w.show(answer, entryRows(entries), is, entryTable(entries))
	})
}
