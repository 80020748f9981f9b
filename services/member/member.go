// Package member is the service that knows who belongs to which account, and by what they are known: it answers over gRPC
// and tells the house of enrolments. This package only wires it together; see README.md.
package member

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	memberv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/member/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/metric"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/internal/process"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/member/internal/api"
	"github.com/laurel-loyalty/laurel/services/member/internal/keeping"
	"github.com/laurel-loyalty/laurel/services/member/internal/storage"
)

// Deps are what a process gives its services.
type Deps = process.Deps

// Service is one replica of member. Make it with New, run it once, close it.
type Service struct {
	cfg      Config
	deps     Deps
	store    *store.Store
	storage  *storage.Storage
	bus      *bus.Bus
	relay    *outbox.Relay
	skew     prometheus.Gauge
	listener net.Listener

	mu    sync.Mutex // guards known
	known map[string]bool
}

// New connects to Mongo and NATS, prepares the database, and opens the gRPC port. Nothing is answered until Run.
func New(ctx context.Context, cfg Config, deps Deps) (*Service, error) {
	s := &Service{cfg: cfg, deps: deps, known: map[string]bool{}}
	if err := s.connect(ctx); err != nil {
		return nil, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}
	page := metric.On(deps.Registry, "member")
	published := page.Counter("published_total")
	s.skew = page.Gauge("clock_skew_seconds")
	s.relay = outbox.NewRelay(outbox.Relay{
		Store: s.store, Bus: s.bus, Stream: bus.Events, Partitions: s.partitions, Shared: deps.Shared,
		Log: deps.Log, Published: func(n int) { published.Add(float64(n)) },
	})
	outbox.Measure(page, deps.Clock, s.relay)
	deps.Health.Add("member store", s.store.Ping)
	deps.Health.Add("member bus", func(context.Context) error {
		if !s.bus.Connected() {
			return errors.New("there is no connection to the bus: enrolments wait in the outbox")
		}
		return nil
	})
	return s, nil
}

func (s *Service) connect(ctx context.Context) error {
	var err error
	if s.store, err = store.OpenWatched(ctx, s.cfg.MongoURI, s.cfg.Database, s.deps.Watch("member")); err != nil {
		return err
	}
	if s.storage, err = storage.Open(ctx, s.store, s.cfg.Partitions); err != nil {
		return err
	}
	s.bus, err = bus.Connect(ctx, s.cfg.NATS.As("laurel-member"), s.deps.Log)
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

// Run works until ctx ends, then stops in the order gRPC, outbox.
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
	err := s.serve(ctx)
	stopOut()
	return errors.Join(err, out.Wait())
}

// serve answers gRPC until ctx ends.
func (s *Service) serve(ctx context.Context) error {
	callers, err := rpc.ParseCallers(s.cfg.Callers)
	if err != nil {
		return fmt.Errorf("read who may call member: %w", err)
	}
	server, err := rpc.NewServer(rpc.Config{
		Callers: callers, Service: "member", TLS: s.cfg.TLS, Health: s.deps.Health, Logger: s.deps.Log, Tracing: s.deps.Tracing,
		Page: metric.On(s.deps.Registry, "member"),
	})
	if err != nil {
		return fmt.Errorf("open member's door: %w", err)
	}
	keeper := keeping.New(keeping.Deps{
		Storage: s.storage, Clock: s.deps.Clock, Partitions: s.cfg.Partitions, Known: s.knows, Wake: s.relay.Wake,
	})
	memberv1.RegisterMemberServiceServer(server, api.New(keeper, s.storage))
	return server.Serve(ctx, s.listener)
}

// Progress tells how many chunks of enrolments are not published yet. Member reads no log: it is never behind one.
func (s *Service) Progress(ctx context.Context) (follow.Progress, error) {
	waiting, err := outbox.Waiting(ctx, s.store)
	return follow.Progress{Outbox: waiting}, err
}

// Enrolled counts the members of a programme by the kind that their accounts were opened for: consumer, business, dealer.
// Nobody of a kind: it is missing.
func (s *Service) Enrolled(ctx context.Context, program string) (map[string]int64, error) {
	return s.storage.Kinds(ctx, program)
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
