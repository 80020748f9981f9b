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
	// Rest lets a reader without any mark begin with what archiving has left of the stream.
	Rest bool
	// Deliver takes messages in the order of the stream; it must skip what is at or below a mark. While it blocks,
	// nothing more than one further pull is fetched. ErrReread begins a new incarnation; any other error ends Run.
	Deliver func(ctx context.Context, run []Message) error
	Logger  *slog.Logger
}

// Reader reads partitions of a stream, in order, for as long as it runs. Each message follows on the one of its
// partition with the sequence Message.After; what is below a partition's mark may come again in each incarnation.
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
		if !pause(ctx, wait) {
			return nil
		}
		wait = min(2*wait, retryLast)
	}
}

// Check compares the marks with the stream once, and reads nothing. It returns a *WentBack as Run does.
func (r *Reader) Check(ctx context.Context) error {
	marks, err := r.cfg.Marks(ctx)
	if err == nil {
		_, err = r.checkMarks(ctx, marks)
	}
	return err
}

// pause waits d, and returns false if ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
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
