package telemetry_test

import (
	"bytes"
	"log/slog"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

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

// TestACollectorThatIsAwayHoldsNothingUp is not parallel: the library has one handler of errors for all. The house works on, the log says what is lost, the end does not wait for ever.
func TestACollectorThatIsAwayHoldsNothingUp(t *testing.T) {
	var log bytes.Buffer
	tracing, err := telemetry.NewTracing(t.Context(), "tea", "http://127.0.0.1:1", slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err, "it is not reached before there is a span")
	_, span := tracing.Start(t.Context(), "pour")
	span.End()
	require.NoError(t, tracing.Close(t.Context()))
	require.Contains(t, log.String(), "traces are not sent")
}

// TestACollectorIsSentTheSpans is not parallel either. Where one is configured it gets them over OTLP, with the name of the service.
func TestACollectorIsSentTheSpans(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	type export struct{ method, body string }
	sent := make(chan export, 10)
	collector := grpc.NewServer(grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		method, _ := grpc.MethodFromServerStream(stream)
		var body emptypb.Empty // keeps what it does not know
		if err := stream.RecvMsg(&body); err != nil {
			return err
		}
		sent <- export{method, string(body.ProtoReflect().GetUnknown())}
		return stream.SendMsg(&emptypb.Empty{})
	}))
	var serving sync.WaitGroup
	serving.Go(func() { _ = collector.Serve(listener) }) // Stop ends it
	defer serving.Wait()
	defer collector.Stop()

	tracing, err := telemetry.NewTracing(t.Context(), "tea", "http://"+listener.Addr().String(), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	_, span := tracing.Start(t.Context(), "pour")
	span.End()
	require.NoError(t, tracing.Close(t.Context()))
	got := <-sent
	require.Equal(t, "/opentelemetry.proto.collector.trace.v1.TraceService/Export", got.method)
	require.Contains(t, got.body, "pour")
	require.Contains(t, got.body, "tea")
}
