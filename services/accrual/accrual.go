// Package accrual is the service that keeps the ledger: it folds orders from EVENTS into entries and accounts, tells
// FACTS what it has done, and answers about both over gRPC. This package only wires it together; see README.md.
package accrual

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/intake"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/posting"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/metric"
	"github.com/laurel-loyalty/laurel/services/internal/process"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/sweep"
)

// Deps are what a process gives its services.
type Deps = process.Deps

// Service is one replica of accrual. Make it with New, run it once, close it.
type Service struct {
	*follow.Follower
	cfg      Config
	deps     Deps
	store    *store.Store
	storage  *storage.Storage
	bus      *bus.Bus
	programs *follow.Programs
	metrics  *metrics
	listener net.Listener
	door     *door
	taker    *intake.Taker
	added    time.Time // when watchPoints has added up last

	mu     sync.Mutex // guards posted
	posted Counts
}

// New connects to Mongo and NATS, prepares the database and the streams' reader, and opens the gRPC port. Nothing is
// applied until Run.
func New(ctx context.Context, cfg Config, deps Deps) (*Service, error) {
	s := &Service{cfg: cfg, deps: deps}
	if err := s.connect(ctx); err != nil {
		return nil, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}
	s.door = &door{bus: s.bus, storage: s.storage, log: deps.Log}
	s.metrics = newMetrics(deps.Registry)
	s.programs = follow.NewPrograms(s.store)
	var err error
	s.Follower, err = follow.New(ctx, follow.Config{
		Service: "accrual", Stream: bus.Events, Publishes: []string{bus.Facts, bus.Dead, bus.Events}, Partitions: cfg.Partitions, Address: s.deps.Address(cfg.Advertise, s.Address()),
		Lanes: cfg.Lanes, BatchItems: cfg.BatchItems, BatchIdle: cfg.BatchIdle, QueueItems: cfg.QueueItems,
	}, follow.Deps{
		Store: s.store, Bus: s.bus, Programs: s.programs, Clock: deps.Clock, Log: deps.Log, Registry: deps.Registry, Health: deps.Health,
		Tracing: deps.Tracing, Handler: &posting.Poster{Storage: s.storage, Clock: deps.Clock, Log: deps.Log, Partitions: cfg.Partitions, Posted: s.count},
		Watch: []func(context.Context){s.watchDue, s.watchPoints},
	})
	if err != nil {
		return nil, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}
	s.taker = intake.New(intake.Deps{
		Bus: s.bus, Mine: func() bool { return slices.Contains(s.Owned(), 0) }, Reached: s.Reached, Ahead: cfg.IntakeAhead, Clock: deps.Clock,
		Log: deps.Log, Page: metric.On(deps.Registry, "accrual"),
	})
	return s, nil
}

func (s *Service) connect(ctx context.Context) error {
	var err error
	if s.store, err = store.OpenWatched(ctx, s.cfg.MongoURI, s.cfg.Database, s.deps.Watch("accrual")); err != nil {
		return err
	}
	if s.storage, err = storage.Open(ctx, s.store); err != nil {
		return err
	}
	s.bus, err = bus.Connect(ctx, s.cfg.NATS.As("laurel-accrual"), s.deps.Log)
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
	return s.Follower.Run(ctx, s.sweeper().Run, s.ferry().Run, s.door.run, s.keepMidnights, s.watchStreams, s.taker.Run, s.serve)
}

func (s *Service) sweeper() *sweep.Sweeper[storage.AccountRef] {
	return &sweep.Sweeper[storage.AccountRef]{
		Partitions: s.Partitions(), Clocks: s.Clocks, Due: s.storage.Due, Log: s.deps.Log,
		Submit: func(ctx context.Context, partition int, due storage.AccountRef, done func()) error {
			return s.Submit(ctx, partition, posting.Sweep{Account: due}, done)
		},
	}
}

// ferry lets points arrive that one account has sent to another.
func (s *Service) ferry() *sweep.Sweeper[storage.Passage] {
	return &sweep.Sweeper[storage.Passage]{
		Among: s.storage.TransitPartitions, Clocks: s.Clocks, Log: s.deps.Log,
		Due: func(ctx context.Context, partition int, _ time.Time, limit int) ([]storage.Passage, error) {
			return s.storage.Transit(ctx, partition, limit)
		},
		Submit: func(ctx context.Context, partition int, p storage.Passage, done func()) error {
			return s.Submit(ctx, partition, posting.Arrival{Passage: p}, done)
		},
	}
}
