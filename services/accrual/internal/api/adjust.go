package api

import (
	"context"
	"time"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/adjusting"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/contract"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/cursor"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// who is the caller, by the credential: a service, the operator, or a person of the operator.
func who(ctx context.Context) adjusting.Who {
	w := adjusting.Who{Caller: string(rpc.Caller(ctx))}
	if p := rpc.PersonOf(ctx); p.ID != "" {
		w.Person, w.Role, w.Caller = p.ID, p.Role, w.Caller+"/"+p.ID
	}
	return w
}

// as is this moment as a programme has it; where the house lives in past days, that of its clocks.
func (s *Server) as(ctx context.Context, id string) (adjusting.As, error) {
	known, err := s.latest(ctx, id)
	if err != nil {
		return adjusting.As{}, err
	}
	part, err := s.partition(ctx, id, "")
	if err != nil {
		return adjusting.As{}, err
	}
	now := part.Clock
	if !part.Events {
		now = calendar.Millis(later(now, s.deps.Clock.Now()))
	}
	return adjusting.As{Program: known.Program, Now: now}, nil
}

// asked is what every request that wants an adjustment says.
type asked interface {
	write
	GetPoints() int64
	GetReason() string
}

func adjustment(in asked) adjusting.Adjustment {
	return adjusting.Adjustment{
		Account: storage.AccountRef{Program: in.GetProgram(), ID: ledger.AccountID(in.GetAccount())},
		Points:  money.Points(in.GetPoints()), Reason: in.GetReason(), Key: in.GetIdempotencyKey(),
	}
}

// AdjustPoints implements AccrualService.
func (s *Server) AdjustPoints(ctx context.Context, in *accrualv1.AdjustPointsRequest) (*accrualv1.AdjustPointsResponse, error) {
	as, err := s.as(ctx, in.GetProgram())
	if err != nil {
		return nil, err
	}
	e, err := s.deps.Adjusting.Adjust(ctx, who(ctx), adjustment(in), as)
	if err != nil {
		return nil, err
	}
	return &accrualv1.AdjustPointsResponse{Entry: contract.Entry(e)}, nil
}

// ProposeAdjustment implements AccrualService.
func (s *Server) ProposeAdjustment(ctx context.Context, in *accrualv1.ProposeAdjustmentRequest) (*accrualv1.ProposeAdjustmentResponse, error) {
	as, err := s.as(ctx, in.GetProgram())
	if err != nil {
		return nil, err
	}
	p, err := s.deps.Adjusting.Propose(ctx, who(ctx), adjustment(in), as)
	if err != nil {
		return nil, err
	}
	return &accrualv1.ProposeAdjustmentResponse{Proposal: proposalToProto(p, as.Now)}, nil
}

// ApproveAdjustment implements AccrualService.
func (s *Server) ApproveAdjustment(ctx context.Context, in *accrualv1.ApproveAdjustmentRequest) (*accrualv1.ApproveAdjustmentResponse, error) {
	as, err := s.as(ctx, in.GetProgram())
	if err != nil {
		return nil, err
	}
	p, e, err := s.deps.Adjusting.Approve(ctx, who(ctx), in.GetProgram(), in.GetProposalId(), as)
	if err != nil {
		return nil, err
	}
	return &accrualv1.ApproveAdjustmentResponse{Proposal: proposalToProto(p, as.Now), Entry: contract.Entry(e)}, nil
}

// RejectAdjustment implements AccrualService.
func (s *Server) RejectAdjustment(ctx context.Context, in *accrualv1.RejectAdjustmentRequest) (*accrualv1.RejectAdjustmentResponse, error) {
	as, err := s.as(ctx, in.GetProgram())
	if err != nil {
		return nil, err
	}
	p, err := s.deps.Adjusting.Reject(ctx, who(ctx), in.GetProgram(), in.GetProposalId(), as)
	if err != nil {
		return nil, err
	}
	return &accrualv1.RejectAdjustmentResponse{Proposal: proposalToProto(p, as.Now)}, nil
}

// ListAdjustmentProposals implements AccrualService.
func (s *Server) ListAdjustmentProposals(ctx context.Context, in *accrualv1.ListAdjustmentProposalsRequest) (*accrualv1.ListAdjustmentProposalsResponse, error) {
	as, err := s.as(ctx, in.GetProgram())
	if err != nil {
		return nil, err
	}
	state := ""
	if in.GetOpen() {
		state = storage.ProposalOpen
	}
	list := []string{"proposals", in.GetProgram(), state}
	after, err := cursor.Place(list, in.GetPageToken())
	if err != nil {
		return nil, err
	}
	size := pageSize(in.GetPageSize())
	kept, err := s.deps.Storage.Proposals(ctx, in.GetProgram(), state, after, size+1)
	if err != nil {
		return nil, err
	}
	proposals := make([]*accrualv1.AdjustmentProposal, len(kept))
	for i, p := range kept {
		proposals[i] = proposalToProto(p, as.Now)
	}
	answer := &accrualv1.ListAdjustmentProposalsResponse{}
	shown, more := page(proposals, size)
	answer.Proposals = shown
	if more {
		answer.NextPageToken = cursor.Of(list, shown[len(shown)-1].GetProposalId())
	}
	return answer, nil
}

func proposalToProto(p storage.Proposal, now time.Time) *accrualv1.AdjustmentProposal {
	state := map[string]accrualv1.ProposalState{
		storage.ProposalOpen: accrualv1.ProposalState_PROPOSAL_STATE_OPEN, storage.ProposalApproved: accrualv1.ProposalState_PROPOSAL_STATE_APPROVED,
		storage.ProposalDone: accrualv1.ProposalState_PROPOSAL_STATE_DONE, storage.ProposalRejected: accrualv1.ProposalState_PROPOSAL_STATE_REJECTED,
	}[p.State]
	if p.State == storage.ProposalOpen && !now.Before(p.ExpiresAt) {
		state = accrualv1.ProposalState_PROPOSAL_STATE_LAPSED
	}
	proposal := &accrualv1.AdjustmentProposal{
		ProposalId: p.ID, Program: p.Program, Account: p.Account, Points: p.Points, Reason: p.Reason, Proposer: p.Proposer,
		ProposedAt: contract.Time(p.ProposedAt), ExpiresAt: contract.Time(p.ExpiresAt), State: state, DecidedBy: p.DecidedBy, To: p.To,
		DecidedAt: contract.Time(p.DecidedAt), EntryKey: p.Entry,
	}
	if p.Until != 0 {
		proposal.BeforeDay, proposal.ExpiryDay = calendar.Day(p.Before).String(), calendar.Day(p.Until).String()
	}
	return proposal
}
