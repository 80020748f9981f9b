// Package accrual is the service that keeps the ledger: it folds orders from EVENTS into entries and accounts, tells
// FACTS what it has done, and answers about both over gRPC. This package only wires it together; see README.md.
package accrual

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/events"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/posting"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/lane"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/sweep"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
)

// Deps are what a process gives its services.
type Deps struct {
	Log      *slog.Logger
	Clock    clock.Clock
	Registry *prometheus.Registry
	Health   *telemetry.Health
}

// Service is one replica of accrual. Make it with New, run it once, close it.
type Service struct {
	cfg      Config
	deps     Deps
	store    *store.Store
	storage  *storage.Storage
	bus      *bus.Bus
	programs *posting.Programs
	lanes    []*lane.Lane
	relays   []*outbox.Relay
	metrics  *metrics
	listener net.Listener
	reread   chan struct{}

	mu     sync.Mutex // guards clocks, counts, broken
	counts Counts
	clocks map[int]time.Time
	broken error // why the service must not go on; sticky
}

// New connects to Mongo and NATS, prepares the database and the streams' reader, and opens the gRPC port. Nothing is
// applied until Run.
func New(ctx context.Context, cfg Config, deps Deps) (*Service, error) {
	s := &Service{cfg: cfg, deps: deps, clocks: map[int]time.Time{}, reread: make(chan struct{}, 1)}
	if err := s.connect(ctx); err != nil {
		return nil, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}
	s.metrics = newMetrics(deps.Registry, s)
	s.programs = posting.NewPrograms(s.storage)
	partitions := s.partitions()
	for _, stream := range []string{bus.Facts, bus.Dead} {
		s.relays = append(s.relays, outbox.NewRelay(outbox.Relay{
			Store: s.store, Bus: s.bus, Stream: stream, Partitions: partitions, Log: deps.Log,
			Published: func(n int) { s.metrics.published.WithLabelValues(stream).Add(float64(n)) },
		}))
	}
	limits := lane.DefaultLimits()
	limits.BatchItems, limits.Idle, limits.QueueItems = cfg.BatchItems, cfg.BatchIdle, cfg.QueueItems
	for i := range cfg.Lanes {
		var own []int
		for _, p := range partitions {
			if p%cfg.Lanes == i {
				own = append(own, p)
			}
		}
		poster := posting.New(posting.Deps{
			Storage: s.storage, Programs: s.programs, Clock: deps.Clock, Log: deps.Log, Partitions: own,
			Committed: s.committed, Reread: s.askReread,
		})
		s.lanes = append(s.lanes, lane.New(poster, limits, deps.Log, lane.Stats{
			Batch: func(n int) { s.metrics.batch.Observe(float64(n)) }, Failure: s.metrics.failures.Inc,
		}))
	}
	s.addChecks()
	return s, nil
}

func (s *Service) connect(ctx context.Context) error {
	var err error
	if s.store, err = store.Open(ctx, s.cfg.MongoURI, s.cfg.Database); err != nil {
		return err
	}
	if s.storage, err = storage.Open(ctx, s.store); err != nil {
		return err
	}
	s.bus, err = bus.Connect(ctx, bus.Config{URL: s.cfg.NATSURL, Token: s.cfg.NATSToken, Name: "laurel-accrual"}, s.deps.Log)
	if err != nil {
		return err
	}
	s.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", s.cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", s.cfg.Listen, err)
	}
	return nil
}

// Address is where gRPC listens.
func (s *Service) Address() string { return s.listener.Addr().String() }

// Close ends the connections. Run must have returned.
func (s *Service) Close(ctx context.Context) error {
	var err error
	if s.bus != nil {
		s.bus.Close()
	}
	if s.listener != nil {
		if e := s.listener.Close(); !errors.Is(e, net.ErrClosed) {
			err = e
		}
	}
	if s.store != nil {
		err = errors.Join(err, s.store.Close(ctx))
	}
	return err
}

// Run works until ctx ends, then stops in the order intake, lanes, outbox. What is not committed by then has had no
// effect and is read again at the next start.
func (s *Service) Run(ctx context.Context) error {
	parts, err := s.store.LoadPartitions(ctx, s.partitions())
	if err != nil {
		return err
	}
	s.note(parts)
	door, err := events.New(s.lane)
	if err != nil {
		return err
	}
	outCtx, stopOut := context.WithCancel(context.WithoutCancel(ctx))
	defer stopOut()
	laneCtx, stopLanes := context.WithCancel(context.WithoutCancel(ctx))
	defer stopLanes()

	intake, intakeCtx := errgroup.WithContext(ctx)
	intake.Go(func() error { return s.read(intakeCtx, door) })
	intake.Go(func() error { return s.sweeper().Run(intakeCtx) })
	intake.Go(func() error { return s.serve(intakeCtx) })
	var lanes, out errgroup.Group
	for _, l := range s.lanes {
		lanes.Go(func() error {
			err := l.Run(laneCtx)
			s.breakOn(err)
			return nil
		})
	}
	for _, r := range s.relays {
		out.Go(func() error { return r.Run(outCtx) })
	}
	out.Go(func() error {
		s.store.KeepClear(outCtx, s.deps.Log)
		return nil
	})
	err = intake.Wait()
	stopLanes()
	err = errors.Join(err, lanes.Wait())
	stopOut()
	return errors.Join(err, out.Wait())
}

// read reads EVENTS. If the bus went back it stays where it is, unready and loud, until somebody looks.
func (s *Service) read(ctx context.Context, door *events.Door) error {
	for ctx.Err() == nil {
		readCtx, stop := context.WithCancel(ctx)
		go func() {
			select {
			case <-s.reread:
			case <-readCtx.Done():
			}
			stop()
		}()
		reader := s.bus.NewReader(bus.ReadConfig{
			Partitions: s.partitions(), Marks: s.marks, Deliver: door.Deliver, Logger: s.deps.Log,
		})
		s.metrics.reader.Store(reader)
		err := reader.Run(readCtx)
		stop()
		var back *bus.WentBack
		switch {
		case errors.As(err, &back):
			s.breakOn(err)
			<-ctx.Done()
			return nil
		case err != nil && ctx.Err() == nil && !errors.Is(err, context.Canceled):
			return fmt.Errorf("read EVENTS: %w", err)
		}
	}
	return nil
}

// marks reads where each partition stands from the store, which alone knows.
func (s *Service) marks(ctx context.Context) (map[int]bus.Mark, error) {
	parts, err := s.store.ReadPartitions(ctx, s.partitions())
	if err != nil {
		return nil, err
	}
	marks := make(map[int]bus.Mark, len(parts))
	for id, p := range parts {
		marks[id] = bus.Mark{Epoch: p.Epoch, Sequence: p.Mark.Sequence, Time: p.Mark.Time, ID: p.Mark.ID, Created: p.Mark.Created}
	}
	return marks, nil
}

func (s *Service) sweeper() *sweep.Sweeper[storage.AccountRef] {
	return &sweep.Sweeper[storage.AccountRef]{
		Partitions: s.partitions(), Clocks: s.partitionClocks, Due: s.storage.Due, Log: s.deps.Log,
		Submit: func(ctx context.Context, partition int, due storage.AccountRef, done func()) error {
			item := lane.Item{Partition: partition, Payload: posting.Sweep{Account: due}, Done: done}
			return s.lane(partition).Submit(ctx, item)
		},
	}
}

func (s *Service) lane(partition int) *lane.Lane { return s.lanes[partition%len(s.lanes)] }

func (s *Service) partitions() []int {
	ids := make([]int, s.cfg.Partitions)
	for i := range ids {
		ids[i] = i
	}
	return ids
}
