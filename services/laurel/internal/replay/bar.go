package replay

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
)

// linesEvery is how often a plain line is written where no bar can move.
const linesEvery = 2 * time.Second

// standing is how far a replay is.
type standing struct {
	total   int64 // orders of the files
	known   int64 // orders that EVENTS had before this run
	applied int64 // messages that the ledger has taken in this run; control messages make it a few more than the orders
	lag     follow.Progress
	seconds float64 // since the first order was published
}

// done is how many of the orders are in the ledger.
func (s standing) done() int64 { return min(s.known+s.applied, s.total) }

// rest is the speed, what is left and how far the services are behind what is published, in words.
func (s standing) rest() string {
	text := fmt.Sprintf("%.0f orders/s, %d left, ", float64(min(s.applied, s.total))/max(s.seconds, 0.001), s.total-s.done())
	if s.lag.Drained() {
		return text + "no lag"
	}
	return text + fmt.Sprintf("lag: %d partitions behind, %d accounts due, %d chunks of facts to send", s.lag.Behind, s.lag.Due, s.lag.Outbox)
}

// line is all of it, where no bar can move.
func (s standing) line() string {
	return fmt.Sprintf("%d of %d orders in the ledger, %s", s.done(), s.total, s.rest())
}

// bar shows how many orders the ledger has taken: a moving bar on a terminal, a line now and then and at the end elsewhere.
type bar struct {
	out   io.Writer
	clock clock.Clock
	begun time.Time

	mu     sync.Mutex
	at     standing
	told   time.Time
	mpb    *mpb.Progress
	moving *mpb.Bar
}

func newBar(o Options, total int64) *bar {
	b := &bar{out: o.Err, clock: o.Clock, begun: o.Clock.Now(), told: o.Clock.Now(), at: standing{total: total}}
	if o.Terminal {
		b.mpb = mpb.New(mpb.WithOutput(o.Err), mpb.WithWidth(48))
		b.moving = b.mpb.AddBar(total,
			mpb.PrependDecorators(decor.Name("orders "), decor.CountersNoUnit("%d / %d")),
			mpb.AppendDecorators(decor.Percentage(), decor.Any(func(decor.Statistics) string { return "  " + b.now().rest() })))
	}
	return b
}

func (b *bar) now() standing {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at.seconds = b.clock.Now().Sub(b.begun).Seconds()
	return b.at
}

// known tells how many of the orders were published before this run.
func (b *bar) known(orders int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at.known = orders
}

// set tells how many messages have been applied, and shows it.
func (b *bar) set(applied int64) {
	b.mu.Lock()
	b.at.applied = applied
	due := b.clock.Now().Sub(b.told) >= linesEvery
	if due {
		b.told = b.clock.Now()
	}
	b.mu.Unlock()
	if b.moving != nil {
		b.moving.SetCurrent(b.now().done())
		return
	}
	if due {
		b.tell()
	}
}

func (b *bar) tell() { _, _ = fmt.Fprintf(b.out, "  %s\n", b.now().line()) }

// left tells what is still to be done of what is published.
func (b *bar) left(p follow.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at.lag = p
}

func (b *bar) done() {
	if b.mpb == nil {
		b.tell()
		return
	}
	b.moving.SetTotal(-1, true)
	b.mpb.Wait()
}
