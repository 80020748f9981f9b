package telemetry

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLoggerWritesUTCMillisecondsAndHonoursTheLevel(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger, err := NewLogger(&out, LogJSON, "warn")
	require.NoError(t, err)
	logger.Info("left out")
	due := time.Date(1998, 7, 1, 2, 0, 0, 123456789, time.FixedZone("", 7200))
	logger.Warn("kept", "due", due)

	var line map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &line), "one line: %s", out.String())
	require.Equal(t, "kept", line["msg"])
	require.Equal(t, "1998-07-01T00:00:00.123Z", line["due"])
	_, err = time.Parse("2006-01-02T15:04:05.999Z", line[slog.TimeKey].(string))
	require.NoError(t, err)
}

// TestALineWithinASpanNamesIt: also that of a logger with attributes of its own.
func TestALineWithinASpanNamesIt(t *testing.T) {
	t.Parallel()
	for _, format := range []LogFormat{LogText, LogJSON} {
		var out bytes.Buffer
		logger, err := NewLogger(&out, format, "info")
		require.NoError(t, err)
		logger.InfoContext(t.Context(), "outside")
		require.NotContains(t, out.String(), "trace_id")
		ctx, span := NewTracingTo(tracetest.NewInMemoryExporter()).Start(t.Context(), "pour")
		logger.With("service", "tea").InfoContext(ctx, "inside", "cups", 2)
		span.End()
		lines := strings.Split(out.String(), "\n")
		require.Contains(t, lines[1], "trace_id")
		require.Contains(t, lines[1], span.SpanContext().TraceID().String())
		require.Contains(t, lines[1], "span_id")
		require.Contains(t, lines[1], span.SpanContext().SpanID().String())
		require.Contains(t, lines[1], "service")
		require.Contains(t, lines[1], "cups")
	}
}

func TestLoggerRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	_, err := NewLogger(&bytes.Buffer{}, LogText, "loud")
	require.ErrorContains(t, err, `"loud"`)
	_, err = NewLogger(&bytes.Buffer{}, "xml", "info")
	require.ErrorContains(t, err, `"xml"`)
}

func TestRegistryNamesTheBuild(t *testing.T) {
	t.Parallel()
	families, err := NewRegistry("accrual", Build{Version: "v1.2.3", Commit: "abc"}, &Health{}).Gather()
	require.NoError(t, err)
	labels := map[string]string{}
	for _, family := range families {
		if family.GetName() == "laurel_build_info" {
			for _, pair := range family.GetMetric()[0].GetLabel() {
				labels[pair.GetName()] = pair.GetValue()
			}
		}
	}
	require.Equal(t, map[string]string{"service": "accrual", "version": "v1.2.3", "commit": "abc"}, labels)
	require.NotEmpty(t, ReadBuild().Go)
}
