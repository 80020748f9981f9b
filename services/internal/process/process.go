// Package process is the main of a service that runs as a process of its own: flags, settings, logs, the page for
// Prometheus and the probes, and an orderly end. What the service does is its own business.
package process

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"

	"github.com/alecthomas/kong"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/config"
	"github.com/laurel-loyalty/laurel/services/internal/metric"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
)

// Exit codes of a service's binary (design 12).
const (
	exitDone    = 0
	exitRefused = 1
	exitUsage   = 2
)

// Deps are what a process gives its services.
type Deps struct {
	Log      *slog.Logger
	Clock    clock.Clock
	Registry *prometheus.Registry
	Health   *telemetry.Health
	Tracing  telemetry.Tracing
	// Shared is true where other processes may be replicas of the same service, and partitions are leased.
	Shared bool
}

// Address is where other replicas reach a service that listens somewhere, unless it says that it is elsewhere; empty where
// there are no others.
func (d Deps) Address(advertised, listening string) string {
	if !d.Shared {
		return ""
	}
	return cmp.Or(advertised, listening)
}

// Watch is who watches what a service asks of mongod.
func (d Deps) Watch(service string) store.Watch {
	return store.Watch{Page: metric.On(d.Registry, service), Tracing: d.Tracing}
}

// Service is what a process runs: once, until the context ends.
type Service interface {
	Run(ctx context.Context) error
	Close(ctx context.Context) error
	// Address is where gRPC listens.
	Address() string
}

// Spec says what a binary is made of; C is the service's settings.
type Spec[C any] struct {
	Name    string // the service's: accrual
	About   string // one sentence for --help
	Environ config.Prefix
	Metrics func(C) string // where the page for Prometheus listens
	// Servers are waited for before New, for as long as it takes; nil: none are.
	Servers func(C) Servers
	New     func(ctx context.Context, cfg C, deps Deps) (Service, error)
}

// flags of every service; everything else is a setting.
type flags struct {
	Config      string `help:"Settings in this YAML file; the environment goes before it."`
	PrintConfig bool   `name:"print-config" help:"Show the settings that hold, without secrets, and end."`
	LogLevel    string `name:"log-level" env:"LAUREL_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"What is logged: ${enum}."`
	LogForm     string `name:"log-format" env:"LAUREL_LOG_FORMAT" default:"json" enum:"text,json" help:"How it is logged: ${enum}."`
	OTLP        string `name:"otlp-endpoint" env:"LAUREL_OTLP_ENDPOINT,OTEL_EXPORTER_OTLP_ENDPOINT" placeholder:"URL" help:"Where traces and metrics go, OTLP over gRPC, for example http://127.0.0.1:4317; without it there are no traces, and metrics are on the page alone."`
}

// ballast is memory that nobody touches, so that it takes none of the machine's: Go collects garbage once there is as much of it as is held, and
// ballast counts as held. A service that runs by itself holds little and makes much garbage: without it accrual spent a quarter of its time
// on collecting (docs/operating/performance.md). A larger GOGC would do the same while little is held, and take many times of it once it is more.
const ballast = 96 << 20

// World is what a process is started with.
type World struct {
	Args, Environ []string
	Out, Err      io.Writer
}

// Main runs a service until ctx ends, and returns the exit code of its process.
func Main[C any](ctx context.Context, spec Spec[C], w World) int {
	var f flags
	helped := false
	binary := "laurel-" + spec.Name
	parser, err := kong.New(&f, kong.Name(binary), kong.Writers(w.Out, w.Err), kong.Exit(func(int) { helped = true }),
		kong.Description(fmt.Sprintf("%s Settings in the environment begin with %s_.", spec.About, spec.Environ)))
	if err == nil {
		_, err = parser.Parse(w.Args)
	}
	if helped {
		return exitDone
	}
	if err != nil {
		_, _ = fmt.Fprintln(w.Err, binary+":", err)
		return exitUsage
	}
	if os.Getenv("GOGC") == "" {
		held := make([]byte, ballast)
		defer runtime.KeepAlive(held)
	}
	cfg, err := config.Load[C](f.Config, w.Environ, spec.Environ)
	if err == nil && f.PrintConfig {
		err = config.Print(w.Out, cfg)
	} else if err == nil {
		err = run(ctx, spec, f, cfg, w.Err)
	}
	if err != nil {
		_, _ = fmt.Fprintln(w.Err, binary+":", err)
		return exitRefused
	}
	return exitDone
}

func run[C any](ctx context.Context, spec Spec[C], f flags, cfg C, errs io.Writer) error {
	log, err := telemetry.NewLogger(errs, telemetry.LogFormat(f.LogForm), f.LogLevel)
	if err != nil {
		return err
	}
	now, err := clock.Process()
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", spec.Metrics(cfg))
	if err != nil {
		return fmt.Errorf("listen on %s: %w", spec.Metrics(cfg), err)
	}
	tracing, err := telemetry.NewTracing(ctx, "laurel-"+spec.Name, f.OTLP, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	health := &telemetry.Health{}
	registry := telemetry.NewRegistry(spec.Name, telemetry.ReadBuild(), health)
	export, err := telemetry.NewExport(ctx, "laurel-"+spec.Name, f.OTLP, registry, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	deps := Deps{Log: log, Clock: now, Registry: registry, Health: health, Tracing: tracing, Shared: true}
	log.InfoContext(ctx, "service begins", "service", spec.Name, "metrics", listener.Addr().String())
	starting := newStart(health)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return health.Run(ctx) })
	group.Go(func() error { return telemetry.Serve(ctx, listener, telemetry.Page(registry, health), health, log) })
	group.Go(func() error {
		if spec.Servers != nil && !starting.await(ctx, spec.Servers(cfg).needs(log), log) {
			return nil // told to end
		}
		s, err := spec.New(ctx, cfg, deps)
		if err != nil {
			return err
		}
		starting.over()
		log.InfoContext(ctx, "service is up", "service", spec.Name, "grpc", s.Address(), "metrics", listener.Addr().String())
		return errors.Join(s.Run(ctx), s.Close(context.WithoutCancel(ctx)))
	})
	err = group.Wait()
	ending := context.WithoutCancel(ctx)
	if lost := errors.Join(tracing.Close(ending), export.Close(ending)); lost != nil {
		log.WarnContext(ctx, "traces or metrics are lost", "error", lost) // nothing else is
	}
	return err
}
