package telemetry_test

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
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

// TestACollectorThatIsAwayHoldsNothingUp: the house works on, the log says what is lost, the end does not wait for ever.
func TestACollectorThatIsAwayHoldsNothingUp(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	tracing, err := telemetry.NewTracing(t.Context(), "tea", "http://127.0.0.1:1", slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err, "it is not reached before there is a span")
	_, span := tracing.Start(t.Context(), "pour")
	span.End()
	require.NoError(t, tracing.Close(t.Context()))
	require.Contains(t, log.String(), "traces are not sent")
}
