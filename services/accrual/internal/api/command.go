package api

import (
	"cmp"
	"context"
	"strings"
	"time"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/contract"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// holdDefault is how long a hold lasts when the caller does not say.
const holdDefault = 15 * time.Minute

// never is the expiry day of points that do not lapse.
const never = "never"

// write is what every request that moves points says.
type write interface {
	GetProgram() string
	GetAccount() string
	GetIdempotencyKey() string
}

// do has the ledger do a deed in the name of the caller, and tells of its entry once that is durable.
func (s *Server) do(ctx context.Context, in write, deed ledger.Deed) (*accrualv1.Entry, error) {
	ref := storage.AccountRef{Program: in.GetProgram(), ID: ledger.AccountID(in.GetAccount())}
	request := ledger.Request{Caller: who(ctx).Caller, Key: in.GetIdempotencyKey(), Deed: deed}
	e, err := s.deps.Do(ctx, ref, request)
	if err != nil {
		return nil, err
	}
	return contract.Entry(e), nil
}

// AwardPoints implements AccrualService.
func (s *Server) AwardPoints(ctx context.Context, in *accrualv1.AwardPointsRequest) (*accrualv1.AwardPointsResponse, error) {
	award := ledger.Award{
		Points: money.Points(in.GetPoints()), Issuer: cmp.Or(in.GetIssuer(), ledger.Operator), Reason: in.GetReason(),
	}
	var err error
	if award.Activation, err = dayFromProto(in.GetActivationDay(), "activation_day"); err != nil {
		return nil, err
	}
	if in.GetExpiryDay() == never {
		none := calendar.None
		award.Expiry = &none
	} else if award.Expiry, err = dayFromProto(in.GetExpiryDay(), "expiry_day"); err != nil {
		return nil, err
	}
	if err := s.mayAward(ctx, in.GetProgram()); err != nil {
		return nil, err
	}
	e, err := s.do(ctx, in, award)
	return &accrualv1.AwardPointsResponse{Entry: e}, err
}

// mayAward refuses whoever keeps the house where the programme limits what its people adjust: an award would go round the
// limits, and needs no reason and no second person.
func (s *Server) mayAward(ctx context.Context, id string) error {
	if name, _, _ := strings.Cut(who(ctx).Caller, "/"); name != ledger.Operator {
		return nil
	}
	known, err := s.latest(ctx, id)
	if err != nil || known.Program.Adjustments == nil {
		return err
	}
	return reason.New(reason.NotAllowed, "", "the programme limits what people give and take: adjust the points, or propose it")
}

// dayFromProto reads a day; nil where none is said.
func dayFromProto(text, field string) (*calendar.Day, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no day is a day that the programme chooses
	}
	day, err := calendar.Parse(text)
	if err != nil {
		return nil, reason.New(reason.InvalidArgument, field, "%s", err)
	}
	return &day, nil
}

// HoldPoints implements AccrualService.
func (s *Server) HoldPoints(ctx context.Context, in *accrualv1.HoldPointsRequest) (*accrualv1.HoldPointsResponse, error) {
	hold := ledger.Hold{Points: money.Points(in.GetPoints()), Redeemer: cmp.Or(in.GetRedeemer(), ledger.Operator), For: holdDefault}
	if in.GetTtl() != nil {
		hold.For = in.GetTtl().AsDuration().Truncate(time.Millisecond)
	}
	e, err := s.do(ctx, in, hold)
	return &accrualv1.HoldPointsResponse{HoldId: e.GetKey(), Entry: e}, err
}

// CaptureHold implements AccrualService.
func (s *Server) CaptureHold(ctx context.Context, in *accrualv1.CaptureHoldRequest) (*accrualv1.CaptureHoldResponse, error) {
	e, err := s.do(ctx, in, ledger.Capture{Hold: in.GetHoldId(), Points: money.Points(in.GetPoints())})
	return &accrualv1.CaptureHoldResponse{CaptureId: e.GetKey(), Entry: e}, err
}

// VoidHold implements AccrualService.
func (s *Server) VoidHold(ctx context.Context, in *accrualv1.VoidHoldRequest) (*accrualv1.VoidHoldResponse, error) {
	e, err := s.do(ctx, in, ledger.Void{Hold: in.GetHoldId()})
	return &accrualv1.VoidHoldResponse{Entry: e}, err
}

// FreezeAccount implements AccrualService.
func (s *Server) FreezeAccount(ctx context.Context, in *accrualv1.FreezeAccountRequest) (*accrualv1.FreezeAccountResponse, error) {
	known, err := s.latest(ctx, in.GetProgram())
	if err != nil {
		return nil, err
	}
	if err := who(ctx).Named(known.Program); err != nil {
		return nil, err
	}
	freeze := ledger.Freeze{Frozen: ledger.Frozen{Earning: in.GetEarning(), Spending: in.GetSpending()}, Reason: in.GetReason()}
	e, err := s.do(ctx, in, freeze)
	return &accrualv1.FreezeAccountResponse{Entry: e}, err
}

// RefundCapture implements AccrualService.
func (s *Server) RefundCapture(ctx context.Context, in *accrualv1.RefundCaptureRequest) (*accrualv1.RefundCaptureResponse, error) {
	e, err := s.do(ctx, in, ledger.Refund{Capture: in.GetCaptureId(), Points: money.Points(in.GetPoints())})
	return &accrualv1.RefundCaptureResponse{Entry: e}, err
}
