package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
)

const (
	// scope names who makes the spans of this house.
	scope                   = "github.com/laurel-loyalty/laurel"
	traceParent, traceState = "traceparent", "tracestate" // as the propagator calls them
	// linksMax bounds the links of a span: a batch has as many events at most.
	linksMax = 512
	// flushMax is how long the end waits for spans that are not sent yet.
	flushMax = 3 * time.Second
	// sendMax is how long it is tried to send some spans before they are dropped: less, so that the end finds nobody trying.
	sendMax = 2 * time.Second
)

// Tracing makes spans. The zero value makes none, and costs nothing. Nothing personal may stand in a span: no account, no
// order, no text of an error.
type Tracing struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// NewTracing sends spans to a collector that speaks OTLP over gRPC, for example http://127.0.0.1:4317 (https: with TLS).
// Without an endpoint it makes none. What else the OTEL_ variables say of exporter and sampler holds. While the collector
// is away, spans are dropped and the log says so; nothing waits for it.
func NewTracing(ctx context.Context, service, endpoint string, log *slog.Logger) (Tracing, error) {
	if endpoint == "" {
		return Tracing{}, nil
	}
	exporter, err := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpointURL(endpoint), otlptracegrpc.WithTimeout(sendMax),
		otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{
			Enabled: true, InitialInterval: sendMax / 10, MaxInterval: sendMax / 2, MaxElapsedTime: sendMax,
		}))
	if err != nil {
		return Tracing{}, fmt.Errorf("send traces to %s: %w", endpoint, err)
	}
	tellErrors(log)
	return newTracing(service, sdktrace.NewBatchSpanProcessor(exporter)), nil
}

// NewTracingTo hands each span to an exporter as soon as it ends: for tests.
func NewTracingTo(exporter sdktrace.SpanExporter) Tracing {
	return newTracing("test", sdktrace.NewSimpleSpanProcessor(exporter))
}

func newTracing(service string, processor sdktrace.SpanProcessor) Tracing {
	limits := sdktrace.NewSpanLimits()
	limits.LinkCountLimit = linksMax
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithSpanProcessor(processor), sdktrace.WithRawSpanLimits(limits),
		sdktrace.WithResource(madeBy(service)),
	)
	return Tracing{provider, provider.Tracer(scope)}
}

// madeBy names the process that spans and metrics are of.
func madeBy(service string) *resource.Resource {
	return resource.NewSchemaless(
		attribute.String("service.namespace", "laurel"), attribute.String("service.name", service),
		attribute.String("service.version", ReadBuild().Version),
	)
}

// On tells whether spans are made.
func (t Tracing) On() bool { return t.provider != nil }

// Provider is what libraries take that make spans themselves.
func (t Tracing) Provider() trace.TracerProvider {
	if !t.On() {
		return noop.NewTracerProvider()
	}
	return t.provider
}

// Propagator carries the trace of a call from one process to the next, in W3C's words.
func (t Tracing) Propagator() propagation.TextMapPropagator { return propagation.TraceContext{} }

// Start begins a span; end it. Where no spans are made, ctx comes back as it is.
func (t Tracing) Start(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	if !t.On() {
		return ctx, noop.Span{}
	}
	return t.tracer.Start(ctx, name, options...)
}

// Close sends what is not sent yet, for a while. Nothing may be traced after it.
func (t Tracing) Close(ctx context.Context) error {
	if !t.On() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, flushMax)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("send the last traces: %w", err)
	}
	return nil
}

// Link points to the span that an event was made in; false where it says nothing of it.
func Link(ctx context.Context, of cloudevent.Trace) (trace.Link, bool) {
	if of.Parent == "" {
		return trace.Link{}, false
	}
	carrier := propagation.MapCarrier{traceParent: of.Parent, traceState: of.State}
	made := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(ctx, carrier))
	return trace.Link{SpanContext: made}, made.IsRemote()
}

// TraceOf is the span that ctx stands in, in the words that an event carries; zero outside of any.
func TraceOf(ctx context.Context) cloudevent.Trace {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return cloudevent.Trace{}
	}
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return cloudevent.NewTrace(carrier[traceParent], carrier[traceState])
}
