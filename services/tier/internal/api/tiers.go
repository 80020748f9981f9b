package api

import (
	"context"
	"maps"
	"slices"
	"time"

	tierv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/tier/v1"
	"github.com/laurel-loyalty/laurel/services/internal/cursor"
	"github.com/laurel-loyalty/laurel/services/tier/internal/domain/standing"
)

// countPage is how many accounts are read at a time while they are counted.
const countPage = 5000

// CountTiers implements TierService.
func (s *Server) CountTiers(ctx context.Context, in *tierv1.CountTiersRequest) (*tierv1.CountTiersResponse, error) {
	if err := s.deps.After(ctx, in.GetAfter()); err != nil {
		return nil, err
	}
	at, err := timeFromProto(in.GetAt())
	if err != nil {
		return nil, err
	}
	known, err := s.known(ctx, in.GetProgram())
	if err != nil {
		return nil, err
	}
	counts := map[string]int64{}
	for after := ""; ; {
		page, last, err := s.tiers(ctx, in.GetProgram(), after, stretch{at, countPage})
		if err != nil {
			return nil, err
		}
		for _, a := range page {
			counts[a.GetTier()]++
		}
		if last == "" {
			break
		}
		after = last
	}
	answer := &tierv1.CountTiersResponse{}
	add := func(tier string) {
		if n := counts[tier]; n > 0 {
			answer.Counts = append(answer.Counts, &tierv1.TierCount{Tier: tier, Accounts: n})
			delete(counts, tier)
		}
	}
	if l := known.Program.Ladder; l != nil {
		for _, t := range l.Tiers {
			add(t.Name)
		}
	}
	for _, tier := range slices.Sorted(maps.Keys(counts)) {
		add(tier)
	}
	return answer, nil
}

// stretch is a time, and how many accounts.
type stretch struct {
	at    time.Time // zero: now
	limit int
}

// tiers tells the tiers of the next accounts that have one, behind an id, and the last id looked at; it is empty at the end.
func (s *Server) tiers(ctx context.Context, programID, after string, want stretch) ([]*tierv1.AccountTier, string, error) {
	page, err := s.deps.Storage.Page(ctx, programID, after, want.limit)
	if err != nil || len(page) == 0 {
		return nil, "", err
	}
	tierOf := func(a standing.Account) string { return a.Ladder.Tier }
	if !want.at.IsZero() {
		ids := make([]string, len(page))
		for i, a := range page {
			ids[i] = a.ID
		}
		past, err := s.deps.Storage.TiersAt(ctx, programID, ids, want.at)
		if err != nil {
			return nil, "", err
		}
		tierOf = func(a standing.Account) string { return past[a.ID] }
	}
	var list []*tierv1.AccountTier
	for _, a := range page {
		if tier := tierOf(a); tier != "" {
			list = append(list, &tierv1.AccountTier{Account: a.ID, Tier: tier})
		}
	}
	if len(page) < want.limit {
		return list, "", nil
	}
	return list, page[len(page)-1].ID, nil
}

// ListTiers implements TierService.
func (s *Server) ListTiers(ctx context.Context, in *tierv1.ListTiersRequest) (*tierv1.ListTiersResponse, error) {
	if err := s.deps.After(ctx, in.GetAfter()); err != nil {
		return nil, err
	}
	at, err := timeFromProto(in.GetAt())
	if err != nil {
		return nil, err
	}
	list := []string{"tiers", in.GetProgram(), at.String()}
	after, err := cursor.Place(list, in.GetPageToken())
	if err != nil {
		return nil, err
	}
	if _, err := s.known(ctx, in.GetProgram()); err != nil {
		return nil, err
	}
	page, last, err := s.tiers(ctx, in.GetProgram(), after, stretch{at, pageSize(in.GetPageSize(), tiersPageDefault)})
	if err != nil {
		return nil, err
	}
	answer := &tierv1.ListTiersResponse{Accounts: page}
	if last != "" {
		answer.NextPageToken = cursor.Of(list, last)
	}
	return answer, nil
}

// DescribeLadder implements TierService.
func (s *Server) DescribeLadder(ctx context.Context, in *tierv1.DescribeLadderRequest) (*tierv1.DescribeLadderResponse, error) {
	if err := s.deps.After(ctx, in.GetAfter()); err != nil {
		return nil, err
	}
	at, err := timeFromProto(in.GetAt())
	if err != nil {
		return nil, err
	}
	if _, err := s.known(ctx, in.GetProgram()); err != nil {
		return nil, err
	}
	p, err := s.place(ctx, in.GetProgram(), "")
	if err != nil {
		return nil, err
	}
	if at.IsZero() {
		at = p.clock
	}
	known := p.schedule.In(at)
	answer := &tierv1.DescribeLadderResponse{Revision: int32(known.Revision), Currency: string(known.Program.Currency)} //nolint:gosec // revisions are few
	l := known.Program.Ladder
	if l == nil {
		return answer, nil
	}
	answer.WindowMonths, answer.SoftLanding = int32(l.WindowMonths), l.SoftLanding //nolint:gosec // at most 120
	answer.NoticeDays = int32(known.Program.NoticeDays)                            //nolint:gosec // at most 365
	for _, t := range l.Tiers {
		answer.Steps = append(answer.Steps, &tierv1.LadderStep{Tier: t.Name, ReachMinor: int64(t.Reach)})
	}
	return answer, nil
}
