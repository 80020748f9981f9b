// Package tier is the service that knows at which tier accounts stand: it folds orders and grants from EVENTS, tells FACTS
// of each move and of falls that are in sight, and answers over gRPC. This package only wires it together; see README.md.
package tier

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	tierv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/tier/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/metric"
	"github.com/laurel-loyalty/laurel/services/internal/process"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/sweep"
	"github.com/laurel-loyalty/laurel/services/tier/internal/api"
	"github.com/laurel-loyalty/laurel/services/tier/internal/folding"
	"github.com/laurel-loyalty/laurel/services/tier/internal/storage"
)

// Service is one replica of tier. Make it with New, run it once, close it.
type Service struct {
	*follow.Follower
	cfg      Config
	deps     process.Deps
	store    *store.Store
	storage  *storage.Storage
	bus      *bus.Bus
	programs *follow.Programs
	metrics  *metrics
	listener net.Listener

	mu     sync.Mutex // guards folded
	folded Counts
}

// New connects to Mongo and NATS, prepares the database and the streams' reader, and opens the gRPC port. Nothing is
// applied until Run.
func New(ctx context.Context, cfg Config, deps process.Deps) (*Service, error) {
	s := &Service{cfg: cfg, deps: deps}
	if err := s.connect(ctx); err != nil {
		return nil, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}
	s.metrics = newMetrics(deps.Registry)
	s.programs = follow.NewPrograms(s.store)
	var err error
	s.Follower, err = follow.New(ctx, follow.Config{
		Service: "tier", Stream: bus.Events, Publishes: []string{bus.Facts}, Partitions: cfg.Partitions, Address: s.deps.Address(cfg.Advertise, s.Address()),
		Lanes: cfg.Lanes, BatchItems: cfg.BatchItems, BatchIdle: cfg.BatchIdle, QueueItems: cfg.QueueItems,
	}, follow.Deps{
		Store: s.store, Bus: s.bus, Programs: s.programs, Clock: deps.Clock, Log: deps.Log, Registry: deps.Registry, Health: deps.Health,
		Tracing: deps.Tracing, Handler: &folding.Folder{Storage: s.storage, Folded: s.count},
		Watch: []func(context.Context){s.watchDue},
	})
	if err != nil {
		return nil, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}
	return s, nil
}

func (s *Service) connect(ctx context.Context) error {
	var err error
	if s.store, err = store.OpenWatched(ctx, s.cfg.MongoURI, s.cfg.Database, s.deps.Watch("tier")); err != nil {
		return err
	}
	if s.storage, err = storage.Open(ctx, s.store); err != nil {
		return err
	}
	s.bus, err = bus.Connect(ctx, s.cfg.NATS.As("laurel-tier"), s.deps.Log)
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
	return s.Follower.Run(ctx, s.sweeper().Run, s.serve)
}

func (s *Service) sweeper() *sweep.Sweeper[storage.Ref] {
	return &sweep.Sweeper[storage.Ref]{
		Partitions: s.Partitions(), Clocks: s.Clocks, Due: s.storage.Due, Log: s.deps.Log,
		Submit: func(ctx context.Context, partition int, due storage.Ref, done func()) error {
			return s.Submit(ctx, partition, folding.Sweep{Account: due}, done)
		},
	}
}

// serve answers gRPC until ctx ends.
func (s *Service) serve(ctx context.Context) error {
	callers, err := rpc.ParseCallers(s.cfg.Callers)
	if err != nil {
		return fmt.Errorf("read who may call tier: %w", err)
	}
	server, err := rpc.NewServer(rpc.Config{
		Callers: callers, Service: "tier", TLS: s.cfg.TLS, Health: s.deps.Health, Logger: s.deps.Log, Tracing: s.deps.Tracing,
		Page: metric.On(s.deps.Registry, "tier"),
	})
	if err != nil {
		return fmt.Errorf("open tier's door: %w", err)
	}
	tierv1.RegisterTierServiceServer(server, api.New(api.Deps{
		Storage: s.storage, Store: s.store, Programs: s.programs, Bus: s.bus, After: s.After, Clock: s.deps.Clock, Partitions: s.cfg.Partitions,
	}))
	return server.Serve(ctx, s.listener)
}
