package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/errgroup"
)

const (
	headerTimeout = 5 * time.Second
	drainTimeout  = 2 * time.Second
)

// Page serves /metrics (Prometheus text), /healthz (200 while the process lives) and /readyz (200 when every check is
// green, else 503), which lists the checks, one a line. Errors of checks name parts of the house and hold nothing
// personal; all the same the page belongs on an inner address.
func Page(registry *prometheus.Registry, health *Health) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{Registry: registry}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeLines(w, http.StatusOK, "ok\n")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		code, text := readiness(health.States())
		writeLines(w, code, text)
	})
	return mux
}

func readiness(states []State) (code int, text string) {
	lines, last, status := "", "ready\n", http.StatusOK
	for _, state := range states {
		word := "ok"
		if !state.Ready {
			word, last, status = "not ready", "not ready\n", http.StatusServiceUnavailable
		}
		lines += state.Name + ": " + word
		if state.Err != nil {
			lines += ": " + state.Err.Error()
		}
		lines += "\n"
	}
	return status, lines + last
}

func writeLines(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = w.Write([]byte(text)) // the caller has hung up: nothing to tell it
}

// Serve shows the page on the listener and polls the checks until ctx ends; then it drains for at most 2 s. It closes
// the listener.
func Serve(ctx context.Context, listener net.Listener, page http.Handler, health *Health, logger *slog.Logger) error {
	server := &http.Server{
		Handler:           page,
		ReadHeaderTimeout: headerTimeout,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return health.Run(ctx) })
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve the page on %s: %w", listener.Addr(), err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
		defer cancel()
		if server.Shutdown(drain) == nil {
			return nil
		}
		return server.Close()
	})
	return group.Wait()
}
