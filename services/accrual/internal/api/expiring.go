package api

import (
	"cmp"
	"context"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
)

// horizonDefault is how many days ahead is looked when the caller does not say.
const horizonDefault = 90

// ListExpiringPoints implements AccrualService. What is due by the partition's clock is posted on a copy first.
func (s *Server) ListExpiringPoints(ctx context.Context, in *accrualv1.ListExpiringPointsRequest) (*accrualv1.ListExpiringPointsResponse, error) {
	if err := s.deps.After(ctx, in.GetAfter(), follow.Account{Program: in.GetProgram(), ID: in.GetAccount()}); err != nil {
		return nil, err
	}
	part, err := s.partition(ctx, in.GetProgram(), in.GetAccount())
	if err != nil {
		return nil, err
	}
	account, _, err := s.deps.Storage.Account(ctx, storage.AccountRef{Program: in.GetProgram(), ID: ledger.AccountID(in.GetAccount())})
	if err != nil {
		return nil, err
	}
	if err := s.deps.Programs.Load(ctx, part.Revisions); err != nil {
		return nil, err
	}
	schedule := s.deps.Programs.Schedule(part, in.GetProgram())
	now := later(account.Clock, part.Clock)
	books, err := s.booksBy(ctx, account, now)
	if err != nil {
		return nil, err
	}
	if _, account, err = ledger.BringUp(account, schedule, books, now); err != nil {
		return nil, err
	}
	today := calendar.DayOf(now, schedule.Latest().Program.Zone)
	horizon := today.AddDays(cmp.Or(int(in.GetHorizonDays()), horizonDefault))
	answer := &accrualv1.ListExpiringPointsResponse{Day: today.String()}
	for _, l := range account.Lapsing(horizon) {
		answer.Expiring = append(answer.Expiring, &accrualv1.ExpiringPoints{
			Unit: l.Unit, ExpiryDay: l.Expiry.String(), LastDay: l.Expiry.AddDays(-1).String(), Points: int64(l.Points),
		})
	}
	return answer, nil
}
