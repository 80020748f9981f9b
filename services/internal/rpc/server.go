package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"time"

	"buf.build/go/protovalidate"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	"github.com/laurel-loyalty/laurel/services/internal/metric"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
)

// Config is what a server needs.
type Config struct {
	// Callers are those whom the server knows. Each shows `authorization: Bearer <secret>`; what it may call then stands
	// in the table of access.
	Callers Callers
	// Outside is set on a server for partner companies: then nobody of the house is known there.
	Outside *Outside
	// Health says if the process is ready to be sent work. Somebody else polls it.
	Health *telemetry.Health
	// Service is the name of the service, and TLS is what it shows; without it, it is for its own machine.
	Service string
	TLS     TLS
	Logger  *slog.Logger
	// Tracing makes a span of each call, within the trace of the caller.
	Tracing telemetry.Tracing
	// Page shows how many calls there were of each method, how they ended and how long they took; the zero Page: nobody asks.
	Page metric.Page
}

// Server is a gRPC server with the house's guards, the health service and reflection. Register services on it, then
// Serve once.
type Server struct {
	grpc    *grpc.Server
	health  *healthServer
	guard   *guard
	outside *Outside // nil: the house's own callers
	private []*grpc.ServiceDesc
	log     *slog.Logger
}

// NewServer makes a server. It fails where no caller is known: nobody could call it.
func NewServer(cfg Config) (*Server, error) {
	validator, err := protovalidate.New()
	if err != nil {
		return nil, fmt.Errorf("prepare the checks of requests: %w", err)
	}
	g := &guard{rules: rules(), validator: validator, log: cfg.Logger, passer: &passer{to: dialing{tracedClient(cfg.Tracing), cfg.TLS.CA, cfg.Service}}}
	options := slices.Concat(tracedServer(cfg.Tracing), countedServer(cfg.Page), limits(g))
	shown, err := cfg.TLS.server()
	if err != nil {
		return nil, err
	}
	if shown != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(shown)))
	}
	switch {
	case cfg.Outside != nil:
		g.admit = func(ctx context.Context, method string) (context.Context, error) {
			return ctx, cfg.Outside.admitted(ctx, g.rules[method])
		}
		options = append(options, cfg.Outside.options()...)
	case len(cfg.Callers.known) == 0:
		return nil, errors.New("make a gRPC server: no caller is known; name them with their secrets, made at random at set-up")
	default:
		g.admit = keeper{cfg.Callers, g.rules}.admit
	}
	s := &Server{log: cfg.Logger, guard: g, outside: cfg.Outside, grpc: grpc.NewServer(options...)}
	s.health = &healthServer{Server: health.NewServer(), ready: cfg.Health, closing: make(chan struct{})}
	s.health.SetServingStatus(LivenessService, healthv1.HealthCheckResponse_SERVING)
	healthv1.RegisterHealthServer(s.grpc, s.health)
	if s.outside == nil {
		reflection.RegisterV1(s.grpc)
	}
	return s, nil
}

// limits are those of every server.
func limits(g *guard) []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(g.unary),
		grpc.ChainStreamInterceptor(g.stream),
		grpc.MaxRecvMsgSize(MessageBytesMax),
		grpc.MaxSendMsgSize(MessageBytesMax),
		grpc.MaxHeaderListSize(headerBytesMax),
		grpc.MaxConcurrentStreams(streamsMax),
		grpc.ConnectionTimeout(connectTimeout),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: pingEvery, Timeout: pingTimeout}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: pingEveryLeast, PermitWithoutStream: true}),
		grpc.WaitForHandlers(true),
	}
}

// RegisterService implements grpc.ServiceRegistrar. Call it before Serve.
func (s *Server) RegisterService(service *grpc.ServiceDesc, implementation any) {
	if s.outside != nil {
		s.private = append(s.private, service)
		service = s.outside.wrapped(service, s.guard)
	}
	s.grpc.RegisterService(service, implementation)
	s.health.services = append(s.health.services, service.ServiceName)
}

// Methods lists every method that the server answers, sorted: /package.Service/Method.
func (s *Server) Methods() []string {
	var methods []string
	for service, info := range s.grpc.GetServiceInfo() {
		for _, m := range info.Methods {
			methods = append(methods, "/"+service+"/"+m.Name)
		}
	}
	return slices.Sorted(slices.Values(methods))
}

// Services lists the names of the services, sorted.
func (s *Server) Services() []string { return slices.Sorted(maps.Keys(s.grpc.GetServiceInfo())) }

// Serve answers calls on the listener until ctx ends; then it takes no more, tells health watchers, and waits up to 10 s
// for the calls under way before it cuts them. It closes the listener. It refuses to begin while a method has no row in
// the table of access.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	err := covered(s.Methods(), s.guard.rules)
	if err = errors.Join(err, outsideOnly(s.private, s.guard.rules)); err != nil {
		return errors.Join(err, listener.Close())
	}
	s.health.refresh()
	done := make(chan struct{})
	var group errgroup.Group
	group.Go(func() error {
		defer close(done)
		err := s.grpc.Serve(listener)
		if errors.Is(err, grpc.ErrServerStopped) && ctx.Err() != nil {
			return nil // it was to stop before it had begun
		}
		if err != nil {
			return fmt.Errorf("serve gRPC on %s: %w", listener.Addr(), err)
		}
		return nil
	})
	group.Go(func() error {
		s.follow(ctx, done)
		s.drain()
		return nil
	})
	return errors.Join(group.Wait(), s.guard.passer.close())
}

// follow keeps the health service up to date until the server is to stop.
func (s *Server) follow(ctx context.Context, done <-chan struct{}) {
	tick := time.NewTicker(healthEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-done:
			return
		case <-tick.C:
			s.health.refresh()
		}
	}
}

func (s *Server) drain() {
	s.health.close()
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		s.grpc.GracefulStop()
	}()
	timer := time.NewTimer(drainTimeout)
	defer timer.Stop()
	select {
	case <-drained:
		return
	case <-timer.C:
	}
	s.log.Warn("calls under way were cut, they took too long to end", "waited", drainTimeout)
	s.grpc.Stop()
	<-drained
}
