package rpc

import (
	"context"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"github.com/laurel-loyalty/laurel/services/internal/metric"
)

// counted counts the calls that a server answers, those that the guard refuses too.
type counted struct {
	calls   *prometheus.CounterVec   // by method and code
	seconds *prometheus.HistogramVec // by method
}

// countedServer counts on a page; without one it costs nothing.
func countedServer(page metric.Page) []grpc.ServerOption {
	if page.None() {
		return nil
	}
	c := &counted{page.Counters("grpc_calls_total"), page.Histograms("grpc_call_seconds")}
	return []grpc.ServerOption{grpc.ChainUnaryInterceptor(c.unary), grpc.ChainStreamInterceptor(c.stream)}
}

func (c *counted) unary(ctx context.Context, request any, call *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	done := c.begin(call.FullMethod)
	answer, err := next(ctx, request)
	done(err)
	return answer, err
}

func (c *counted) stream(server any, stream grpc.ServerStream, call *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	done := c.begin(call.FullMethod)
	err := next(server, stream)
	done(err)
	return err
}

// begin leaves out what gRPC itself answers: probes come every second and tell nothing.
func (c *counted) begin(method string) func(error) {
	name := strings.TrimPrefix(method, "/")
	if strings.HasPrefix(name, "grpc.") {
		return func(error) {}
	}
	timer := prometheus.NewTimer(c.seconds.WithLabelValues(name))
	return func(err error) {
		c.calls.WithLabelValues(name, status.Code(err).String()).Inc()
		if !endless(method) {
			timer.ObserveDuration()
		}
	}
}
