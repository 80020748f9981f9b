package tier

import (
	"context"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/tier/internal/folding"
)

// Counts are what this process has done since it began.
type Counts struct {
	follow.Counts
	Lines      int64 // of history
	Notices    int64
	Duplicates int64 // events that were known already
	Refused    int64
}

// Counts tells what this process has done since it began.
func (s *Service) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.folded
	c.Counts = s.Follower.Counts()
	return c
}

// count is told of each commit by the lanes.
func (s *Service) count(o folding.Outcome) {
	s.metrics.folded(o)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.folded.Lines += int64(o.Lines)
	s.folded.Notices += int64(o.Notices)
	s.folded.Duplicates += int64(o.Duplicates)
	for _, n := range o.Refusals {
		s.folded.Refused += int64(n)
	}
}

// Progress asks the bus and the store how far the service has come.
func (s *Service) Progress(ctx context.Context) (follow.Progress, error) {
	return s.Follower.Progress(ctx, s.storage.DueCount)
}

// scanPage is how many accounts are read at a time while all are told.
const scanPage = 5000

// Standing is where an account stands. Noticed: it has been told at least once that its tier was about to drop.
type Standing struct {
	Account, Tier string
	Noticed       bool
}

// Standings tells where each account of a programme that has a tier stands, in the order of their ids, as of what is
// applied and swept.
func (s *Service) Standings(ctx context.Context, program string, tell func(Standing) error) error {
	for after := ""; ; {
		page, err := s.storage.Page(ctx, program, after, scanPage)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, a := range page {
			if a.Ladder.Tier == "" {
				continue
			}
			if err := tell(Standing{Account: a.ID, Tier: a.Ladder.Tier, Noticed: a.Noticed != calendar.None}); err != nil {
				return err
			}
		}
		after = page[len(page)-1].ID
	}
}
