// Package partner is the service of the coalition: what partner companies may do by their agreements, and what they owe
// each other. This package only wires it together; see README.md.
package partner

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"google.golang.org/grpc"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/metric"
	"github.com/laurel-loyalty/laurel/services/internal/process"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/partner/internal/api"
	"github.com/laurel-loyalty/laurel/services/partner/internal/callers"
	"github.com/laurel-loyalty/laurel/services/partner/internal/settling"
	"github.com/laurel-loyalty/laurel/services/partner/internal/storage"
	"github.com/laurel-loyalty/laurel/services/partner/internal/terms"
	"github.com/laurel-loyalty/laurel/services/partner/internal/trading"
)

// Service is one replica of partner. Make it with New, run it once, close it.
type Service struct {
	*follow.Follower
	cfg      Config
	deps     process.Deps
	store    *store.Store
	storage  *storage.Storage
	bus      *bus.Bus
	terms    *terms.Terms
	accrual  *grpc.ClientConn
	closer   *settling.Closer
	gate     *callers.Gate
	desk     *trading.Desk
	metrics  *metrics
	listener net.Listener
	door     *door // nil: there is none

	mu     sync.Mutex // guards counts
	counts Counts
}

// New connects to Mongo and NATS, prepares the database, and opens the gRPC port. Nothing is answered until Run.
func New(ctx context.Context, cfg Config, deps process.Deps) (*Service, error) {
	s := &Service{cfg: cfg, deps: deps, metrics: newMetrics(deps.Registry)}
	err := s.connect(ctx)
	if err == nil {
		err = s.keepBooks(ctx)
	}
	if err == nil {
		err = s.admit(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}
	deps.Health.Add("partner agreements", s.terms.Ready)
	deps.Health.Add("partner credentials", s.gate.Ready)
	return s, nil
}

func (s *Service) connect(ctx context.Context) error {
	var err error
	if s.store, err = store.OpenWatched(ctx, s.cfg.MongoURI, s.cfg.Database, s.deps.Watch("partner")); err != nil {
		return err
	}
	if s.storage, err = storage.Open(ctx, s.store); err != nil {
		return err
	}
	s.bus, err = bus.Connect(ctx, s.cfg.NATS.As("laurel-partner"), s.deps.Log)
	if err != nil {
		return err
	}
	s.accrual, err = rpc.Dial(s.cfg.Accrual, s.cfg.AccrualToken, rpc.WithTLS(s.cfg.TLS.CA, "accrual"), rpc.WithTracing(s.deps.Tracing))
	if err != nil {
		return err
	}
	if s.terms, err = terms.New(s.bus, s.deps.Clock, s.deps.Log); err != nil {
		return err
	}
	s.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", s.cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", s.cfg.Listen, err)
	}
	return nil
}

// admit opens the door of partner companies, and sets up who is let in and what is done for them.
func (s *Service) admit(ctx context.Context) error {
	open, roots, err := openDoor(ctx, s.cfg)
	if err != nil {
		return err
	}
	s.door = open
	s.gate, err = callers.New(callers.Deps{
		Storage: s.storage, Roots: roots, Clock: s.deps.Clock, Log: s.deps.Log,
		Rate: callers.Rate{PerSecond: float64(s.cfg.CallsPerSecond), Burst: 2 * s.cfg.CallsPerSecond},
	})
	if err != nil {
		return err
	}
	s.desk = trading.New(trading.Deps{
		Storage: s.storage, Terms: s.terms, Ledger: accrualv1.NewAccrualServiceClient(s.accrual), Clock: s.deps.Clock, Log: s.deps.Log,
	})
	return nil
}

// Address is where gRPC listens for the house.
func (s *Service) Address() string { return s.listener.Addr().String() }

// Close ends the connections. Run must have returned.
func (s *Service) Close(ctx context.Context) error {
	var err error
	if s.bus != nil {
		s.bus.Close()
	}
	if s.accrual != nil {
		err = s.accrual.Close()
	}
	if s.listener != nil {
		if e := s.listener.Close(); !errors.Is(e, net.ErrClosed) {
			err = errors.Join(err, e)
		}
	}
	if s.door != nil {
		err = errors.Join(err, s.door.close())
	}
	if s.store != nil {
		err = errors.Join(err, s.store.Close(ctx))
	}
	return err
}

// Run works until ctx ends. What is not committed by then has had no effect and is read again at the next start.
func (s *Service) Run(ctx context.Context) error {
	intake := []func(context.Context) error{s.serve}
	for _, keepUp := range []func(context.Context){s.terms.Run, s.gate.Run, s.desk.Resume} {
		intake = append(intake, func(ctx context.Context) error {
			keepUp(ctx)
			return nil
		})
	}
	if s.door != nil {
		intake = append(intake, s.serveDoor)
	}
	return s.Follower.Run(ctx, intake...)
}

// serve answers the house until ctx ends.
func (s *Service) serve(ctx context.Context) error {
	known, err := rpc.ParseCallers(s.cfg.Callers)
	if err != nil {
		return fmt.Errorf("read who may call partner: %w", err)
	}
	server, err := rpc.NewServer(rpc.Config{
		Callers: known, Service: "partner", TLS: s.cfg.TLS, Health: s.deps.Health, Logger: s.deps.Log, Tracing: s.deps.Tracing,
		Page: metric.On(s.deps.Registry, "partner"),
	})
	if err != nil {
		return fmt.Errorf("open partner's door: %w", err)
	}
	partnerv1.RegisterSettlementServiceServer(server, api.NewSettlements(s.closer, s.storage))
	partnerv1.RegisterPartnerKeyServiceServer(server, api.NewKeys(s.gate, s.terms, s.storage))
	return server.Serve(ctx, s.listener)
}
