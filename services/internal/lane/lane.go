// Package lane collects work for the partitions that it serves and hands it on in batches, one at a time, in the order
// in which it came. It owns batching, back-pressure and trying again; what a batch does is its Poster's.
package lane

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Item is one thing to do for a partition.
type Item struct {
	Partition int
	Bytes     int // what it weighs in a batch
	Payload   any // the service's own
	// From is who asks, of an item that is submitted by TrySubmit; empty: all who say nothing are one.
	From string
	// Trace is where who asked for it belongs among traces: what is published because of it carries it on.
	Trace cloudevent.Trace
	// Done, where set, is called by the Poster once the item's effect is durable.
	Done func()
	// Lost, where set, is called by the Poster instead of Done when the partition is another replica's: nothing was done.
	Lost func()
}

// Poster loads, computes and commits.
type Poster interface {
	// Post makes some of the items durable as one transaction and returns the others in their order, fewer than it was
	// given unless there is an error. It may leave whole partitions aside, but no item of a partition before a later one.
	// store.ErrConflict and store.ErrUnknown mean: call again. A *Stop error ends the lane. Any other is trouble
	// that may pass: the lane waits and calls again.
	Post(ctx context.Context, items []Item) (rest []Item, err error)
	// Reset forgets what was cached: somebody else may have written.
	Reset()
}

// Stop wraps an error after which nothing more may be written: an invariant does not hold.
type Stop struct{ Err error }

// Error gives the error that it wraps.
func (s *Stop) Error() string { return s.Err.Error() }

// Unwrap gives the error that it wraps.
func (s *Stop) Unwrap() error { return s.Err }

// Limits of a lane.
type Limits struct {
	BatchItems int           // items in one transaction; 512
	BatchBytes int           // bytes in one transaction; 8 MiB
	QueueItems int           // items of Submit that wait, beyond it Submit blocks; and as many of TrySubmit, which refuses
	Idle       time.Duration // how long a batch waits for more; 2 ms
}

// DefaultLimits are those of design section 5, measured there.
func DefaultLimits() Limits {
	return Limits{BatchItems: 512, BatchBytes: 8 << 20, QueueItems: 2048, Idle: 2 * time.Millisecond}
}

// Waits between tries when something is in trouble, and when another writer is faster again and again: a try that lost says nothing
// about the next one.
const (
	troubleWaitMin  = 20 * time.Millisecond
	troubleWaitMax  = time.Second
	conflictWaitMin = time.Millisecond
	conflictWaitMax = 16 * time.Millisecond
	conflictsAtOnce = 2
)

// Lane is safe for many submitters; one Run at a time.
type Lane struct {
	limits Limits
	poster Poster
	log    *slog.Logger
	queue  chan Item // of Submit
	asked  chan Item // of TrySubmit
	over   []Item    // Run's own: at most one item, taken from a queue and too heavy for the batch before
	bus    bool      // Run's own: the last item came from queue
	run    int       // Run's own: how many items the next try takes at most
	stats  Stats

	mu   sync.Mutex
	from map[string]int // how many items of a caller wait in asked; none of nobody
}

// New makes a lane.
func New(poster Poster, limits Limits, log *slog.Logger, stats Stats) *Lane {
	return &Lane{
		limits: limits, poster: poster, log: log, run: limits.BatchItems, stats: stats, from: map[string]int{},
		queue: make(chan Item, limits.QueueItems), asked: make(chan Item, limits.QueueItems),
	}
}

// Submit queues an item, waiting for room: back-pressure for the bus and for sweeps.
func (l *Lane) Submit(ctx context.Context, item Item) error {
	select {
	case l.queue <- item:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TrySubmit queues an item or refuses it with OVERLOADED: for callers who can come again. One caller alone has at most half of the
// queue, so that others find room.
func (l *Lane) TrySubmit(item Item) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if mine := l.from[item.From]; mine >= max(1, l.limits.QueueItems/2) {
		return reason.New(reason.Overloaded, "", "%d commands of this caller are waiting; try again in a second", mine)
	}
	select {
	case l.asked <- item:
		l.from[item.From]++
		return nil
	default:
		return reason.New(reason.Overloaded, "", "%d commands are waiting; try again in a second", len(l.asked))
	}
}

// taken makes room for the caller of an item that has left the queue of TrySubmit.
func (l *Lane) taken(item Item) Item {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.from[item.From]--; l.from[item.From] == 0 {
		delete(l.from, item.From)
	}
	return item
}

// Queued is how many items wait.
func (l *Lane) Queued() int { return len(l.queue) + len(l.asked) }

// Run works until ctx ends or an invariant breaks; then it returns the *Stop. What it has not committed when ctx ends
// has had no effect.
func (l *Lane) Run(ctx context.Context) error {
	var batch []Item
	for ctx.Err() == nil {
		batch = l.collect(ctx, batch[:0])
		if err := l.work(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// collect waits for the first item, then takes what follows closely until the batch is full.
func (l *Lane) collect(ctx context.Context, batch []Item) []Item {
	batch = append(batch, l.over...)
	l.over = nil
	if len(batch) == 0 {
		item, ok := l.await(ctx, nil)
		if !ok {
			return batch
		}
		batch = append(batch, item)
	}
	bytes := batch[0].Bytes
	var idle <-chan time.Time
	for len(batch) < l.limits.BatchItems && bytes < l.limits.BatchBytes {
		item, ok := l.ready()
		if !ok {
			if idle == nil {
				timer := time.NewTimer(l.limits.Idle)
				defer timer.Stop()
				idle = timer.C
			}
			if item, ok = l.await(ctx, idle); !ok {
				return batch
			}
		}
		if bytes += item.Bytes; bytes > l.limits.BatchBytes {
			l.over = []Item{item}
			return batch
		}
		batch = append(batch, item)
	}
	return batch
}

// ready takes an item that waits, by turns where both queues have one: neither what comes from the bus nor who asks waits for all of
// the other.
func (l *Lane) ready() (Item, bool) {
	for range 2 {
		l.bus = !l.bus
		if l.bus {
			select {
			case item := <-l.queue:
				return item, true
			default:
			}
			continue
		}
		select {
		case item := <-l.asked:
			return l.taken(item), true
		default:
		}
	}
	return Item{}, false
}

// await waits for the next item. False: the idle time is over, or ctx has ended.
func (l *Lane) await(ctx context.Context, idle <-chan time.Time) (Item, bool) {
	select {
	case item := <-l.queue:
		return item, true
	case item := <-l.asked:
		return l.taken(item), true
	case <-idle:
		return Item{}, false
	case <-ctx.Done():
		return Item{}, false
	}
}

// growth is the part by which a run is longer than the one before that went through.
const growth = 4

// work posts a batch to its end, whatever it takes. What failed is tried by halves, so that what fails is narrowed down while its
// neighbours go on, and so that few writes meet others where many do: of as few partitions as may be, because each adds its own
// documents to the writes. What went through is what later tries begin with, and a
// fourth more each time.
func (l *Lane) work(ctx context.Context, batch []Item) error {
	failures, wait := 0, time.Duration(0)
	for len(batch) > 0 && ctx.Err() == nil {
		run := min(l.run, len(batch))
		if run < len(batch) {
			slices.SortStableFunc(batch, func(a, b Item) int { return cmp.Compare(a.Partition, b.Partition) })
		}
		left, err := l.poster.Post(ctx, batch[:run])
		if err == nil {
			l.stats.batch(run - len(left))
			batch, failures, wait = append(left, batch[run:]...), 0, 0
			if run == l.run {
				l.run = min(run+max(run/growth, 1), l.limits.BatchItems)
			}
			continue
		}
		if _, stop := errors.AsType[*Stop](err); stop {
			return err
		}
		l.poster.Reset()
		l.stats.failure(err)
		failures++
		l.run = max(run/2, 1)
		if errors.Is(err, store.ErrConflict) && failures <= conflictsAtOnce || ctx.Err() != nil {
			continue
		}
		wait = longer(wait, err)
		if wait >= conflictWaitMax {
			l.log.WarnContext(ctx, "batch not written, trying again", "error", err, "items", run, "failures", failures, "wait", wait)
		}
		pause(ctx, wait)
	}
	return nil
}

// longer is how long to wait after a failure, where it was so long after the one before.
func longer(wait time.Duration, err error) time.Duration {
	if errors.Is(err, store.ErrConflict) {
		return min(max(2*wait, conflictWaitMin), conflictWaitMax)
	}
	return min(max(2*wait, troubleWaitMin), troubleWaitMax)
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
