package reporting

import (
	"context"
	"iter"
	"sync/atomic"
	"time"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Limits of reading. What is beyond them is refused or cut off, so that copying always finds a connection, a core and memory.
const (
	// readersMax is how many reports are computed at once. Each keeps some numbers of every customer.
	readersMax = 2
	// waitersMax is how many may wait for their turn.
	waitersMax = 16
	// asideMax is how many read one account at once, beside those who read all; more wait.
	asideMax = 16
	// readMax is how long one may read: mongod forgets the state that it reads after five minutes.
	readMax = 4 * time.Minute
)

// queue lets few in at a time, in the order in which they came. Safe for many goroutines.
type queue struct {
	turns   chan struct{}
	aside   chan struct{} // turns of those who read one account
	waiting atomic.Int64
}

func newQueue() *queue {
	return &queue{turns: make(chan struct{}, readersMax), aside: make(chan struct{}, asideMax)}
}

// enter waits for a turn until ctx ends, or refuses with OVERLOADED where enough wait already. Whoever was let in must leave.
func (q *queue) enter(ctx context.Context) error {
	select {
	case q.turns <- struct{}{}:
		return nil
	default:
	}
	defer q.waiting.Add(-1)
	if q.waiting.Add(1) > waitersMax {
		return reason.New(reason.Overloaded, "", "%d reports are computed and %d wait; try again in a while", readersMax, waitersMax)
	}
	return q.stand(ctx)
}

// stand waits for a turn however many do.
func (q *queue) stand(ctx context.Context) error {
	select {
	case q.turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (q *queue) leave() { <-q.turns }

// Aside is Together for who reads one account: it does not wait for those who read all.
func (r *Reporter) Aside(ctx context.Context, look func(context.Context, *Reporter) error) error {
	select {
	case r.queue.aside <- struct{}{}:
		defer func() { <-r.queue.aside }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return r.storage.Snapshot(ctx, func(ctx context.Context) error { return look(ctx, r.within()) })
}

// within is the reporter in a snapshot that is open.
func (r *Reporter) within() *Reporter {
	return &Reporter{storage: r.storage, partitions: r.partitions, inside: true}
}

// Patient is the same reporter for work that nobody waits for: it takes its turn as others do, and is never refused for their
// number. Whoever has it bounds its own work.
func (r *Reporter) Patient() *Reporter {
	patient := *r
	patient.enter = r.queue.stand
	return &patient
}

// Waiting is how many wait for their turn.
func (r *Reporter) Waiting() int { return int(min(r.queue.waiting.Load(), waitersMax)) }

// turn waits for its turn and opens one state of the copy for readMax at most; inside Together it has both. Otherwise it may
// be called inside itself by nobody.
func (r *Reporter) turn(ctx context.Context, look func(context.Context) error) error {
	if r.inside {
		return look(ctx)
	}
	if err := r.enter(ctx); err != nil {
		return err
	}
	defer r.queue.leave()
	ctx, cancel := context.WithTimeout(ctx, readMax)
	defer cancel()
	return r.storage.Snapshot(ctx, look)
}

// untilCutOff ends customers with an error once ctx has ended: the driver looks at it only where it asks mongod for more.
func untilCutOff(ctx context.Context, customers iter.Seq2[history.Customer, error]) iter.Seq2[history.Customer, error] {
	return func(yield func(history.Customer, error) bool) {
		for c, err := range customers {
			if cut := ctx.Err(); err == nil && cut != nil {
				c, err = history.Customer{}, cut
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}
