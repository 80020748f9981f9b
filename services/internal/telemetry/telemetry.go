// Package telemetry is how a Laurel process can be watched: structured logs, a Prometheus registry, and an HTTP page
// with /metrics, /healthz and /readyz. It owns form and transport; what is measured or checked belongs to the rooms.
package telemetry

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/laurel-loyalty/laurel/services/internal/metric"
)

// LogFormat is the form of a log line.
type LogFormat string

// Log formats.
const (
	LogText LogFormat = "text" // key=value, for people
	LogJSON LogFormat = "json" // one object a line, for machines
)

// NewLogger returns a logger that writes lines at or above the level (debug, info, warn, error) to w.
// Times are UTC, cut to milliseconds. A line that is logged within a span names it: trace_id, span_id. An unknown level or format is an error.
func NewLogger(w io.Writer, format LogFormat, level string) (*slog.Logger, error) {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log level %q: give debug, info, warn or error", level)
	}
	options := &slog.HandlerOptions{Level: least, ReplaceAttr: utcMillis}
	switch format {
	case LogText:
		return slog.New(traced{slog.NewTextHandler(w, options)}), nil
	case LogJSON:
		return slog.New(traced{slog.NewJSONHandler(w, options)}), nil
	default:
		return nil, fmt.Errorf("log format %q: give text or json", format)
	}
}

func utcMillis(_ []string, attr slog.Attr) slog.Attr {
	if attr.Value.Kind() == slog.KindTime {
		attr.Value = slog.TimeValue(attr.Value.Time().UTC().Truncate(time.Millisecond))
	}
	return attr
}

// NewRegistry returns a registry of its own (never the global one) with what every process has: the Go runtime, the process,
// which build of which service it is, and how its checks stand.
func NewRegistry(service string, build Build, health *Health) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	page := metric.On(registry, service)
	page.Gauges("build_info").WithLabelValues(service, build.Version, build.Commit).Set(1)
	health.show(page.Gauges("check_ready"))
	return registry
}
