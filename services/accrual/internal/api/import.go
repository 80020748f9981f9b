package api

import (
	"cmp"
	"context"
	"time"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/contract"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/posting"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// ImportPoints implements AccrualService.
func (s *Server) ImportPoints(ctx context.Context, in *accrualv1.ImportPointsRequest) (*accrualv1.ImportPointsResponse, error) {
	deed, err := importFromProto(in)
	if err != nil {
		return nil, err
	}
	known, err := s.latest(ctx, in.GetProgram())
	if err != nil {
		return nil, err
	}
	if err := who(ctx).MayImport(deed.Points, known.Program); err != nil {
		return nil, err
	}
	if in.GetValidateOnly() {
		e, err := s.tried(ctx, in, deed)
		return &accrualv1.ImportPointsResponse{Entry: e}, err
	}
	e, err := s.do(ctx, in, deed)
	return &accrualv1.ImportPointsResponse{Entry: e}, err
}

func importFromProto(in *accrualv1.ImportPointsRequest) (ledger.Import, error) {
	deed := ledger.Import{
		Source: in.GetSource(), Points: money.Points(in.GetPoints()), Issuer: cmp.Or(in.GetIssuer(), ledger.Operator), Issued: calendar.None,
	}
	issued, err := dayFromProto(in.GetIssuedDay(), "issued_day")
	if err != nil {
		return deed, err
	}
	if issued != nil {
		deed.Issued = *issued
	}
	if in.GetExpiryDay() == never {
		none := calendar.None
		deed.Expiry = &none
		return deed, nil
	}
	deed.Expiry, err = dayFromProto(in.GetExpiryDay(), "expiry_day")
	return deed, err
}

// tried tells of the entry that a deed would make now, and makes none: it does on a copy what a lane does. What was done before
// under the key is answered as do answers it.
func (s *Server) tried(ctx context.Context, in write, deed ledger.Deed) (*accrualv1.Entry, error) {
	ref := storage.AccountRef{Program: in.GetProgram(), ID: ledger.AccountID(in.GetAccount())}
	request := ledger.Request{Caller: who(ctx).Caller, Key: in.GetIdempotencyKey(), Deed: deed}
	key := storage.KeyRef{Program: ref.Program, Key: request.EntryKey()}
	known, err := s.deps.Storage.EntriesByKey(ctx, []storage.KeyRef{key})
	if err != nil {
		return nil, err
	}
	if e, ok := known[key]; ok {
		if err := request.Repeats(e, ref.ID); err != nil {
			return nil, err
		}
		rpc.Replayed(ctx)
		e.RecordedAt = time.Time{}
		return contract.Entry(e), nil
	}
	part, err := s.partition(ctx, ref.Program, string(ref.ID))
	if err != nil {
		return nil, err
	}
	if err := s.deps.Programs.Load(ctx, part.Revisions); err != nil {
		return nil, err
	}
	schedule := s.deps.Programs.Schedule(part, ref.Program)
	if schedule == nil {
		return nil, reason.New(reason.UnknownProgram, "program", "no revision of programme %s is known", ref.Program)
	}
	account, err := s.accountOrNone(ctx, ref)
	if err != nil {
		return nil, err
	}
	t, now := posting.Moment(part, schedule, s.deps.Clock.Now())
	if t = later(account.Clock, t); t.IsZero() {
		return nil, reason.New(reason.NotReady, "", "no event has told the house what time it is")
	}
	request.Now = now
	books, err := s.booksBy(ctx, account, t)
	if err != nil {
		return nil, err
	}
	if _, account, err = ledger.BringUp(account, schedule, books, t); err != nil {
		return nil, err
	}
	e, _, err := ledger.Do(account, request, schedule, t)
	if err != nil {
		return nil, err
	}
	return contract.Entry(e), nil
}
