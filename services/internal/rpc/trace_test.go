package rpc_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// serveTraced is a server that makes spans.
func serveTraced(t *testing.T, tracing telemetry.Tracing, d *desk) *served {
	t.Helper()
	return openAs(t, listen(t), rpc.Config{Callers: everybody(t), Tracing: tracing}, func(to grpc.ServiceRegistrar) {
		accrualv1.RegisterAccrualServiceServer(to, d)
	})
}

// TestACallThroughTwoServicesIsOneTrace: the first service asks the second while it answers.
func TestACallThroughTwoServicesIsOneTrace(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewInMemoryExporter()
	tracing := telemetry.NewTracingTo(spans)
	second := serveTraced(t, tracing, answering(nil))
	ask := func(s *served, who rpc.Name) accrualv1.AccrualServiceClient {
		conn, err := rpc.Dial(s.addr, secrets[who], rpc.WithTracing(tracing))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, conn.Close()) })
		return accrualv1.NewAccrualServiceClient(conn)
	}
	inner := ask(second, rpc.Operator)
	first := serveTraced(t, tracing, &desk{account: func(ctx context.Context, in *accrualv1.GetAccountRequest) (*accrualv1.GetAccountResponse, error) {
		return inner.GetAccount(ctx, in)
	}})
	_, err := ask(first, rpc.Operator).GetAccount(t.Context(), anAccount)
	require.NoError(t, err)
	_, err = healthv1.NewHealthClient(dial(t, first.addr, secrets[rpc.Operator])).Check(t.Context(), &healthv1.HealthCheckRequest{})
	require.NoError(t, err)

	testkit.Eventually(t, func() bool { return len(spans.GetSpans()) >= 4 }, "two of each side")
	require.Len(t, spans.GetSpans(), 4, "a probe makes none")
	kinds := map[trace.SpanKind]int{}
	for _, span := range spans.GetSpans() {
		require.Equal(t, spans.GetSpans()[0].SpanContext.TraceID(), span.SpanContext.TraceID(), span.Name)
		require.Equal(t, "laurel.accrual.v1.AccrualService/GetAccount", span.Name)
		kinds[span.SpanKind]++
		for _, attribute := range span.Attributes {
			require.NotContains(t, attribute.Value.String(), anAccount.GetAccount(), attribute.Key)
			require.NotContains(t, attribute.Value.String(), secrets[rpc.Operator], attribute.Key)
		}
	}
	require.Equal(t, map[trace.SpanKind]int{trace.SpanKindClient: 2, trace.SpanKindServer: 2}, kinds)
}
