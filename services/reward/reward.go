// Package reward is the service that keeps the catalogue and lets points be spent on it: it answers over gRPC, asks accrual,
// and tells the house of redemptions. This package only wires it together; see README.md.
package reward

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/metric"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/internal/process"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/reward/internal/api"
	"github.com/laurel-loyalty/laurel/services/reward/internal/keeping"
	"github.com/laurel-loyalty/laurel/services/reward/internal/redeem"
	"github.com/laurel-loyalty/laurel/services/reward/internal/storage"
	"github.com/laurel-loyalty/laurel/services/reward/internal/verify"
	"github.com/laurel-loyalty/laurel/services/reward/internal/writing"
)

// Deps are what a process gives its services.
type Deps = process.Deps

// Service is one replica of reward. Make it with New, run it once, close it.
type Service struct {
	cfg      Config
	deps     Deps
	store    *store.Store
	storage  *storage.Storage
	bus      *bus.Bus
	relay    *outbox.Relay
	skew     prometheus.Gauge
	accrual  *grpc.ClientConn
	turns    *writing.Turns
	process  *redeem.Process
	listener net.Listener

	mu    sync.Mutex // guards known
	known map[string]bool
}

// New connects to Mongo and NATS, prepares the database, and opens the gRPC port. Nothing is answered until Run.
func New(ctx context.Context, cfg Config, deps Deps) (*Service, error) {
	s := &Service{cfg: cfg, deps: deps, known: map[string]bool{}, turns: &writing.Turns{}}
	if err := s.connect(ctx); err != nil {
		return nil, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}
	page := metric.On(deps.Registry, "reward")
	published := page.Counter("published_total")
	s.skew = page.Gauge("clock_skew_seconds")
	s.relay = outbox.NewRelay(outbox.Relay{
		Store: s.store, Bus: s.bus, Stream: bus.Facts, Partitions: s.partitions, Shared: deps.Shared,
		Log: deps.Log, Published: func(n int) { published.Add(float64(n)) },
	})
	outbox.Measure(page, deps.Clock, s.relay)
	s.process = redeem.New(redeem.Deps{
		Storage: s.storage, Accrual: s.accrual, Clock: deps.Clock, Log: deps.Log, Turns: s.turns, Partitions: cfg.Partitions,
		Lease: cfg.Lease, Wake: s.relay.Wake,
	})
	deps.Health.Add("reward store", s.store.Ping)
	deps.Health.Add("reward bus", func(context.Context) error {
		if !s.bus.Connected() {
			return errors.New("there is no connection to the bus: facts wait in the outbox")
		}
		return nil
	})
	return s, nil
}

func (s *Service) connect(ctx context.Context) error {
	var err error
	if s.store, err = store.OpenWatched(ctx, s.cfg.MongoURI, s.cfg.Database, s.deps.Watch("reward")); err != nil {
		return err
	}
	if s.storage, err = storage.Open(ctx, s.store, s.cfg.Partitions); err != nil {
		return err
	}
	s.bus, err = bus.Connect(ctx, s.cfg.NATS.As("laurel-reward"), s.deps.Log)
	if err != nil {
		return err
	}
	if s.accrual, err = rpc.Dial(s.cfg.Accrual, s.cfg.AccrualToken, rpc.WithTLS(s.cfg.TLS.CA, "accrual"), rpc.WithTracing(s.deps.Tracing)); err != nil {
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
	if s.accrual != nil {
		err = errors.Join(err, s.accrual.Close())
	}
	if s.store != nil {
		err = errors.Join(err, s.store.Close(ctx))
	}
	return err
}

// Run works until ctx ends, then stops in the order gRPC and redemptions, outbox.
func (s *Service) Run(ctx context.Context) error {
	outCtx, stopOut := context.WithCancel(context.WithoutCancel(ctx))
	defer stopOut()
	var out errgroup.Group
	out.Go(func() error { return s.relay.Run(outCtx) })
	out.Go(func() error {
		s.store.KeepClear(outCtx, s.deps.Log)
		return nil
	})
	out.Go(func() error {
		s.store.WatchClock(outCtx, s.deps.Clock.Now, s.skew, s.deps.Log)
		return nil
	})
	keeper := keeping.New(keeping.Deps{Storage: s.storage, Clock: s.deps.Clock, Turns: s.turns, Known: s.knows})
	in, inCtx := errgroup.WithContext(ctx)
	in.Go(func() error { return s.process.Run(inCtx) })
	in.Go(func() error { return s.serve(inCtx, api.New(keeper, s.process, s.storage)) })
	err := in.Wait()
	stopOut()
	return errors.Join(err, out.Wait())
}

// serve answers gRPC until ctx ends.
func (s *Service) serve(ctx context.Context, door *api.Server) error {
	callers, err := rpc.ParseCallers(s.cfg.Callers)
	if err != nil {
		return fmt.Errorf("read who may call reward: %w", err)
	}
	server, err := rpc.NewServer(rpc.Config{
		Callers: callers, Service: "reward", TLS: s.cfg.TLS, Health: s.deps.Health, Logger: s.deps.Log, Tracing: s.deps.Tracing,
		Page: metric.On(s.deps.Registry, "reward"),
	})
	if err != nil {
		return fmt.Errorf("open reward's door: %w", err)
	}
	rewardv1.RegisterRewardServiceServer(server, door)
	return server.Serve(ctx, s.listener)
}

// Check is the outcome of one invariant.
type Check = verify.Check

// Verify holds a programme's redemptions against the ledger, and its stock against the redemptions. It asks accrual, which
// must be up; the service need not run.
func (s *Service) Verify(ctx context.Context, program string) ([]Check, error) {
	return s.process.Verify(ctx, program)
}

// Progress tells how many redemptions are under way, and how many chunks of facts are not published yet. Reward reads no
// log: it is never behind one.
func (s *Service) Progress(ctx context.Context) (follow.Progress, error) {
	open, err := s.storage.Open(ctx)
	if err != nil {
		return follow.Progress{}, err
	}
	waiting, err := outbox.Waiting(ctx, s.store)
	return follow.Progress{Due: open, Outbox: waiting}, err
}

// Broken is why the service must not go on: nothing is known that could break it for good.
func (s *Service) Broken() error { return nil }

func (s *Service) partitions() []int {
	ids := make([]int, s.cfg.Partitions)
	for i := range ids {
		ids[i] = i
	}
	return ids
}
