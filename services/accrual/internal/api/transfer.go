package api

import (
	"context"
	"time"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/contract"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// TransferPoints implements AccrualService.
func (s *Server) TransferPoints(ctx context.Context, in *accrualv1.TransferPointsRequest) (*accrualv1.TransferPointsResponse, error) {
	e, err := s.do(ctx, in, ledger.Transfer{To: ledger.AccountID(in.GetTo()), Points: money.Points(in.GetPoints()), Reason: in.GetReason()})
	return &accrualv1.TransferPointsResponse{Entry: e}, err
}

// ProposeTransfer implements AccrualService.
func (s *Server) ProposeTransfer(ctx context.Context, in *accrualv1.ProposeTransferRequest) (*accrualv1.ProposeTransferResponse, error) {
	as, err := s.as(ctx, in.GetProgram())
	if err != nil {
		return nil, err
	}
	wanted := adjustment(in)
	wanted.To = ledger.AccountID(in.GetTo())
	p, err := s.deps.Adjusting.Propose(ctx, who(ctx), wanted, as)
	if err != nil {
		return nil, err
	}
	return &accrualv1.ProposeTransferResponse{Proposal: proposalToProto(p, as.Now)}, nil
}

// GetTransfer implements AccrualService.
func (s *Server) GetTransfer(ctx context.Context, in *accrualv1.GetTransferRequest) (*accrualv1.GetTransferResponse, error) {
	id := in.GetTransferId()
	refs := []storage.KeyRef{{Program: in.GetProgram(), Key: id}, {Program: in.GetProgram(), Key: ledger.TransferKey(id)}, {Program: in.GetProgram(), Key: ledger.BackKey(id)}}
	known, err := s.deps.Storage.EntriesByKey(ctx, refs)
	if err != nil {
		return nil, err
	}
	told := func(ref storage.KeyRef) *accrualv1.Entry {
		e, ok := known[ref]
		if !ok || e.Transfer == nil {
			return nil
		}
		e.RecordedAt = time.Time{}
		return contract.Entry(e)
	}
	answer := &accrualv1.GetTransferResponse{State: accrualv1.TransferState_TRANSFER_STATE_IN_TRANSIT, Sent: told(refs[0])}
	if answer.GetSent() == nil {
		return nil, reason.New(reason.TransferNotFound, "transfer_id", "programme %s has no transfer %s", in.GetProgram(), id)
	}
	if answer.Ended = told(refs[1]); answer.GetEnded() != nil {
		answer.State = accrualv1.TransferState_TRANSFER_STATE_ARRIVED
	} else if answer.Ended = told(refs[2]); answer.GetEnded() != nil {
		answer.State = accrualv1.TransferState_TRANSFER_STATE_GIVEN_BACK
	}
	return answer, nil
}
