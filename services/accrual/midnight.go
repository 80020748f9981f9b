package accrual

import (
	"context"
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// midnightEvery is how often the wall clock is looked at.
const midnightEvery = time.Second

// keepMidnights lets day boundaries pass in the log where no order comes by to carry the clock over them: once everything
// published is applied, the last 00:00 of each programme's zone is published to all partitions. One replica does it, the
// one that has the first partition; if two should, the bus knows the second event as the first. In a house whose clock
// is that of its events nobody does. It ends with ctx.
func (s *Service) keepMidnights(ctx context.Context) error {
	tick := time.NewTicker(midnightEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if !slices.Contains(s.Owned(), 0) {
			continue
		}
		if err := s.passMidnights(ctx); err != nil && ctx.Err() == nil {
			s.deps.Log.WarnContext(ctx, "midnight has not passed in the log yet, trying again", "error", err)
		}
	}
}

// passMidnights publishes the midnights that some partition's clock has not come to.
func (s *Service) passMidnights(ctx context.Context) error {
	parts, err := s.store.ReadPartitions(ctx, s.Partitions())
	if err != nil || len(parts) < s.cfg.Partitions {
		return err // some have not begun
	}
	late := time.Time{} // the clock that is furthest behind
	for _, p := range parts {
		if !p.Opened || p.Events {
			return nil
		}
		if late.IsZero() || p.Clock.Before(late) {
			late = p.Clock
		}
	}
	midnights, err := s.midnights(ctx, parts[0].Revisions)
	if err != nil {
		return err
	}
	for _, midnight := range midnights {
		if !late.Before(midnight) {
			continue
		}
		if progress, err := s.Progress(ctx); err != nil || progress.Behind > 0 {
			return err
		}
		if err := publish.PassClock(ctx, s.bus, midnight, s.cfg.Partitions); err != nil {
			return err
		}
	}
	return nil
}

// midnights are the last ones in the zones of the programmes, the earliest first.
func (s *Service) midnights(ctx context.Context, revisions []store.Revision) ([]time.Time, error) {
	if err := s.programs.Load(ctx, revisions); err != nil {
		return nil, err
	}
	var list []time.Time
	for _, r := range revisions {
		zone := s.programs.Find(r.Program, r.Number).Zone
		list = append(list, calendar.DayOf(s.deps.Clock.Now(), zone).Start(zone))
	}
	slices.SortFunc(list, time.Time.Compare)
	return slices.CompactFunc(list, time.Time.Equal), nil
}
