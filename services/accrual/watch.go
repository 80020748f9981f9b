package accrual

import (
	"context"
	"math/big"
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/totals"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/metric"
)

// pointsEvery is how often the points that are alive are added up: that reads the totals of every day.
const pointsEvery = 5 * time.Minute

// watchDue counts accounts on which something is due that is not done.
func (s *Service) watchDue(ctx context.Context) {
	if n, err := s.storage.DueCount(ctx, s.Clocks()); err == nil { // a store that does not answer says so elsewhere
		s.metrics.overdue.Set(float64(n))
	}
}

// watchPoints adds up what the members of this replica's partitions have.
func (s *Service) watchPoints(ctx context.Context) {
	if now := s.deps.Clock.Now(); now.Sub(s.added) >= pointsEvery || now.Before(s.added) {
		if some, err := s.addPoints(ctx); err == nil && some { // a house that begins has nothing yet
			s.added = now
		}
	}
}

// addPoints tells whether there are any.
func (s *Service) addPoints(ctx context.Context) (bool, error) {
	owned := s.Owned()
	programs := map[string]*totals.Tally{}
	err := s.storage.ScanTotals(ctx, "", func(key totals.Key, t totals.Tally) {
		if !slices.Contains(owned, key.Partition) {
			return
		}
		if programs[key.Program] == nil {
			programs[key.Program] = &totals.Tally{}
		}
		programs[key.Program].AddTally(t)
	})
	if err != nil {
		return false, err
	}
	s.metrics.alive.Reset() // of partitions that are another's now, nothing stays
	s.metrics.held.Reset()
	for program, t := range programs {
		for unit, points := range t.Left() {
			s.metrics.alive.WithLabelValues(program, unit).Set(rounded(points.Alive))
			s.metrics.held.WithLabelValues(program, unit).Set(rounded(points.Held))
		}
	}
	return len(programs) > 0, nil
}

// rounded is exact up to 2^53.
func rounded(points *big.Int) float64 {
	f, _ := new(big.Float).SetInt(points).Float64()
	return f
}

// watchStreams tells how full the streams are. In one process with all others, the house does.
func (s *Service) watchStreams(ctx context.Context) error {
	if s.deps.Shared {
		bus.NewFillWatch(s.bus.Fills, metric.On(s.deps.Registry, "accrual"), s.deps.Log).Run(ctx)
	}
	return nil
}
