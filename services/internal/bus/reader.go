package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
)

// ErrReread asks a reader, from Deliver, to forget what it has under way and to begin again behind the marks.
var ErrReread = errors.New("read again behind the marks")

// How long a reader waits before it tries again after trouble: doubling, from the first to the last.
const (
	retryFirst = 50 * time.Millisecond
	retryLast  = 2 * time.Second
)

// ReadConfig says what to read and who takes it.
type ReadConfig struct {
	Stream     string // Events if empty; Facts
	Partitions []int  // those that are owned; another set is another reader
	// Marks returns how far each partition is applied; a missing one has nothing applied. It is asked at the
	// beginning of each incarnation. An error is trouble: it is logged, and asked again.
	Marks func(ctx context.Context) (map[int]Mark, error)
	// Deliver takes messages in the order of the stream; it must skip what is at or below a mark. While it blocks,
	// nothing more than one further pull is fetched. ErrReread begins a new incarnation; any other error ends Run.
	Deliver func(ctx context.Context, run []Message) error
	Logger  *slog.Logger
}

// Reader reads partitions of a stream, in order, for as long as it runs. What it delivers within one incarnation has
// no gap since Message.After, but what is below a partition's mark may come again in each.
type Reader struct {
	bus *Bus
	cfg ReadConfig

	silence time.Duration // how long the server may say nothing

	healthy atomic.Bool
	pending atomic.Int64 // what the server has beyond the last message that was taken from the wire
	taken   atomic.Int64 // what was taken and is not yet delivered
}

// NewReader returns a reader that does nothing until Run.
func (b *Bus) NewReader(cfg ReadConfig) *Reader {
	if cfg.Stream == "" {
		cfg.Stream = Events
	}
	if cfg.Logger == nil {
		cfg.Logger = b.log
	}
	return &Reader{bus: b, cfg: cfg, silence: pullSilenceMax}
}

// Read is NewReader and Run, for callers who watch neither lag nor health.
func (b *Bus) Read(ctx context.Context, cfg ReadConfig) error { return b.NewReader(cfg).Run(ctx) }

// Lag returns how many messages are not delivered yet, as far as the server has told: while Deliver blocks, and before
// Run, it stands still, and a reader of some partitions counts those of all. LastSequences tells whether a partition
// is drained.
func (r *Reader) Lag() int { return int(r.pending.Load() + r.taken.Load()) }

// Healthy tells whether the last read was answered in time; the answer "nothing new" counts.
func (r *Reader) Healthy() bool { return r.healthy.Load() && r.bus.Connected() }

// Run reads until ctx ends, and then returns nil. Each loss of the connection, gap or trouble begins a new
// incarnation: marks, go-back check, a new consumer behind the lowest mark. It returns a *WentBack if the bus no
// longer holds a mark's message, and whatever Deliver returned but ErrReread.
func (r *Reader) Run(ctx context.Context) error {
	if len(r.cfg.Partitions) == 0 {
		return fmt.Errorf("read %s: no partition is given", r.cfg.Stream)
	}
	defer r.healthy.Store(false)
	wait := retryFirst
	for {
		delivered, err := r.incarnation(ctx)
		if fatal(err) {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, ErrReread) {
			continue
		}
		r.healthy.Store(false)
		r.cfg.Logger.Warn("bus read interrupted", "stream", r.cfg.Stream, "error", err)
		if delivered {
			wait = retryFirst
		}
		if !r.pause(ctx, wait) {
			return nil
		}
		wait = min(2*wait, retryLast)
	}
}

// pause waits d, or until the connection changes, and returns false if ctx ended.
func (r *Reader) pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// fatalError is an error that ends Run.
type fatalError struct{ error }

func (f fatalError) Unwrap() error { return f.error }

func fatal(err error) bool {
	var back *WentBack
	var end fatalError
	return errors.As(err, &back) || errors.As(err, &end)
}

// incarnation reads until something interrupts it, and tells whether it got so far as to deliver.
func (r *Reader) incarnation(ctx context.Context) (bool, error) {
	delivered := false
	lost := r.bus.loss() // taken first, so that no loss from here on is missed
	marks, err := r.cfg.Marks(ctx)
	if err != nil {
		return false, fmt.Errorf("read marks: %w", err)
	}
	behind, err := r.begin(ctx, marks)
	if err != nil {
		return false, err
	}
	// The check stands behind the making of the consumer: from then on the consumer is bound to this very stream.
	p, openErr := r.bus.openPull(ctx, r.cfg.Stream, r.cfg.Partitions, behind)
	if openErr == nil {
		p.silence = r.silence
		defer p.close()
	}
	created, err := r.checkMarks(ctx, marks)
	if err := errors.Join(err, openErr); err != nil {
		return false, err
	}
	r.pending.Store(int64(p.pending))
	r.healthy.Store(true)
	for {
		run, err := p.run(ctx, lost)
		if err != nil {
			return delivered, err
		}
		r.healthy.Store(true)
		if len(run) == 0 {
			continue
		}
		for i := range run {
			run[i].After, run[i].Created = min(behind, marks[run[i].Partition].Sequence), created
		}
		if err := r.deliver(ctx, p, run); err != nil {
			return delivered, err
		}
		delivered = true
	}
}

// deliver hands a run on once it is on the server's disk.
func (r *Reader) deliver(ctx context.Context, p *pull, run []Message) error {
	r.pending.Store(int64(p.pending))
	r.taken.Store(int64(len(run)))
	defer r.taken.Store(0)
	if err := r.settled(ctx, run[len(run)-1]); err != nil {
		return err
	}
	err := r.cfg.Deliver(ctx, run)
	if err != nil && !errors.Is(err, ErrReread) && !errors.Is(err, context.Canceled) {
		return fatalError{fmt.Errorf("deliver %d messages from sequence %d: %w", len(run), run[0].Sequence, err)}
	}
	return err
}

// settled waits until the server has a message on disk. A consumer is given messages of an atomic batch before the
// batch is synced; were they applied then, a server killed at that moment would have gone back behind our mark.
// A lookup is answered behind the sync (see fetch).
func (r *Reader) settled(ctx context.Context, last Message) error {
	s, found, err := r.bus.fetch(ctx, r.cfg.Stream, lookup{Sequence: last.Sequence})
	if err != nil {
		return err
	}
	if !found || !s.time.Equal(last.Time) {
		return fmt.Errorf("message %d was delivered, but is not in stream %s", last.Sequence, r.cfg.Stream)
	}
	return nil
}

// begin returns the sequence behind which to read: the lowest mark of a partition that has something beyond its mark,
// or the stream's end. So a partition in which little happens does not make all the others' messages come again at
// each reconnect. The end is taken first: what comes into a partition after it was found drained lies beyond it.
func (r *Reader) begin(ctx context.Context, marks map[int]Mark) (uint64, error) {
	state, found, err := r.bus.streamState(ctx, r.cfg.Stream)
	if err != nil || !found {
		return 0, err
	}
	behind := state.last
	for _, p := range r.cfg.Partitions {
		last, found, err := r.bus.fetch(ctx, r.cfg.Stream, lookup{LastOn: partitionFilter(r.cfg.Stream, p)})
		if err != nil {
			return 0, err
		}
		if found && last.sequence > marks[p].Sequence {
			behind = min(behind, marks[p].Sequence)
		}
	}
	return behind, nil
}
