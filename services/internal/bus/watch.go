package bus

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/laurel-loyalty/laurel/services/internal/metric"
)

const (
	// streamsEvery is how often somebody looks how full the streams are: at full speed they grow by some MiB in that time.
	streamsEvery = 10 * time.Second
	// alarmPercent is how full a stream may be before an operator is told. The rest is their time to give it more room.
	alarmPercent = 80
)

// FillWatch tells how full the streams are before they refuse what is new.
type FillWatch struct {
	fills func(context.Context) ([]Fill, error)
	log   *slog.Logger
	bytes *prometheus.GaugeVec
	limit *prometheus.GaugeVec
	told  map[string]bool // streams of which it has been said that they are nearly full
}

// NewFillWatch watches what fills tells, [Bus.Fills].
func NewFillWatch(fills func(context.Context) ([]Fill, error), page metric.Page, log *slog.Logger) *FillWatch {
	return &FillWatch{
		fills: fills, log: log, told: map[string]bool{}, bytes: page.Gauges("stream_bytes"), limit: page.Gauges("stream_limit_bytes"),
	}
}

// Run looks every 10 s until ctx ends.
func (w *FillWatch) Run(ctx context.Context) {
	tick := time.NewTicker(streamsEvery)
	defer tick.Stop()
	for {
		w.look(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// look looks once. A bus that does not answer changes nothing: whoever uses it says so.
func (w *FillWatch) look(ctx context.Context) {
	fills, err := w.fills(ctx)
	if err != nil {
		return
	}
	for _, f := range fills {
		w.bytes.WithLabelValues(f.Stream).Set(float64(f.Bytes))
		w.limit.WithLabelValues(f.Stream).Set(float64(f.LimitBytes))
		full := float64(f.Bytes) >= float64(f.LimitBytes)/100*alarmPercent
		if full && !w.told[f.Stream] {
			w.log.WarnContext(ctx, "a stream is nearly full: once it is, it refuses what is new; give it more room", "stream", f.Stream,
				"bytes", f.Bytes, "limit_bytes", f.LimitBytes)
		}
		w.told[f.Stream] = full
	}
}
