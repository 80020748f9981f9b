package laurelctl

import (
	"context"
	"strings"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
)

// correction is what a person wants of an account.
type correction struct {
	Account string `arg:"" help:"The account."`
	Points  int64  `arg:"" help:"How many points to add; below zero, behind --, to take away."`
	Reason  string `required:"" placeholder:"CODE" help:"Why: an UPPER_SNAKE code, for example LATE_DELIVERY."`
	Key     string `required:"" placeholder:"KEY" help:"Names this one; repeated with the same key it takes effect once."`
}

// adjustCmd corrects an account.
type adjustCmd struct {
	correction `embed:""`
}

// Run asks for the adjustment.
func (c *adjustCmd) Run(w *world) error {
	return w.ask(w.root.Timeout, func(ctx context.Context, a *accrual) error {
		program, err := a.programme()
		if err != nil {
			return err
		}
		answer, err := a.AdjustPoints(ctx, &accrualv1.AdjustPointsRequest{
			Program: program, Account: c.Account, Points: c.Points, Reason: c.Reason, IdempotencyKey: c.Key,
		})
		if err != nil {
			return err
		}
		entries := []*accrualv1.Entry{answer.GetEntry()}
		return w.show(answer, entryRows(entries), entryTable(entries))
	})
}

// proposeCmd proposes what another person must approve.
type proposeCmd struct {
	correction `embed:""`
}

// Run keeps the proposal.
func (c *proposeCmd) Run(w *world) error {
	return w.ask(w.root.Timeout, func(ctx context.Context, a *accrual) error {
		program, err := a.programme()
		if err != nil {
			return err
		}
		answer, err := a.ProposeAdjustment(ctx, &accrualv1.ProposeAdjustmentRequest{
			Program: program, Account: c.Account, Points: c.Points, Reason: c.Reason, IdempotencyKey: c.Key,
		})
		if err != nil {
			return err
		}
		return w.show(answer, proposalRows(answer.GetProposal()))
	})
}

// approveCmd approves what another person has proposed.
type approveCmd struct {
	Proposal string `arg:"" help:"Its id, as account proposals lists it."`
}

// Run approves it, and shows the entry.
func (c *approveCmd) Run(w *world) error {
	return w.ask(w.root.Timeout, func(ctx context.Context, a *accrual) error {
		program, err := a.programme()
		if err != nil {
			return err
		}
		answer, err := a.ApproveAdjustment(ctx, &accrualv1.ApproveAdjustmentRequest{Program: program, ProposalId: c.Proposal, IdempotencyKey: "approve"})
		if err != nil {
			return err
		}
		entries := []*accrualv1.Entry{answer.GetEntry()}
		return w.show(answer, entryRows(entries), entryTable(entries))
	})
}

// rejectCmd ends a proposal.
type rejectCmd struct {
	Proposal string `arg:"" help:"Its id, as account proposals lists it."`
}

// Run rejects it.
func (c *rejectCmd) Run(w *world) error {
	return w.ask(w.root.Timeout, func(ctx context.Context, a *accrual) error {
		program, err := a.programme()
		if err != nil {
			return err
		}
		answer, err := a.RejectAdjustment(ctx, &accrualv1.RejectAdjustmentRequest{Program: program, ProposalId: c.Proposal, IdempotencyKey: "reject"})
		if err != nil {
			return err
		}
		return w.show(answer, proposalRows(answer.GetProposal()))
	})
}

// proposalsCmd lists proposals.
type proposalsCmd struct {
	Open bool `help:"Those alone on which nobody has decided."`
}

// Run asks for them, page by page.
func (c *proposalsCmd) Run(w *world) error {
	return w.ask(w.root.Timeout, func(ctx context.Context, a *accrual) error {
		program, err := a.programme()
		if err != nil {
			return err
		}
		all := &accrualv1.ListAdjustmentProposalsResponse{}
		err = pages(0, func(size int32) (int, bool, error) {
			answer, err := a.ListAdjustmentProposals(ctx, &accrualv1.ListAdjustmentProposalsRequest{
				Program: program, Open: c.Open, PageSize: size, PageToken: all.GetNextPageToken(),
			})
			if err != nil {
				return 0, false, err
			}
			all.Proposals, all.NextPageToken = append(all.GetProposals(), answer.GetProposals()...), answer.GetNextPageToken()
			return len(all.GetProposals()), all.GetNextPageToken() != "", nil
		})
		if err != nil {
			return err
		}
		return w.show(all, proposalRows(all.GetProposals()...))
	})
}

func proposalRows(list ...*accrualv1.AdjustmentProposal) grid {
	g := grid{
		columns: []string{"proposal_id", "account", "points", "reason", "proposer", "state", "decided_by", "expires_at"},
		numbers: []string{"points"},
	}
	for _, p := range list {
		state := strings.ToLower(strings.TrimPrefix(p.GetState().String(), "PROPOSAL_STATE_"))
		g.add(p.GetProposalId(), p.GetAccount(), number(p.GetPoints()), p.GetReason(), p.GetProposer(), state, p.GetDecidedBy(), moment(p.GetExpiresAt()))
	}
	return g
}
