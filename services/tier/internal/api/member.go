package api

import (
	"context"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	tierv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/tier/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/cursor"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/tier/internal/contract"
	"github.com/laurel-loyalty/laurel/services/tier/internal/domain/standing"
	"github.com/laurel-loyalty/laurel/services/tier/internal/storage"
)

// historyRead is how many lines are read at a time while a moment is looked for.
const historyRead = 500

// GetMemberTier implements TierService.
func (s *Server) GetMemberTier(ctx context.Context, in *tierv1.GetMemberTierRequest) (*tierv1.GetMemberTierResponse, error) {
	if err := s.deps.After(ctx, in.GetAfter(), follow.Account{Program: in.GetProgram(), ID: in.GetAccount()}); err != nil {
		return nil, err
	}
	at, err := timeFromProto(in.GetAt())
	if err != nil {
		return nil, err
	}
	ref := storage.Ref{Program: in.GetProgram(), Account: in.GetAccount()}
	p, err := s.place(ctx, ref.Program, ref.Account)
	if err != nil {
		return nil, err
	}
	a, due, err := s.account(ctx, ref, p)
	if err != nil {
		return nil, err
	}
	if at.IsZero() || !at.Before(p.clock) {
		return &tierv1.GetMemberTierResponse{MemberTier: memberNow(a, p)}, nil
	}
	line, err := s.lineAt(ctx, ref, due, at)
	if err != nil {
		return nil, err
	}
	return &tierv1.GetMemberTierResponse{MemberTier: &tierv1.MemberTier{
		Program: ref.Program, Account: ref.Account, Tier: line.To, EarnedTier: line.Earned, Version: line.Seq,
		Revision: int32(p.schedule.In(at).Revision), AsOf: timestamppb.New(at), //nolint:gosec // revisions are few
	}}, nil
}

// memberNow tells where an account stands, with what lies ahead of it.
func memberNow(a standing.Account, p place) *tierv1.MemberTier {
	known := p.schedule.In(p.clock)
	m := &tierv1.MemberTier{
		Program: a.Program, Account: a.ID, Tier: a.Ladder.Tier, EarnedTier: a.Ladder.Earned(), Version: a.Lines,
		Revision: int32(known.Revision), AsOf: timestamppb.New(p.clock), Currency: string(known.Program.Currency), //nolint:gosec // revisions are few
	}
	today := calendar.DayOf(p.clock, known.Program.Zone)
	for _, g := range a.Ladder.Grants {
		if !g.Ended {
			m.Grants = append(m.Grants, contract.Grant(g))
		}
	}
	steps := known.Program.Ladder
	if steps == nil {
		return m
	}
	m.QualifyingMinor, m.WindowMonths = int64(steps.Qualifying(a.Ladder, today)), int32(steps.WindowMonths) //nolint:gosec // at most 120
	if goal, ok := steps.Next(a.Ladder, today); ok {
		m.Next = contract.Goal(goal)
	}
	if drop, ok := p.schedule.NextDrop(a.Ladder, today); ok {
		m.Drop = contract.Drop(drop)
	}
	return m
}

// lineAt finds the line that put an account where it stood at a time. ACCOUNT_NOT_FOUND if there was none by then.
func (s *Server) lineAt(ctx context.Context, ref storage.Ref, due []standing.Line, at time.Time) (standing.Line, error) {
	var last standing.Line
	for {
		lines, err := s.deps.Storage.History(ctx, ref, last.Seq, historyRead)
		if err != nil {
			return last, err
		}
		if len(lines) < historyRead {
			lines = append(lines, due...)
		}
		for _, l := range lines {
			if l.EffectiveAt.After(at) {
				return last, found(ref, last)
			}
			last = l
		}
		if len(lines) < historyRead || last.Seq == 0 {
			return last, found(ref, last)
		}
	}
}

func found(ref storage.Ref, l standing.Line) error {
	if l.Seq == 0 {
		return notFound(ref)
	}
	return nil
}

// ListTierHistory implements TierService.
func (s *Server) ListTierHistory(ctx context.Context, in *tierv1.ListTierHistoryRequest) (*tierv1.ListTierHistoryResponse, error) {
	if err := s.deps.After(ctx, in.GetAfter(), follow.Account{Program: in.GetProgram(), ID: in.GetAccount()}); err != nil {
		return nil, err
	}
	list := []string{"history", in.GetProgram(), in.GetAccount()}
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
	ref := storage.Ref{Program: in.GetProgram(), Account: in.GetAccount()}
	p, err := s.place(ctx, ref.Program, ref.Account)
	if err != nil {
		return nil, err
	}
	if _, _, err := s.account(ctx, ref, p); err != nil {
		return nil, err
	}
	size := pageSize(in.GetPageSize(), historyPageDefault)
	lines, err := s.deps.Storage.History(ctx, ref, after, size+1)
	if err != nil {
		return nil, err
	}
	answer := &tierv1.ListTierHistoryResponse{}
	for i, l := range lines {
		if i == size {
			answer.NextPageToken = cursor.Of(list, strconv.FormatInt(lines[i-1].Seq, 10))
			break
		}
		answer.Lines = append(answer.Lines, contract.Line(l))
	}
	return answer, nil
}
