package partner

import (
	"context"
	"errors"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	typev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/type/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/partner/internal/booking"
	"github.com/laurel-loyalty/laurel/services/partner/internal/settling"
)

// keepBooks prepares the reader of FACTS, who keeps the books, and the closer, who settles them.
func (s *Service) keepBooks(ctx context.Context) error {
	var err error
	s.Follower, err = follow.New(ctx, follow.Config{
		Service: "partner", Stream: bus.Facts, Partitions: s.cfg.Partitions, Address: s.deps.Address(s.cfg.Advertise, s.Address()), Lanes: s.cfg.Lanes,
		BatchItems: s.cfg.BatchItems, BatchIdle: s.cfg.BatchIdle, QueueItems: s.cfg.QueueItems,
	}, follow.Deps{
		Store: s.store, Bus: s.bus, Programs: follow.NewPrograms(s.store), Clock: s.deps.Clock, Log: s.deps.Log,
		Registry: s.deps.Registry, Health: s.deps.Health,
		Tracing: s.deps.Tracing, Handler: &booking.Keeper{Storage: s.storage, Log: s.deps.Log, Booked: s.count},
	})
	if err != nil {
		return err
	}
	s.closer = settling.New(settling.Deps{
		Storage: s.storage, Clock: s.deps.Clock, Partitions: s.Partitions(), Schedule: s.terms.Revisions,
		Totals: settling.Ask(accrualv1.NewAccrualServiceClient(s.accrual)), Await: s.await,
	})
	return nil
}

// await returns once the books hold what stands in FACTS up to a place.
func (s *Service) await(ctx context.Context, sequence uint64) error {
	if sequence == 0 {
		return nil
	}
	return s.After(ctx, &typev1.Position{Stream: bus.Facts, Sequence: sequence})
}

// Books is what a verification of the books has found.
type Books = settling.Report

// Verify holds the books of a programme against the ledger's control totals, and each settlement against the books that it
// was made of. It changes nothing.
func (s *Service) Verify(ctx context.Context, program string) (Books, error) {
	return s.closer.Verify(ctx, program)
}

// Counts are what this process has done since it began.
type Counts struct {
	follow.Counts
	Entries int64 // booked
	Repeats int64 // facts that were known already
	Late    int64 // entries of a month that was closed when they came
}

// Counts tells what this process has done since it began.
func (s *Service) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.counts
	c.Counts = s.Follower.Counts()
	return c
}

// count is told of each commit by the lanes.
func (s *Service) count(o booking.Outcome) {
	s.metrics.booked(o)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts.Entries += int64(o.Entries)
	s.counts.Repeats += int64(o.Repeats)
	s.counts.Late += int64(o.Late)
}

// Progress asks the bus and the store how far the books have come.
func (s *Service) Progress(ctx context.Context) (follow.Progress, error) {
	return s.Follower.Progress(ctx, nil)
}

// Forget drops the books, marks included: run then, the service reads FACTS from the beginning and has the same books as
// before. Settlements stay: they were closed for ever, and say what came in time. Neither this replica nor another may be
// running. It may be repeated.
func (s *Service) Forget(ctx context.Context) error {
	if err := s.storage.ForgetBooks(ctx); err != nil {
		return errors.Join(errors.New("drop the books"), err)
	}
	return s.store.Ensure(ctx, follow.Collections()...)
}
