package rpc

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
)

// LivenessService is the name under which the health service says that the process lives, whatever it depends on. The
// empty name and the names of the services say that it is ready to be sent work.
const LivenessService = "liveness"

// healthServer answers from the checks of the process. Check is always fresh, Watch at most healthEvery old.
type healthServer struct {
	*health.Server
	ready    *telemetry.Health
	services []string
	closing  chan struct{} // closed when the server drains: watchers are let go, or it would wait for them
}

// Watch implements grpc.health.v1.Health.
func (h *healthServer) Watch(in *healthv1.HealthCheckRequest, out grpc.ServerStreamingServer[healthv1.HealthCheckResponse]) error {
	ctx, cancel := context.WithCancel(out.Context())
	defer cancel()
	go func() {
		select {
		case <-h.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	return h.Server.Watch(in, &watched{out, ctx})
}

// watched is a watcher's stream that ends with the server.
type watched struct {
	grpc.ServerStreamingServer[healthv1.HealthCheckResponse]
	ctx context.Context //nolint:containedctx // grpc's own interface asks for it
}

// Context returns the stream's context.
func (w *watched) Context() context.Context { return w.ctx }

// close says that nothing is served any more, and lets the watchers go.
func (h *healthServer) close() {
	h.Shutdown()
	close(h.closing)
}

// Check implements grpc.health.v1.Health.
func (h *healthServer) Check(ctx context.Context, in *healthv1.HealthCheckRequest) (*healthv1.HealthCheckResponse, error) {
	h.refresh()
	return h.Server.Check(ctx, in)
}

// List implements grpc.health.v1.Health.
func (h *healthServer) List(ctx context.Context, in *healthv1.HealthListRequest) (*healthv1.HealthListResponse, error) {
	h.refresh()
	return h.Server.List(ctx, in)
}

// refresh tells the health service what the checks say. After Shutdown it changes nothing.
func (h *healthServer) refresh() {
	state := healthv1.HealthCheckResponse_NOT_SERVING
	if h.ready.Ready() {
		state = healthv1.HealthCheckResponse_SERVING
	}
	h.SetServingStatus("", state)
	for _, service := range h.services {
		h.SetServingStatus(service, state)
	}
}
