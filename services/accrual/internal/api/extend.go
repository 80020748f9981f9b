package api

import (
	"context"
	"math"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/adjusting"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/contract"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
)

// extending is what every request for a later day says.
type extending interface {
	write
	GetBeforeDay() string
	GetExpiryDay() string
	GetReason() string
}

// extension is the later day that a request asks for, and how many points are meant by it as the account stands.
func (s *Server) extension(ctx context.Context, in extending) (adjusting.Adjustment, adjusting.As, error) {
	before, err := dayFromProto(in.GetBeforeDay(), "before_day")
	if err != nil {
		return adjusting.Adjustment{}, adjusting.As{}, err
	}
	to, err := dayFromProto(in.GetExpiryDay(), "expiry_day")
	if err != nil {
		return adjusting.Adjustment{}, adjusting.As{}, err
	}
	as, err := s.as(ctx, in.GetProgram())
	if err != nil {
		return adjusting.Adjustment{}, as, err
	}
	wanted := adjusting.Adjustment{
		Account: storage.AccountRef{Program: in.GetProgram(), ID: ledger.AccountID(in.GetAccount())}, Reason: in.GetReason(), Key: in.GetIdempotencyKey(),
		Extend: &ledger.Extend{ExtensionPart: ledger.ExtensionPart{Before: *before, To: *to}},
	}
	account, _, err := s.deps.Storage.Account(ctx, wanted.Account)
	if err != nil {
		return wanted, as, err
	}
	wanted.Points = wanted.Extend.Extends(account, as.Program.Unit)
	return wanted, as, nil
}

// ExtendExpiry implements AccrualService. What counts against the limits of a person is what the account has now; if more has
// come by the time the ledger decides, it refuses, and the caller asks again.
func (s *Server) ExtendExpiry(ctx context.Context, in *accrualv1.ExtendExpiryRequest) (*accrualv1.ExtendExpiryResponse, error) {
	wanted, as, err := s.extension(ctx, in)
	if err != nil {
		return nil, err
	}
	if as.Program.Adjustments == nil {
		wanted.Points = math.MaxInt64
	}
	e, err := s.deps.Adjusting.Adjust(ctx, who(ctx), wanted, as)
	if err != nil {
		return nil, err
	}
	return &accrualv1.ExtendExpiryResponse{Entry: contract.Entry(e)}, nil
}

// ProposeExtension implements AccrualService.
func (s *Server) ProposeExtension(ctx context.Context, in *accrualv1.ProposeExtensionRequest) (*accrualv1.ProposeExtensionResponse, error) {
	wanted, as, err := s.extension(ctx, in)
	if err != nil {
		return nil, err
	}
	p, err := s.deps.Adjusting.Propose(ctx, who(ctx), wanted, as)
	if err != nil {
		return nil, err
	}
	return &accrualv1.ProposeExtensionResponse{Proposal: proposalToProto(p, as.Now)}, nil
}
