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
)

// LogFormat is the form of a log line.
type LogFormat string

// Log formats.
const (
	LogText LogFormat = "text" // key=value, for people
	LogJSON LogFormat = "json" // one object a line, for machines
)

// NewLogger returns a logger that writes lines at or above the level (debug, info, warn, error) to w.
// Times are UTC, cut to milliseconds. An unknown level or format is an error.
func NewLogger(w io.Writer, format LogFormat, level string) (*slog.Logger, error) {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log level %q: give debug, info, warn or error", level)
	}
	options := &slog.HandlerOptions{Level: least, ReplaceAttr: utcMillis}
	switch format {
	case LogText:
		return slog.New(slog.NewTextHandler(w, options)), nil
	case LogJSON:
		return slog.New(slog.NewJSONHandler(w, options)), nil
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

// NewRegistry returns a registry of its own (never the global one) with the collectors that every process has:
// the Go runtime, the process, and laurel_build_info{service,version,commit} = 1.
func NewRegistry(service string, build Build) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "laurel_build_info",
		Help:        "Which build of which service this is; always 1.",
		ConstLabels: prometheus.Labels{"service": service, "version": build.Version, "commit": build.Commit},
	})
	info.Set(1)
	registry.MustRegister(info, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return registry
}
