package bus

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/metric"
)

// TestAStreamThatIsNearlyFullIsToldOnce: at 80 % of its limit, and again only after it had room.
func TestAStreamThatIsNearlyFullIsToldOnce(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	var answer error
	events := Fill{Stream: Events, LimitBytes: 1000}
	registry := prometheus.NewRegistry()
	w := NewFillWatch(func(context.Context) ([]Fill, error) {
		return []Fill{events, {Stream: Facts, Bytes: 1, LimitBytes: 1000}}, answer
	}, metric.On(registry, metric.House), slog.New(slog.NewTextHandler(&said, nil)))
	for _, c := range []struct {
		bytes  uint64
		answer error
		alarms int
	}{
		{799, nil, 0}, {900, errors.New("the bus is away"), 0}, {800, nil, 1}, {999, nil, 1}, {100, nil, 1}, {801, nil, 2},
	} {
		events.Bytes, answer = c.bytes, c.answer
		w.look(t.Context())
		require.Equal(t, c.alarms, strings.Count(said.String(), "a stream is nearly full"), "at %d bytes: %s", c.bytes, &said)
	}
	require.Contains(t, said.String(), "stream=EVENTS bytes=800 limit_bytes=1000")
	require.NotContains(t, said.String(), "FACTS")
	families, err := registry.Gather()
	require.NoError(t, err)
	shown := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			shown[f.GetName()+" "+m.GetLabel()[0].GetValue()] = m.GetGauge().GetValue()
		}
	}
	require.Equal(t, map[string]float64{
		"laurel_stream_bytes EVENTS": 801, "laurel_stream_bytes FACTS": 1,
		"laurel_stream_limit_bytes EVENTS": 1000, "laurel_stream_limit_bytes FACTS": 1000,
	}, shown)
}
