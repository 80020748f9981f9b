// Package parts brings up what a house is made of in one process: mongod and nats-server as children where none is
// given, the streams, and the services. It stops them in the reverse order.
package parts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/laurel-loyalty/laurel/services/accrual"
	"github.com/laurel-loyalty/laurel/services/analytics"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/bus/natsd"
	"github.com/laurel-loyalty/laurel/services/internal/disk"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/house"
	"github.com/laurel-loyalty/laurel/services/internal/metric"
	"github.com/laurel-loyalty/laurel/services/internal/mongod"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/member"
	"github.com/laurel-loyalty/laurel/services/partner"
	"github.com/laurel-loyalty/laurel/services/programme"
	"github.com/laurel-loyalty/laurel/services/reward"
	"github.com/laurel-loyalty/laurel/services/tier"
)

// Options say what a house is made of.
type Options struct {
	Dir       string // data of the children; one house at a time
	MongoURI  string // empty: a mongod of its own
	Suffix    string // of the databases' names: laurel_accrual<suffix>
	NATSURL   string // empty: a nats-server of its own
	NATSToken string
	Listen    string // of accrual's gRPC
	// PartnerDoor is where partner companies come in over TLS, with certificates of a development CA in Dir; empty: nowhere.
	PartnerDoor string
	Lanes       int
	Batch       int
	Log         *slog.Logger
	OTLP        string // where traces and metrics go; empty: nowhere
	// MinFreeDisk is how many percent of Dir's disk must be free, or new work is refused; 0: the disk is not looked at.
	MinFreeDisk float64
	// Space is asked for that; nil: the disk itself.
	Space func(path string) (disk.Space, error)
	// People of the operator, each with a credential of their own.
	People []rpc.Person
	// Stage is told what begins.
	Stage func(format string, args ...any)
}

// Bytes that the streams may hold.
const (
	eventsBytes = 1 << 30
	factsBytes  = 2 << 30
	deadBytes   = 512 << 20
)

// Layout is how the streams of a house are made.
func Layout() bus.Layout {
	return bus.Layout{MaxBytesEvents: eventsBytes, MaxBytesFacts: factsBytes, MaxBytesDead: deadBytes}
}

// House is a house that stands. Close it.
type House struct {
	Options
	Bus       *bus.Bus
	Accrual   *accrual.Service
	Analytics *analytics.Service
	Member    *member.Service
	Partner   *partner.Service
	Programme *programme.Service
	Reward    *reward.Service
	Tier      *tier.Service
	Health    *telemetry.Health
	Metrics   *prometheus.Registry
	Secrets   rpc.Secrets // what each caller of gRPC shows; others at each start
	Mongod    string      // its version
	NATS      string      // its version

	services []service // in the order in which they were made
	mongod   *mongod.Server
	nats     *natsd.Server
	disk     *disk.Watch // nil where all servers are somebody else's
	tracing  telemetry.Tracing
	export   telemetry.Export
	stop     context.CancelFunc
	run      *errgroup.Group
	failed   chan error
}

// service is what the house runs and stops.
type service interface {
	Run(ctx context.Context) error
	Close(ctx context.Context) error
}

// follower is a service that learns from the log, and so can be behind it.
type follower interface {
	Progress(ctx context.Context) (follow.Progress, error)
	Broken() error
}

// Build starts the children, connects, and prepares streams and services. Nothing is applied until Run.
func Build(ctx context.Context, o Options) (*House, error) {
	health := &telemetry.Health{}
	h := &House{Options: o, Health: health, Metrics: telemetry.NewRegistry(metric.House, telemetry.ReadBuild(), health)}
	if err := h.build(ctx); err != nil {
		return nil, errors.Join(err, h.Close(context.WithoutCancel(ctx)))
	}
	return h, nil
}

// Servers starts the children and connects, and no more: there are no streams and no services.
func Servers(ctx context.Context, o Options) (*House, error) {
	h := &House{Options: o}
	if err := h.servers(ctx); err != nil {
		return nil, errors.Join(err, h.Close(context.WithoutCancel(ctx)))
	}
	return h, nil
}

func (h *House) build(ctx context.Context) error {
	var err error
	h.Secrets = rpc.NewSecrets()
	for _, person := range h.People {
		h.Secrets[person.Caller()] = house.NewToken()
	}
	if h.tracing, err = telemetry.NewTracing(ctx, "laurel", h.OTLP, h.Log); err != nil {
		return err
	}
	if h.export, err = telemetry.NewExport(ctx, "laurel", h.OTLP, h.Metrics, h.Log); err != nil {
		return err
	}
	if err := h.servers(ctx); err != nil {
		return err
	}
	if err := h.Bus.EnsureStreams(ctx, Layout()); err != nil {
		return err
	}
	h.watchDisk(ctx)
	if err := h.buildServices(ctx); err != nil {
		return err
	}
	h.NATS = h.Bus.ServerVersion()
	h.Mongod, err = h.Accrual.StoreVersion(ctx)
	return err
}

// servers starts the children where no server is given, and connects to the bus.
func (h *House) servers(ctx context.Context) error {
	var err error
	if h.MongoURI == "" {
		h.Stage("starting mongod")
		h.mongod, err = mongod.Start(ctx, mongod.Options{Dir: filepath.Join(h.Dir, "mongod"), Logger: h.Log})
		if err != nil {
			return fmt.Errorf("start mongod: %w", err)
		}
		h.MongoURI = h.mongod.URI()
	}
	if h.NATSURL == "" {
		h.Stage("starting nats-server")
		self, err := os.Executable()
		if err != nil {
			return fmt.Errorf("find this program: %w", err)
		}
		h.nats, err = natsd.Start(ctx, natsd.Options{Self: self, Dir: filepath.Join(h.Dir, "nats"), Logger: h.Log})
		if err != nil {
			return fmt.Errorf("start nats-server: %w", err)
		}
		h.NATSURL, h.NATSToken = h.nats.URL(), h.nats.Token()
	}
	h.Bus, err = bus.Connect(ctx, bus.Config{URL: h.NATSURL, Token: h.NATSToken, Name: "laurel"}, h.Log)
	return err
}

// database names the database of a service.
func (h *House) database(service string) string { return "laurel_" + service + h.Suffix }

// Run lets the services work until Close.
func (h *House) Run(ctx context.Context) {
	ctx, h.stop = context.WithCancel(ctx)
	h.run = &errgroup.Group{}
	h.failed = make(chan error, len(h.services))
	for _, s := range h.services {
		h.run.Go(func() error {
			err := s.Run(ctx)
			if err != nil {
				h.failed <- err
			}
			return err
		})
	}
	h.run.Go(func() error { return h.Health.Run(ctx) })
	streams := bus.NewFillWatch(h.Bus.Fills, metric.On(h.Metrics, metric.House), h.Log)
	h.run.Go(func() error {
		streams.Run(ctx)
		return nil
	})
	if h.mongod != nil {
		h.run.Go(func() error {
			h.keepMongod(ctx)
			return nil
		})
	}
	if h.disk != nil {
		h.run.Go(func() error {
			h.disk.Run(ctx)
			return nil
		})
	}
}

// Progress adds up how far the services are behind the log.
func (h *House) Progress(ctx context.Context) (follow.Progress, error) {
	var sum follow.Progress
	for _, s := range h.services {
		f, ok := s.(follower)
		if !ok {
			continue
		}
		p, err := f.Progress(ctx)
		if err != nil {
			return sum, err
		}
		sum.Behind, sum.Due, sum.Outbox = sum.Behind+p.Behind, sum.Due+p.Due, sum.Outbox+p.Outbox
	}
	return sum, nil
}

// Broken is why a service must not go on, nil while all do.
func (h *House) Broken() error {
	for _, s := range h.services {
		if f, ok := s.(follower); ok && f.Broken() != nil {
			return f.Broken()
		}
	}
	return nil
}

// Failed tells what ended a service before Close.
func (h *House) Failed() <-chan error { return h.failed }

// Close stops services, connections and children, and waits for them.
func (h *House) Close(ctx context.Context) error {
	var errs []error
	if h.run != nil {
		h.stop()
		errs = append(errs, h.run.Wait())
	}
	for _, s := range slices.Backward(h.services) {
		errs = append(errs, s.Close(ctx))
	}
	if err := errors.Join(h.tracing.Close(ctx), h.export.Close(ctx)); err != nil {
		h.Log.WarnContext(ctx, "traces or metrics are lost", "error", err) // nothing else is
	}
	if h.Bus != nil {
		h.Bus.Close()
	}
	if h.nats != nil {
		errs = append(errs, h.nats.Stop())
	}
	if h.mongod != nil {
		errs = append(errs, h.mongod.Stop())
	}
	return errors.Join(errs...)
}
