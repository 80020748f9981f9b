package api

import (
	"context"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/contract"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/cursor"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// GetAccount implements AccrualService. A past state is folded from the entries; what falls due next is then judged by the
// revision that was in force at the last of them.
func (s *Server) GetAccount(ctx context.Context, in *accrualv1.GetAccountRequest) (*accrualv1.GetAccountResponse, error) {
	if err := s.deps.After(ctx, in.GetAfter(), follow.Account{Program: in.GetProgram(), ID: in.GetAccount()}); err != nil {
		return nil, err
	}
	ref := storage.AccountRef{Program: in.GetProgram(), ID: ledger.AccountID(in.GetAccount())}
	if in.GetAt() != nil || in.GetKnownAt() != nil {
		until, err := untilOf(in)
		if err != nil {
			return nil, err
		}
		return s.pastAccount(ctx, ref, until)
	}
	account, due, err := s.deps.Storage.Account(ctx, ref)
	if err != nil {
		return nil, err
	}
	shown, err := s.shown(ctx, account, due)
	return &accrualv1.GetAccountResponse{Account: shown}, err
}

// shown is an account as the contract shows it, as of its last entry.
func (s *Server) shown(ctx context.Context, account ledger.Account, due time.Time) (*accrualv1.Account, error) {
	ref := storage.AccountRef{Program: account.Program, ID: account.ID}
	last, err := s.deps.Storage.Entries(ctx, ref, account.Version-1, 1)
	if err != nil {
		return nil, err
	}
	if len(last) == 0 {
		return nil, &ledger.BrokenError{Program: ref.Program, Account: ref.ID, Seq: account.Version, What: "the account has this version, and there is no such entry"}
	}
	known, err := s.known(ctx, last[0])
	if err != nil {
		return nil, err
	}
	return contract.Account(account, due, qualifying(account, known.Program), known.Program.Unit), nil
}

// until bounds which entries count; a time that is not set does not.
type until struct{ effective, recorded time.Time }

func untilOf(in *accrualv1.GetAccountRequest) (until, error) {
	effective, err := timeFromProto(in.GetAt(), "at")
	if err != nil {
		return until{}, err
	}
	recorded, err := timeFromProto(in.GetKnownAt(), "known_at")
	return until{effective, recorded}, err
}

func timeFromProto(t *timestamppb.Timestamp, field string) (time.Time, error) {
	if t == nil {
		return time.Time{}, nil
	}
	if err := t.CheckValid(); err != nil {
		return time.Time{}, reason.New(reason.InvalidArgument, field, "%s", err)
	}
	return t.AsTime(), nil
}

// has tells whether an entry counts. Neither time ever goes back within an account, so those that count come first.
func (u until) has(e ledger.Entry) bool {
	return (u.effective.IsZero() || !e.EffectiveAt.After(u.effective)) &&
		(u.recorded.IsZero() || !e.RecordedAt.After(u.recorded))
}

func (s *Server) pastAccount(ctx context.Context, ref storage.AccountRef, u until) (*accrualv1.GetAccountResponse, error) {
	account, last, err := s.fold(ctx, ref, u)
	if err != nil {
		return nil, err
	}
	if account.Version == 0 {
		return nil, reason.New(reason.AccountNotFound, "account", "there is no account %s in programme %s, or not yet at that time", ref.ID, ref.Program)
	}
	known, err := s.known(ctx, last)
	if err != nil {
		return nil, err
	}
	due, _ := ledger.NextDue(account, program.Schedule{known})
	return &accrualv1.GetAccountResponse{Account: contract.Account(account, due, qualifying(account, known.Program), known.Program.Unit)}, nil
}

// fold adds up the entries that count, and returns the last of them too.
func (s *Server) fold(ctx context.Context, ref storage.AccountRef, u until) (ledger.Account, ledger.Entry, error) {
	account, last := ledger.NewAccount(ref.Program, ref.ID), ledger.Entry{}
	for {
		entries, err := s.deps.Storage.Entries(ctx, ref, account.Version, foldPage)
		if err != nil {
			return account, last, err
		}
		for _, e := range entries {
			if !u.has(e) {
				return account, last, nil
			}
			if account, err = account.Apply(e); err != nil {
				return account, last, err
			}
			last = e
		}
		if len(entries) < foldPage {
			return account, last, nil
		}
	}
}

// known is the revision that was in force at an entry.
func (s *Server) known(ctx context.Context, e ledger.Entry) (program.Known, error) {
	p, err := s.program(ctx, e.Program, e.Revision)
	return program.Known{Revision: e.Revision, Program: p}, err
}

// qualifying is what counts for the tier at the account's clock.
func qualifying(a ledger.Account, p *program.Program) money.Minor {
	if p.Ladder == nil {
		return 0
	}
	return p.Ladder.Qualifying(a.Ladder, calendar.DayOf(a.Clock, p.Zone))
}

// ListEntries implements AccrualService.
func (s *Server) ListEntries(ctx context.Context, in *accrualv1.ListEntriesRequest) (*accrualv1.ListEntriesResponse, error) {
	if err := s.deps.After(ctx, in.GetAfter(), follow.Account{Program: in.GetProgram(), ID: in.GetAccount()}); err != nil {
		return nil, err
	}
	list := []string{"entries", in.GetProgram(), in.GetAccount()}
	from, err := cursor.Place(list, in.GetPageToken())
	if err != nil {
		return nil, err
	}
	after := int64(0)
	if from != "" {
		if after, err = strconv.ParseInt(from, 10, 64); err != nil {
			return nil, cursor.Refused()
		}
	}
	ref := storage.AccountRef{Program: in.GetProgram(), ID: ledger.AccountID(in.GetAccount())}
	size := pageSize(in.GetPageSize())
	entries, err := s.deps.Storage.Entries(ctx, ref, ledger.Seq(after), size+1)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 && after == 0 {
		return nil, reason.New(reason.AccountNotFound, "account", "there is no account %s in programme %s", ref.ID, ref.Program)
	}
	messages := make([]*accrualv1.Entry, len(entries))
	for i, e := range entries {
		messages[i] = contract.Entry(e)
	}
	answer := &accrualv1.ListEntriesResponse{}
	shown, more := page(messages, size)
	answer.Entries = shown
	if more {
		answer.NextPageToken = cursor.Of(list, strconv.FormatInt(shown[len(shown)-1].GetSeq(), 10))
	}
	return answer, nil
}

// ExplainEntry implements AccrualService.
func (s *Server) ExplainEntry(ctx context.Context, in *accrualv1.ExplainEntryRequest) (*accrualv1.ExplainEntryResponse, error) {
	e, err := s.deps.Storage.Entry(ctx, in.GetProgram(), in.GetKey())
	if err != nil {
		return nil, err
	}
	p, err := s.program(ctx, e.Program, e.Revision)
	if err != nil {
		return nil, err
	}
	return &accrualv1.ExplainEntryResponse{Entry: contract.Entry(e), Sentences: ledger.Explain(e, p)}, nil
}
