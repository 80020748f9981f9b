package accrual

import (
	"context"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/posting"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
)

// Counts are what this process has done since it began.
type Counts struct {
	follow.Counts
	Entries    int64
	Duplicates int64 // events that were known already
	Refused    int64
}

// Counts tells what this process has done since it began.
func (s *Service) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.posted
	c.Counts = s.Follower.Counts()
	return c
}

// count is told of each commit by the lanes.
func (s *Service) count(o posting.Outcome) {
	s.metrics.posted(o)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.posted.Entries += int64(o.Entries)
	s.posted.Duplicates += int64(o.Duplicates)
	for _, n := range o.Refusals {
		s.posted.Refused += int64(n)
	}
}

// StoreVersion is the version of mongod.
func (s *Service) StoreVersion(ctx context.Context) (string, error) { return s.store.Version(ctx) }

// Progress asks the bus and the store how far the service has come.
func (s *Service) Progress(ctx context.Context) (follow.Progress, error) {
	return s.Follower.Progress(ctx, s.storage.DueCount)
}
