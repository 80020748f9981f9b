// Package analytics is the service that knows the customers: it keeps its own copy of the orders that the ledger took,
// read from FACTS, and answers over gRPC what its customers do. This package only wires it together; see README.md.
package analytics

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	typev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/type/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/api"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/comparing"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/copying"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/economics"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/fitting"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/segmenting"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/storage"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/telling"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/metric"
	"github.com/laurel-loyalty/laurel/services/internal/process"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Deps are what a process gives its services.
type Deps = process.Deps

// Service is one replica of analytics. Make it with New, run it once, close it.
type Service struct {
	*follow.Follower
	cfg      Config
	deps     Deps
	store    *store.Store
	storage  *storage.Storage
	bus      *bus.Bus
	api      *api.Server
	segments *api.Segments
	models   *api.Models
	fitter   *fitting.Fitter
	comparer *comparing.Comparer
	teller   *telling.Teller
	metrics  *metrics
	listener net.Listener

	mu     sync.Mutex // guards copied
	copied Counts
}

// Counts are what this process has done since it began.
type Counts struct {
	follow.Counts
	Entries int64 // copied
	Repeats int64 // facts that were known already
}

// New connects to Mongo and NATS, prepares the database and the reader of FACTS, and opens the gRPC port. Nothing is
// copied until Run.
func New(ctx context.Context, cfg Config, deps Deps) (*Service, error) {
	s := &Service{cfg: cfg, deps: deps, metrics: newMetrics(deps.Registry)}
	if err := s.build(ctx); err != nil {
		return nil, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}
	return s, nil
}

func (s *Service) build(ctx context.Context) error {
	var err error
	if s.store, err = store.OpenWatched(ctx, s.cfg.MongoURI, s.cfg.Database, s.deps.Watch("analytics")); err != nil {
		return err
	}
	if s.storage, err = storage.Open(ctx, s.store); err != nil {
		return err
	}
	s.bus, err = bus.Connect(ctx, s.cfg.NATS.As("laurel-analytics"), s.deps.Log)
	if err != nil {
		return err
	}
	s.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", s.cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", s.cfg.Listen, err)
	}
	s.Follower, err = follow.New(ctx, follow.Config{
		Service: "analytics", Stream: bus.Facts, Publishes: []string{bus.Facts, bus.Events}, Partitions: s.cfg.Partitions, Address: s.deps.Address(s.cfg.Advertise, s.Address()), Lanes: s.cfg.Lanes,
		BatchItems: s.cfg.BatchItems, BatchIdle: s.cfg.BatchIdle, QueueItems: s.cfg.QueueItems,
	}, follow.Deps{
		Store: s.store, Bus: s.bus, Programs: follow.NewPrograms(s.store), Clock: s.deps.Clock, Log: s.deps.Log,
		Registry: s.deps.Registry, Health: s.deps.Health,
		Tracing: s.deps.Tracing, Handler: &copying.Copier{Storage: s.storage, Log: s.deps.Log, Copied: s.count},
	})
	if err != nil {
		return err
	}
	reporter := reporting.New(s.storage, s.Partitions())
	waitingReports(s.deps.Registry, reporter.Waiting)
	after := func(ctx context.Context, to *typev1.Position) error { return s.After(ctx, to) }
	terms, err := economics.New(s.bus)
	if err != nil {
		return err
	}
	s.fitter = fitting.New(fitting.Deps{Storage: s.storage, Reporter: reporter.Patient(), Clock: s.deps.Clock, Log: s.deps.Log})
	s.comparer = comparing.New(reporter.Patient(), s.deps.Clock)
	s.api = api.New(api.Deps{Reporter: reporter, Fitter: s.fitter, Comparer: s.comparer, Economics: terms, After: after})
	knows := segmenting.Knows{Scores: s.fitter.Scores, Economics: terms.Costs}
	segmenter := segmenting.New(s.storage, reporter, s.deps.Clock, knows)
	s.teller = telling.New(telling.Deps{
		Storage: s.storage, Segmenter: segmenting.New(s.storage, reporter.Patient(), s.deps.Clock, knows), Reporter: reporter, Log: s.deps.Log, Partitions: s.cfg.Partitions,
		End: func(ctx context.Context) (uint64, error) { return s.bus.End(ctx, bus.Facts) }, After: after,
		Call: func(ctx context.Context, partition int, payload any) error {
			return s.Call(ctx, follow.Asked{Partition: partition, Payload: payload})
		},
	})
	s.segments = api.NewSegments(segmenter, s.teller, after)
	s.models = api.NewModels(s.api)
	return nil
}

// Address is where gRPC listens.
func (s *Service) Address() string { return s.listener.Addr().String() }

// Run works until ctx ends. What is not committed by then has had no effect and is read again at the next start.
func (s *Service) Run(ctx context.Context) error {
	return s.Follower.Run(ctx, s.serve, s.fitter.Run, s.comparer.Run, s.teller.Run)
}

// serve answers gRPC until ctx ends.
func (s *Service) serve(ctx context.Context) error {
	callers, err := rpc.ParseCallers(s.cfg.Callers)
	if err != nil {
		return fmt.Errorf("read who may call analytics: %w", err)
	}
	server, err := rpc.NewServer(rpc.Config{
		Callers: callers, Service: "analytics", TLS: s.cfg.TLS, Health: s.deps.Health, Logger: s.deps.Log, Tracing: s.deps.Tracing,
		Page: metric.On(s.deps.Registry, "analytics"),
	})
	if err != nil {
		return fmt.Errorf("open analytics' door: %w", err)
	}
	analyticsv1.RegisterAnalyticsServiceServer(server, s.api)
	analyticsv1.RegisterSegmentServiceServer(server, s.segments)
	analyticsv1.RegisterModelServiceServer(server, s.models)
	analyticsv1.RegisterExportServiceServer(server, s.api.Exports())
	return server.Serve(ctx, s.listener)
}

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

// Report answers as the gRPC method does, for whoever is in the same process.
func (s *Service) Report(ctx context.Context, in *analyticsv1.GetReportRequest) (*analyticsv1.Report, error) {
	answer, err := s.api.GetReport(ctx, in)
	return answer.GetReport(), err
}

// Customers answers as the gRPC method does, for whoever is in the same process.
func (s *Service) Customers(ctx context.Context, in *analyticsv1.ListCustomersRequest) (*analyticsv1.ListCustomersResponse, error) {
	return s.api.ListCustomers(ctx, in)
}

// Progress asks the bus and the store how far the copy has come. What is due are published segments that are still to be told.
func (s *Service) Progress(ctx context.Context) (follow.Progress, error) {
	return s.Follower.Progress(ctx, func(ctx context.Context, _ map[int]time.Time) (int64, error) { return s.teller.Due(ctx) })
}

// Counts tells what this process has done since it began.
func (s *Service) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.copied
	c.Counts = s.Follower.Counts()
	return c
}

// count is told of each commit by the lanes.
func (s *Service) count(o copying.Outcome) {
	s.metrics.copied(o)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.copied.Entries += int64(o.Entries)
	s.copied.Repeats += int64(o.Repeats)
}

// Tables are what can be exported: a layout that only grows.
func Tables() []*analyticsv1.TableInfo { return api.Tables() }
