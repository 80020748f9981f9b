package rpc

import (
	"strings"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"

	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
)

// tracedServer makes a span of each call that is answered; without tracing it costs nothing.
func tracedServer(t telemetry.Tracing) []grpc.ServerOption {
	if !t.On() {
		return nil
	}
	return []grpc.ServerOption{grpc.StatsHandler(otelgrpc.NewServerHandler(traceOptions(t)...))}
}

// tracedClient makes a span of each call that is made, and tells the server of it.
func tracedClient(t telemetry.Tracing) []grpc.DialOption {
	if !t.On() {
		return nil
	}
	return []grpc.DialOption{grpc.WithStatsHandler(otelgrpc.NewClientHandler(traceOptions(t)...))}
}

// traceOptions leave the probes out: they come every second and tell nothing.
func traceOptions(t telemetry.Tracing) []otelgrpc.Option {
	return []otelgrpc.Option{
		otelgrpc.WithTracerProvider(t.Provider()), otelgrpc.WithPropagators(t.Propagator()),
		otelgrpc.WithFilter(func(call *stats.RPCTagInfo) bool {
			return !strings.HasPrefix(call.FullMethodName, "/grpc.health.v1.Health/")
		}),
	}
}
