package follow

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/lane"
	"github.com/laurel-loyalty/laurel/services/internal/lease"
	"github.com/laurel-loyalty/laurel/services/internal/metric"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
)

// Config says what a service follows and how.
type Config struct {
	Service    string   // its name, as in subjects: accrual
	Stream     string   // bus.Events or bus.Facts
	Publishes  []string // streams that its outbox feeds
	Partitions int
	// Address is where other replicas of the service reach this one's gRPC: they share the partitions among them. Empty: it
	// works on all of them, whoever else does.
	Address    string
	Lanes      int           // transactions side by side
	BatchItems int           // items in one transaction at most
	BatchIdle  time.Duration // how long a batch waits for more
	QueueItems int           // items that may wait for a lane
}

// Deps are what a follower stands on.
type Deps struct {
	Store    *store.Store
	Bus      *bus.Bus
	Programs *Programs
	Handler  Handler
	Clock    clock.Clock
	Log      *slog.Logger
	Registry *prometheus.Registry
	Health   *telemetry.Health
	Tracing  telemetry.Tracing
	// Watch is called every 15 s, one after the other: what keeps metrics up to date that cost a question to the store.
	Watch []func(ctx context.Context)
}

// Follower is one replica of a service that follows a stream. Make it with New and run it once.
type Follower struct {
	cfg     Config
	deps    Deps
	decoder *Decoder
	lanes   []*lane.Lane
	posters []*Poster
	relays  []*outbox.Relay
	leases  *lease.Keeper // nil: nobody to share with
	metrics *metrics
	reread  chan struct{}
	dealt   atomic.Pointer[[]int] // the lane of each partition

	mu     sync.Mutex // guards what follows
	parts  map[int]store.Partition
	waits  map[int]waiting // by partition
	counts Counts
	broken error         // why the service must not go on; sticky
	moved  chan struct{} // closed when parts or broken change; nil: nobody waits
}

// New prepares the collections and lanes. Nothing is applied until Run.
func New(ctx context.Context, cfg Config, deps Deps) (*Follower, error) {
	if err := deps.Store.Ensure(ctx, Collections()...); err != nil {
		return nil, fmt.Errorf("prepare %s: %w", cfg.Service, err)
	}
	decoder, err := NewDecoder()
	if err != nil {
		return nil, err
	}
	f := &Follower{cfg: cfg, deps: deps, decoder: decoder, parts: map[int]store.Partition{}, waits: map[int]waiting{}, reread: make(chan struct{}, 1)}
	dealt := deal(nil, cfg.Partitions, cfg.Lanes)
	f.dealt.Store(&dealt)
	replica := ""
	if cfg.Address != "" {
		f.leases, err = lease.New(ctx, deps.Store, lease.Config{Address: cfg.Address, Partitions: cfg.Partitions}, deps.Log, f.shared)
		if err != nil {
			return nil, err
		}
		replica = f.leases.ID()
	}
	f.metrics = newMetrics(deps.Registry, f)
	for _, stream := range cfg.Publishes {
		f.relays = append(f.relays, outbox.NewRelay(outbox.Relay{
			Store: deps.Store, Bus: deps.Bus, Stream: stream, Partitions: f.Owned, Log: deps.Log,
			Published: func(n int) { f.metrics.published.WithLabelValues(stream).Add(float64(n)) },
			Clock:     deps.Clock, Took: func(d time.Duration) { f.metrics.spent(phaseOutbox, d) },
		}))
	}
	outbox.Measure(metric.On(deps.Registry, cfg.Service), deps.Clock, f.relays...)
	limits := lane.DefaultLimits()
	limits.BatchItems, limits.Idle, limits.QueueItems = cfg.BatchItems, cfg.BatchIdle, cfg.QueueItems
	for i := range cfg.Lanes {
		poster := NewPoster(PosterDeps{
			Store: deps.Store, Handler: deps.Handler, Programs: deps.Programs, Clock: deps.Clock, Log: deps.Log,
			Partitions: ofLane(dealt, i), Replica: replica, Committed: f.committed, Spent: f.metrics.spent, Read: f.note, Reread: f.askReread, Tracing: deps.Tracing, Service: cfg.Service,
		})
		f.posters = append(f.posters, poster)
		f.lanes = append(f.lanes, lane.New(poster, limits, deps.Log, lane.Stats{
			Batch: func(n int) { f.metrics.batch.Observe(float64(n)) }, Failure: func(kind string) { f.metrics.failures.WithLabelValues(kind).Inc() },
		}))
	}
	f.addChecks()
	return f, nil
}

// Partitions lists the partitions that are followed.
func (f *Follower) Partitions() []int {
	ids := make([]int, f.cfg.Partitions)
	for i := range ids {
		ids[i] = i
	}
	return ids
}

// Owned lists the partitions that this replica works on.
func (f *Follower) Owned() []int {
	if f.leases == nil {
		return f.Partitions()
	}
	return f.leases.Owned()
}

// owns tells whether this replica works on a partition.
func (f *Follower) owns(partition int) bool { return f.leases == nil || f.leases.Owns(partition) }

// shared is told that the partitions of this replica are others: everything that goes by them begins anew.
func (f *Follower) shared() {
	for _, p := range f.posters {
		p.stale.Store(true)
	}
	for _, r := range f.relays {
		r.Anew()
	}
	f.askReread()
}

// Decode turns a message into what batches are given.
func (f *Follower) Decode(m bus.Message) Message { return f.decoder.Decode(m) }

// Submit queues work of the service's own for a partition, waiting for room; done, if set, is called once it is durable, or
// once another replica has to do it.
func (f *Follower) Submit(ctx context.Context, partition int, payload any, done func()) error {
	return f.lane(partition).Submit(ctx, lane.Item{Partition: partition, Payload: payload, Done: done, Lost: done})
}

// Asked is work of the service's own for a partition, and who asks for it.
type Asked struct {
	Partition int
	From      string // a caller has at most half of a lane's queue
	Payload   any
}

// Call has a lane do work of the service's own and returns once its effect is durable. It refuses with OVERLOADED while
// too much waits, of all or of this caller, with NOT_READY when the service has stopped applying, and with *Elsewhere where another replica owns the
// partition; then nothing was done. If ctx ends before, the work may still be done: only the answer is lost. What is
// published because of it carries the trace of ctx on.
func (f *Follower) Call(ctx context.Context, asked Asked) error {
	for {
		if !f.owns(asked.Partition) {
			return f.elsewhere(asked.Partition)
		}
		dealt := f.dealt.Load()
		if done, err := f.call(ctx, f.lanes[(*dealt)[asked.Partition]], asked); done || err != nil {
			return err
		}
		if f.dealt.Load() == dealt { // else another lane may have it now
			return f.elsewhere(asked.Partition)
		}
	}
}

// call has a lane do something; false: the partition is not this lane's, and nothing was done.
func (f *Follower) call(ctx context.Context, l *lane.Lane, asked Asked) (bool, error) {
	done, lost := make(chan struct{}), make(chan struct{})
	item := lane.Item{
		Partition: asked.Partition, From: asked.From, Payload: asked.Payload, Trace: telemetry.TraceOf(ctx), Done: func() { close(done) }, Lost: func() { close(lost) },
	}
	for submitted := false; ; {
		moved := f.changes()
		if f.Broken() != nil {
			return false, reason.New(reason.NotReady, "", "%s has stopped applying; an operator must look", f.cfg.Service)
		}
		if !submitted {
			if err := l.TrySubmit(item); err != nil {
				return false, err
			}
			submitted = true
		}
		select {
		case <-done:
			return true, nil
		case <-lost:
			return false, nil
		case <-ctx.Done():
			return false, ctx.Err()
		case <-moved:
		}
	}
}

// lane is where a partition is worked on.
func (f *Follower) lane(partition int) *lane.Lane { return f.lanes[(*f.dealt.Load())[partition]] }

// Run works until ctx ends, then stops in the order intake, lanes, outbox. Intake is what else hands work in or answers
// questions: sweeps, gRPC. What is not committed by then has had no effect and is read again at the next start.
func (f *Follower) Run(ctx context.Context, intake ...func(ctx context.Context) error) error {
	parts, err := f.deps.Store.LoadPartitions(ctx, f.Partitions())
	if ctx.Err() != nil {
		return nil // told to stop before it began: nothing was done, nothing went wrong
	}
	if err != nil {
		return err
	}
	f.note(parts)
	outCtx, stopOut := context.WithCancel(context.WithoutCancel(ctx))
	defer stopOut()
	laneCtx, stopLanes := context.WithCancel(context.WithoutCancel(ctx))
	defer stopLanes()

	in, inCtx := errgroup.WithContext(ctx)
	in.Go(func() error { return f.read(inCtx) })
	if f.leases != nil {
		in.Go(func() error { return f.leases.Run(inCtx) })
	}
	in.Go(func() error { return f.watch(inCtx) })
	in.Go(func() error {
		f.deps.Store.WatchClock(inCtx, f.deps.Clock.Now, f.metrics.skew, f.deps.Log)
		return nil
	})
	for _, run := range intake {
		in.Go(func() error { return run(inCtx) })
	}
	var lanes, out errgroup.Group
	for _, l := range f.lanes {
		lanes.Go(func() error {
			f.breakOn(l.Run(laneCtx))
			return nil
		})
	}
	for _, r := range f.relays {
		out.Go(func() error { return r.Run(outCtx) })
	}
	out.Go(func() error {
		f.deps.Store.KeepClear(outCtx, f.deps.Log)
		return nil
	})
	err = in.Wait()
	stopLanes()
	err = errors.Join(err, lanes.Wait())
	stopOut()
	err = errors.Join(err, out.Wait())
	if f.leases != nil {
		if left := f.leases.Leave(ctx); left != nil { // the others will take the partitions all the same, a little later
			f.deps.Log.WarnContext(ctx, "partitions not given back", "error", left)
		}
	}
	return err
}

// read reads the stream. If the bus went back it stays where it is, unready and loud, until the bus holds again what was read of
// it: somebody has mended it, or a node that had fallen behind has answered.
func (f *Follower) read(ctx context.Context) error {
	for ctx.Err() == nil {
		readCtx, stop := context.WithCancel(ctx)
		go func() {
			select {
			case <-f.reread:
			case <-readCtx.Done():
			}
			stop()
		}()
		owned := f.Owned()
		if f.deal(readCtx, owned) != nil {
			stop() // all ends, or they are others again
			continue
		}
		if len(owned) == 0 {
			f.metrics.reader.Store(nil)
			<-readCtx.Done() // until they are others, or all ends
			stop()
			continue
		}
		reader := f.deps.Bus.NewReader(bus.ReadConfig{
			Stream: f.cfg.Stream, Partitions: owned, Marks: f.marks, Deliver: f.deliver, Logger: f.deps.Log,
		})
		f.metrics.reader.Store(reader)
		err := reader.Run(readCtx)
		stop()
		var back *bus.WentBack
		switch {
		case errors.As(err, &back):
			f.metrics.wentBack.Inc()
			f.breakOn(err)
			if f.untilWhole(ctx, reader) {
				f.mended(err)
			}
		case err != nil && ctx.Err() == nil && !errors.Is(err, context.Canceled):
			return fmt.Errorf("read %s: %w", f.cfg.Stream, err)
		}
	}
	return nil
}

// wholeEvery is how often a bus that went back is asked whether it has what was read of it.
const wholeEvery = time.Second

// untilWhole waits until the stream holds the messages at the marks; false: ctx ended before.
func (f *Follower) untilWhole(ctx context.Context, reader *bus.Reader) bool {
	tick := time.NewTicker(wholeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
		if reader.Check(ctx) == nil && ctx.Err() == nil {
			return true
		}
	}
}

// deliver hands messages on in their order, waiting where a lane is full.
func (f *Follower) deliver(ctx context.Context, messages []bus.Message) error {
	for _, m := range messages {
		item := lane.Item{Partition: m.Partition, Bytes: len(m.Data), Payload: f.decoder.Decode(m)}
		f.delivered(m)
		if err := f.lane(m.Partition).Submit(ctx, item); err != nil {
			return err
		}
	}
	return nil
}

// marks reads where each partition stands from the store, which alone knows.
func (f *Follower) marks(ctx context.Context) (map[int]bus.Mark, error) {
	parts, err := f.deps.Store.ReadPartitions(ctx, f.Partitions())
	if err != nil {
		return nil, err
	}
	marks := make(map[int]bus.Mark, len(parts))
	for id, p := range parts {
		marks[id] = bus.Mark{Epoch: p.Epoch, Sequence: p.Mark.Sequence, Time: p.Mark.Time, ID: p.Mark.ID, Created: p.Mark.Created}
	}
	return marks, nil
}
