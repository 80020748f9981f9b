package accrual

import (
	"context"
	"maps"
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/posting"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
)

// committed is told of each commit by the lanes.
func (s *Service) committed(o posting.Outcome) {
	s.metrics.committed(o)
	s.mu.Lock()
	s.counts.Commits++
	s.counts.Committing += o.Took
	s.counts.Messages += int64(o.Messages)
	s.counts.Entries += int64(o.Entries)
	s.counts.Duplicates += int64(o.Duplicates)
	for _, n := range o.Refusals {
		s.counts.Refused += int64(n)
	}
	for _, p := range o.Partitions {
		s.clocks[p.ID] = p.Clock
	}
	s.mu.Unlock()
	if o.Facts > 0 {
		for _, r := range s.relays {
			r.Wake()
		}
	}
}

// Counts are what this process has done since it began.
type Counts struct {
	Messages   int64 // of EVENTS that the marks have passed
	Commits    int64
	Committing time.Duration // spent in commits, over all lanes
	Entries    int64
	Duplicates int64 // events that were known already
	Refused    int64
}

// Counts tells what this process has done since it began.
func (s *Service) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts
}

// askReread makes the reader begin again behind the marks.
func (s *Service) askReread() {
	select {
	case s.reread <- struct{}{}:
	default:
	}
}

func (s *Service) note(parts map[int]store.Partition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, p := range parts {
		s.clocks[id] = p.Clock
	}
}

func (s *Service) partitionClocks() map[int]time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.clocks)
}

// Behind tells whether a partition's clock has not come to a time. A replay's clock is no wall clock: it never is behind.
func (s *Service) Behind(t time.Time) bool {
	for _, clock := range s.partitionClocks() {
		if clock.Before(t) {
			return true
		}
	}
	return false
}

// breakOn turns the service red for good: an invariant does not hold, or the bus went back.
func (s *Service) breakOn(err error) {
	if err == nil {
		return
	}
	s.deps.Log.Error("accrual stops applying; an operator must look", "error", err)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken == nil {
		s.broken = err
	}
}

// Broken is why the service does not go on, nil while it does.
func (s *Service) Broken() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broken
}

func (s *Service) addChecks() {
	s.deps.Health.Add("accrual store", s.store.Ping)
	s.deps.Health.Add("accrual bus", func(context.Context) error { return s.metrics.busHealth() })
	s.deps.Health.Add("accrual ledger", func(context.Context) error {
		if err := s.Broken(); err != nil {
			return telemetry.Grave{Err: err}
		}
		return nil
	})
}

// Progress is how far the service has come.
type Progress struct {
	Behind int64 // partitions whose last message is not applied
	Due    int64 // accounts on which something is due up to their partition's clock
	Outbox int64 // chunks not published yet
}

// Drained tells whether nothing is left to do for now.
func (p Progress) Drained() bool { return p.Behind == 0 && p.Due == 0 && p.Outbox == 0 }

// StoreVersion is the version of mongod.
func (s *Service) StoreVersion(ctx context.Context) (string, error) { return s.store.Version(ctx) }

// Progress asks the bus and the store.
func (s *Service) Progress(ctx context.Context) (Progress, error) {
	last, err := s.bus.LastSequences(ctx, s.cfg.Partitions)
	if err != nil {
		return Progress{}, err
	}
	parts, err := s.store.ReadPartitions(ctx, s.partitions())
	if err != nil {
		return Progress{}, err
	}
	var p Progress
	clocks := map[int]time.Time{}
	for _, id := range s.partitions() { // one that nobody has begun has no document yet
		if parts[id].Mark.Sequence < last[id] {
			p.Behind++
		}
		clocks[id] = parts[id].Clock
	}
	if p.Due, err = s.storage.DueCount(ctx, clocks); err != nil {
		return Progress{}, err
	}
	p.Outbox, err = outbox.Waiting(ctx, s.store)
	return p, err
}
