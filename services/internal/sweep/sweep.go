// Package sweep does by the clock what nothing else has come by to do: page by page, per partition, never past the
// partition's clock. What is due and how it is done is the service's; no result depends on when a sweep runs.
package sweep

import (
	"context"
	"log/slog"
	"time"
)

const (
	// every is how often a sweep looks without being woken.
	every = time.Second
	// page is how many due things of a partition are handed on at once.
	page = 512
)

// Sweeper finds what is due and hands it on. T names one due thing.
type Sweeper[T any] struct {
	Partitions []int
	// Among, where set, names the partitions in which something may be due: one question, where mostly nothing is.
	Among func(ctx context.Context) ([]int, error)
	// Clocks returns how far the clock of each partition has come.
	Clocks func() map[int]time.Time
	// Due lists what is due in a partition up to a time, the earliest first.
	Due func(ctx context.Context, partition int, upTo time.Time, limit int) ([]T, error)
	// Submit queues one due thing and calls done once it is durable.
	Submit func(ctx context.Context, partition int, due T, done func()) error
	Log    *slog.Logger
}

// Run sweeps until ctx ends.
func (s *Sweeper[T]) Run(ctx context.Context) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for ctx.Err() == nil {
		full, err := s.round(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "sweep not finished, trying again", "error", err)
		}
		if err == nil && full {
			continue
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
	return nil
}

// round hands on a page of each partition and waits until all of it is durable. True: a page was full.
func (s *Sweeper[T]) round(ctx context.Context) (bool, error) {
	full := false
	clocks := s.Clocks()
	partitions := s.Partitions
	if s.Among != nil {
		var err error
		if partitions, err = s.Among(ctx); err != nil {
			return false, err
		}
	}
	submitted, done := 0, make(chan struct{}, page*len(partitions))
	for _, p := range partitions {
		clock, known := clocks[p]
		if !known || clock.IsZero() {
			continue
		}
		due, err := s.Due(ctx, p, clock, page)
		if err != nil {
			return false, err
		}
		full = full || len(due) == page
		for _, d := range due {
			if err := s.Submit(ctx, p, d, func() { done <- struct{}{} }); err != nil {
				return false, err
			}
			submitted++
		}
	}
	for range submitted {
		select {
		case <-done:
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	return full, nil
}
