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

// ExtendExpiry implements AccrualService. What counts against the limits of a person is what the account has now; if more has
// come by the time the ledger decides, it refuses, and the caller asks again.
func (s *Server) ExtendExpiry(ctx context.Context, in *accrualv1.ExtendExpiryRequest) (*accrualv1.ExtendExpiryResponse, error) {
	before, err := dayFromProto(in.GetBeforeDay(), "before_day")
	if err != nil {
		return nil, err
	}
	to, err := dayFromProto(in.GetExpiryDay(), "expiry_day")
	if err != nil {
		return nil, err
	}
	as, err := s.as(ctx, in.GetProgram())
	if err != nil {
		return nil, err
	}
	ref := storage.AccountRef{Program: in.GetProgram(), ID: ledger.AccountID(in.GetAccount())}
	account, _, err := s.deps.Storage.Account(ctx, ref)
	if err != nil {
		return nil, err
	}
	wanted := adjusting.Adjustment{
		Account: ref, Reason: in.GetReason(), Key: in.GetIdempotencyKey(), Points: math.MaxInt64,
		Extend: &ledger.Extend{ExtensionPart: ledger.ExtensionPart{Before: *before, To: *to}},
	}
	if as.Program.Adjustments != nil {
		wanted.Points = wanted.Extend.Extends(account, as.Program.Unit)
	}
	e, err := s.deps.Adjusting.Adjust(ctx, who(ctx), wanted, as)
	if err != nil {
		return nil, err
	}
	return &accrualv1.ExtendExpiryResponse{Entry: contract.Entry(e)}, nil
}
