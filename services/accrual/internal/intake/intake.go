// Package intake takes what merchants publish into EVENTS: by turns, and only as far as the ledger keeps up. So a flood of one
// merchant waits in the intake of that merchant, and the order of another goes past it (decision 0058).
package intake

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/metric"
)

const (
	// turnMessages is how many messages one intake brings until it is another's turn.
	turnMessages = 128
	// lookEvery is how often it is looked which intakes there are, and whose task they are; lookAgain, where the server does not allow
	// it, which interrupts other requests each time.
	lookEvery = time.Second
	lookAgain = time.Minute
)

// Deps are what a taker stands on.
type Deps struct {
	Bus *bus.Bus
	// Mine tells whether this replica takes. If two do, messages come twice, and count once.
	Mine func() bool
	// Reached returns nil once partitions of EVENTS are applied through sequences.
	Reached func(ctx context.Context, through map[int]uint64) error
	// Ahead is how many messages may stand in EVENTS that are taken and not applied.
	Ahead int
	Clock clock.Clock
	Log   *slog.Logger
	Page  metric.Page
}

// Taker takes from all intakes. Make it with New and run it once.
type Taker struct {
	deps    Deps
	turns   chan turn
	window  window
	waiting *prometheus.GaugeVec
	taken   prometheus.Counter
}

// New makes the metrics. Nothing is taken until Run.
func New(deps Deps) *Taker {
	return &Taker{
		deps: deps, turns: make(chan turn), window: window{reached: deps.Reached, room: deps.Ahead, log: deps.Log, clock: deps.Clock},
		waiting: deps.Page.Gauges("intake_messages"), taken: deps.Page.Counter("intake_taken_total"),
	}
}

// turn is what one intake brings at once.
type turn struct {
	intake   string
	messages []bus.Message
	done     chan<- error
}

// Run takes until ctx ends.
func (t *Taker) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		t.byTurns(ctx)
		return nil
	})
	group.Go(func() error {
		t.look(ctx, group)
		return nil
	})
	return group.Wait()
}

// look has an intake read for each that there is, while that is this replica's task.
func (t *Taker) look(ctx context.Context, group *errgroup.Group) {
	reading := map[string]context.CancelFunc{}
	gone := make(chan string)
	for next := time.NewTimer(0); ; {
		select {
		case <-ctx.Done():
			next.Stop()
			return
		case name := <-gone:
			reading[name]()
			delete(reading, name)
			t.waiting.DeleteLabelValues(name)
			continue
		case <-next.C:
		}
		if !t.deps.Mine() {
			for _, stop := range reading {
				stop()
			}
			next.Reset(lookEvery)
			continue
		}
		names, err := t.deps.Bus.Intakes(ctx)
		if err != nil && ctx.Err() == nil {
			t.deps.Log.WarnContext(ctx, "which intakes there are is not known, asking again", "error", err)
			if next.Reset(lookEvery); errors.Is(err, bus.ErrDenied) {
				next.Reset(lookAgain)
			}
			continue
		}
		for _, name := range names {
			if reading[name] != nil {
				continue
			}
			var read context.Context
			read, reading[name] = context.WithCancel(ctx)
			group.Go(func() error {
				t.read(read, name)
				select {
				case gone <- name:
				case <-ctx.Done():
				}
				return nil
			})
		}
		next.Reset(lookEvery)
	}
}

// read brings what an intake holds, turn after turn.
func (t *Taker) read(ctx context.Context, name string) {
	t.waiting.WithLabelValues(name).Set(0)
	err := t.deps.Bus.ReadIntake(ctx, name, func(ctx context.Context, run []bus.Message, behind uint64) error {
		for len(run) > 0 {
			t.waiting.WithLabelValues(name).Set(float64(len(run)) + float64(behind))
			n := min(len(run), turnMessages)
			if err := t.bring(ctx, name, run[:n]); err != nil {
				return err
			}
			run = run[n:]
		}
		t.waiting.WithLabelValues(name).Set(float64(behind))
		return nil
	})
	if err != nil && !errors.Is(err, bus.ErrNoIntake) {
		t.deps.Log.WarnContext(ctx, "intake left", "intake", name, "error", err)
	}
}

// bring waits for a turn, and until it is done. Those who wait are taken first come, first served: each intake waits once.
func (t *Taker) bring(ctx context.Context, name string, messages []bus.Message) error {
	done := make(chan error, 1)
	select {
	case t.turns <- turn{name, messages, done}:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
