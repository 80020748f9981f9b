package telemetry_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	metricsv1 "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	resourcev1 "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/grpc"

	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/metric"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
)

func TestWithoutAnEndpointThereAreNoSpans(t *testing.T) {
	t.Parallel()
	tracing, err := telemetry.NewTracing(t.Context(), "tea", "", slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.False(t, tracing.On())
	ctx, span := tracing.Start(t.Context(), "pour")
	require.Equal(t, t.Context(), ctx, "nothing is added")
	require.False(t, span.IsRecording())
	span.End()
	require.Zero(t, telemetry.TraceOf(ctx))
	require.NoError(t, tracing.Close(t.Context()))
}

func TestALinkPointsToTheSpanThatAnEventWasMadeIn(t *testing.T) {
	t.Parallel()
	tracing := telemetry.NewTracingTo(tracetest.NewInMemoryExporter())
	require.True(t, tracing.On())
	ctx, span := tracing.Start(t.Context(), "publish")
	defer span.End()
	link, ok := telemetry.Link(t.Context(), telemetry.TraceOf(ctx))
	require.True(t, ok)
	require.Equal(t, span.SpanContext().TraceID(), link.SpanContext.TraceID())
	require.Equal(t, span.SpanContext().SpanID(), link.SpanContext.SpanID())
	_, ok = telemetry.Link(ctx, cloudevent.Trace{})
	require.False(t, ok, "the span that reads is not the one in which the event was made")
	_, ok = telemetry.Link(ctx, cloudevent.Trace{Parent: "nonsense"})
	require.False(t, ok)
}

// TestACollectorThatIsAwayHoldsNothingUp is not parallel: the library has one handler of errors for all. The house works on, the log says what is lost, the end does not wait for ever.
func TestACollectorThatIsAwayHoldsNothingUp(t *testing.T) {
	var log bytes.Buffer
	tracing, err := telemetry.NewTracing(t.Context(), "tea", "http://127.0.0.1:1", slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err, "it is not reached before there is a span")
	_, span := tracing.Start(t.Context(), "pour")
	span.End()
	require.NoError(t, tracing.Close(t.Context()))
	require.Contains(t, log.String(), "traces or metrics are not sent")
}

// collector is one that keeps what it is sent.
type collector struct {
	tracev1.UnimplementedTraceServiceServer
	metricsv1.UnimplementedMetricsServiceServer
	spans   chan *tracev1.ExportTraceServiceRequest
	figures chan *metricsv1.ExportMetricsServiceRequest
}

// Spans and figures come by two services whose methods have one name.
type (
	spansOf   struct{ *collector }
	figuresOf struct{ *collector }
)

func (c spansOf) Export(_ context.Context, in *tracev1.ExportTraceServiceRequest) (*tracev1.ExportTraceServiceResponse, error) {
	c.spans <- in
	return &tracev1.ExportTraceServiceResponse{}, nil
}

func (c figuresOf) Export(_ context.Context, in *metricsv1.ExportMetricsServiceRequest) (*metricsv1.ExportMetricsServiceResponse, error) {
	c.figures <- in
	return &metricsv1.ExportMetricsServiceResponse{}, nil
}

// collect opens a collector that speaks OTLP over gRPC.
func collect(t *testing.T) (*collector, string) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &collector{spans: make(chan *tracev1.ExportTraceServiceRequest, 10), figures: make(chan *metricsv1.ExportMetricsServiceRequest, 10)}
	server := grpc.NewServer()
	tracev1.RegisterTraceServiceServer(server, spansOf{c})
	metricsv1.RegisterMetricsServiceServer(server, figuresOf{c})
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) }) // Stop ends it
	t.Cleanup(func() {
		server.Stop()
		serving.Wait()
	})
	return c, "http://" + listener.Addr().String()
}

// serviceOf is the name that a resource says.
func serviceOf(r *resourcev1.Resource) string {
	for _, a := range r.GetAttributes() {
		if a.GetKey() == "service.name" {
			return a.GetValue().GetStringValue()
		}
	}
	return ""
}

// TestACollectorIsSentTheSpans is not parallel either. Where one is configured it gets them over OTLP, with the name of the service.
func TestACollectorIsSentTheSpans(t *testing.T) {
	c, endpoint := collect(t)
	tracing, err := telemetry.NewTracing(t.Context(), "tea", endpoint, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	cause, event := tracing.Start(t.Context(), "publish")
	event.End()
	link, ok := telemetry.Link(t.Context(), telemetry.TraceOf(cause))
	require.True(t, ok)
	_, span := tracing.Start(t.Context(), "pour", trace.WithLinks(link))
	span.End()
	require.NoError(t, tracing.Close(t.Context()))
	got := (<-c.spans).GetResourceSpans()[0]
	require.Equal(t, "tea", serviceOf(got.GetResource()))
	spans := got.GetScopeSpans()[0].GetSpans()
	require.Len(t, spans, 2)
	require.Equal(t, "pour", spans[1].GetName())
	require.Equal(t, spans[0].GetSpanId(), spans[1].GetLinks()[0].GetSpanId(), "the link goes along")
	require.NotEqual(t, spans[0].GetTraceId(), spans[1].GetTraceId())
}

// TestACollectorIsSentTheFigures of the page, with their labels, and the last ones at the end.
func TestACollectorIsSentTheFigures(t *testing.T) {
	c, endpoint := collect(t)
	registry := telemetry.NewRegistry("tier", telemetry.Build{}, &telemetry.Health{})
	refusals := metric.On(registry, "tier").Counters("refusals_total")
	metric.On(registry, "tier").Histogram("commit_seconds").Observe(0.25)
	export, err := telemetry.NewExport(t.Context(), "laurel-tier", endpoint, registry, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	refusals.WithLabelValues("UNKNOWN_PROGRAM").Add(3)
	require.NoError(t, export.Close(t.Context()))
	got := (<-c.figures).GetResourceMetrics()[0]
	require.Equal(t, "laurel-tier", serviceOf(got.GetResource()))
	found := map[string]string{}
	for _, scope := range got.GetScopeMetrics() {
		for _, m := range scope.GetMetrics() {
			for _, p := range m.GetSum().GetDataPoints() {
				found[m.GetName()] = fmt.Sprint(p.GetAsDouble(), " ", p.GetAttributes())
			}
			for _, p := range m.GetHistogram().GetDataPoints() {
				found[m.GetName()] = fmt.Sprint(p.GetCount(), " ", p.GetSum())
			}
		}
	}
	require.Regexp(t, `^3 .*reason.*UNKNOWN_PROGRAM`, found["laurel_tier_refusals_total"])
	require.Equal(t, "1 0.25", found["laurel_tier_commit_seconds"])
}

func TestWithoutAnEndpointNoFiguresAreSent(t *testing.T) {
	t.Parallel()
	export, err := telemetry.NewExport(t.Context(), "tea", "", nil, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.NoError(t, export.Close(t.Context()))
}
