// Package programme is the service that keeps the revisions of programmes: it checks files, says what they would change,
// lets one of those who apply at once through, and brings each revision into EVENTS. This package only wires it together;
// see README.md.
package programme

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	programmev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/programme/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/metric"
	"github.com/laurel-loyalty/laurel/services/internal/process"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/programme/internal/api"
	"github.com/laurel-loyalty/laurel/services/programme/internal/applying"
	"github.com/laurel-loyalty/laurel/services/programme/internal/publishing"
	"github.com/laurel-loyalty/laurel/services/programme/internal/storage"
)

// Deps are what a process gives its services.
type Deps = process.Deps

// Service is one replica of the programme service. Make it with New, run it once, close it.
type Service struct {
	cfg       Config
	deps      Deps
	store     *store.Store
	storage   *storage.Storage
	bus       *bus.Bus
	publisher *publishing.Publisher
	applied   *prometheus.CounterVec
	skew      prometheus.Gauge
	listener  net.Listener
}

// New connects to Mongo and NATS, prepares the database, and opens the gRPC port. Nothing is answered until Run.
func New(ctx context.Context, cfg Config, deps Deps) (*Service, error) {
	s := &Service{cfg: cfg, deps: deps}
	if err := s.connect(ctx); err != nil {
		return nil, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}
	page := metric.On(deps.Registry, "programme")
	s.applied, s.skew = page.Counters("asks_total"), page.Gauge("clock_skew_seconds")
	published := page.Counter("published_total")
	s.publisher = publishing.New(publishing.Deps{
		Storage: s.storage, Bus: s.bus, Partitions: cfg.Partitions, Log: deps.Log, Published: published.Inc,
	})
	deps.Health.Add("programme store", s.store.Ping)
	deps.Health.Add("programme registry", func(context.Context) error { return s.publisher.State() })
	return s, nil
}

func (s *Service) connect(ctx context.Context) error {
	var err error
	if s.store, err = store.OpenWatched(ctx, s.cfg.MongoURI, s.cfg.Database, s.deps.Watch("programme")); err != nil {
		return err
	}
	if s.storage, err = storage.Open(ctx, s.store); err != nil {
		return err
	}
	s.bus, err = bus.Connect(ctx, s.cfg.NATS.As("laurel-programme"), s.deps.Log)
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

// Run answers and publishes until ctx ends. What was accepted and not published by then is published at the next start.
func (s *Service) Run(ctx context.Context) error {
	callers, err := rpc.ParseCallers(s.cfg.Callers)
	if err != nil {
		return fmt.Errorf("read who may call the programme service: %w", err)
	}
	server, err := rpc.NewServer(rpc.Config{
		Callers: callers, Service: "programme", TLS: s.cfg.TLS, Health: s.deps.Health, Logger: s.deps.Log, Tracing: s.deps.Tracing,
		Page: metric.On(s.deps.Registry, "programme"),
	})
	if err != nil {
		return fmt.Errorf("open the programme service's door: %w", err)
	}
	programmev1.RegisterProgrammeServiceServer(server, api.New(api.Deps{
		Storage: s.storage, Publisher: s.publisher, Clock: s.deps.Clock,
		Applier: &applying.Applier{Storage: s.storage, Publisher: s.publisher, Clock: s.deps.Clock},
		Counted: func(outcome string) { s.applied.WithLabelValues(outcome).Inc() },
	}))
	// The publisher goes on until no call waits for it any more.
	publishing, stopPublishing := context.WithCancel(context.WithoutCancel(ctx))
	defer stopPublishing()
	var publisher errgroup.Group
	publisher.Go(func() error { return s.publisher.Run(publishing) })
	publisher.Go(func() error {
		s.store.WatchClock(publishing, s.deps.Clock.Now, s.skew, s.deps.Log)
		return nil
	})
	err = server.Serve(ctx, s.listener)
	stopPublishing()
	return errors.Join(err, publisher.Wait())
}
