package api

import (
	"context"
	"math/big"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/totals"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// DonatePoints implements AccrualService.
func (s *Server) DonatePoints(ctx context.Context, in *accrualv1.DonatePointsRequest) (*accrualv1.DonatePointsResponse, error) {
	e, err := s.do(ctx, in, ledger.Donate{Cause: in.GetCause(), Points: money.Points(in.GetPoints()), Reason: in.GetReason()})
	return &accrualv1.DonatePointsResponse{Entry: e}, err
}

// ListCauses implements AccrualService.
func (s *Server) ListCauses(ctx context.Context, in *accrualv1.ListCausesRequest) (*accrualv1.ListCausesResponse, error) {
	known, err := s.latest(ctx, in.GetProgram())
	if err != nil {
		return nil, err
	}
	var all totals.Donations
	err = s.deps.Storage.ScanTotals(ctx, in.GetProgram(), func(key totals.Key, t totals.Tally) { all.Add(known.Program, key.Day, t) })
	if err != nil {
		return nil, err
	}
	answer := &accrualv1.ListCausesResponse{}
	for _, d := range all.Causes(known.Program) {
		for _, sum := range []*big.Int{d.Donated, d.Matched, d.Credited} {
			if !sum.IsInt64() {
				return nil, reason.New(reason.AmountOutOfRange, "", "cause %s has got %s points, more than this answer can hold", d.Cause, sum)
			}
		}
		answer.Causes = append(answer.Causes, &accrualv1.CauseTotal{
			Cause: d.Cause, Name: d.Name, DonatedPoints: d.Donated.Int64(), MatchedPoints: d.Matched.Int64(), CreditedPoints: d.Credited.Int64(),
		})
	}
	return answer, nil
}
