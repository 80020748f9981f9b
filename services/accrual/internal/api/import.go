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
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// ImportPoints implements AccrualService.
func (s *Server) ImportPoints(ctx context.Context, in *accrualv1.ImportPointsRequest) (*accrualv1.ImportPointsResponse, error) {
	deed, err := importFromProto(in)
	if err != nil {
		return nil, err
	}
	at, err := s.scene(ctx, in)
	if err != nil {
		return nil, err
	}
	if err := who(ctx).MayImport(deed.Points, at.schedule.Latest().Program); err != nil {
		return nil, err
	}
	if in.GetValidateOnly() {
		e, err := s.tried(ctx, at, ledger.Request{Caller: who(ctx).Caller, Key: in.GetIdempotencyKey(), Deed: deed})
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

// scene is an account with where it lives and what is known of its programme there.
type scene struct {
	account  storage.AccountRef
	part     store.Partition
	schedule program.Schedule
}

func (s *Server) scene(ctx context.Context, in write) (scene, error) {
	at := scene{account: storage.AccountRef{Program: in.GetProgram(), ID: ledger.AccountID(in.GetAccount())}}
	var err error
	if at.part, err = s.partition(ctx, in.GetProgram(), in.GetAccount()); err != nil {
		return at, err
	}
	if err := s.deps.Programs.Load(ctx, at.part.Revisions); err != nil {
		return at, err
	}
	if at.schedule = s.deps.Programs.Schedule(at.part, in.GetProgram()); at.schedule == nil {
		return at, reason.New(reason.UnknownProgram, "program", "no revision of programme %s is known", in.GetProgram())
	}
	return at, nil
}

// tried tells of the entry that a request would make now, and makes none: it does on a copy what a lane does. What was done before
// under the key is answered as do answers it.
func (s *Server) tried(ctx context.Context, at scene, request ledger.Request) (*accrualv1.Entry, error) {
	key := storage.KeyRef{Program: at.account.Program, Key: request.EntryKey()}
	known, err := s.deps.Storage.EntriesByKey(ctx, []storage.KeyRef{key})
	if err != nil {
		return nil, err
	}
	if e, ok := known[key]; ok {
		if err := request.Repeats(e, at.account.ID); err != nil {
			return nil, err
		}
		rpc.Replayed(ctx)
		e.RecordedAt = time.Time{}
		return contract.Entry(e), nil
	}
	account, err := s.accountOrNone(ctx, at.account)
	if err != nil {
		return nil, err
	}
	t, now := posting.Moment(at.part, at.schedule, s.deps.Clock.Now())
	if t = later(account.Clock, t); t.IsZero() {
		return nil, reason.New(reason.NotReady, "", "no event has told the house what time it is")
	}
	request.Now = now
	books, err := s.booksBy(ctx, account, t)
	if err != nil {
		return nil, err
	}
	if _, account, err = ledger.BringUp(account, at.schedule, books, t); err != nil {
		return nil, err
	}
	e, _, err := ledger.Do(account, request, at.schedule, t)
	if err != nil {
		return nil, err
	}
	return contract.Entry(e), nil
}
