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

// bar shows how many orders the ledger has taken: a moving bar on a terminal, a line now and then elsewhere.
type bar struct {
	out   io.Writer
	clock clock.Clock
	begun time.Time
	total int64

	mu       sync.Mutex
	current  int64
	progress follow.Progress
	told     time.Time
	mpb      *mpb.Progress
	moving   *mpb.Bar
}

func newBar(o Options, total int64) *bar {
	b := &bar{out: o.Err, clock: o.Clock, begun: o.Clock.Now(), told: o.Clock.Now(), total: total}
	if o.Terminal {
		b.mpb = mpb.New(mpb.WithOutput(o.Err), mpb.WithWidth(48))
		b.moving = b.mpb.AddBar(total,
			mpb.PrependDecorators(decor.Name("orders "), decor.CountersNoUnit("%d / %d")),
			mpb.AppendDecorators(decor.Percentage(), decor.Any(func(decor.Statistics) string { return "  " + b.rest() })))
	}
	return b
}

// set tells how many messages have been applied; control messages make it a few more than the orders.
func (b *bar) set(applied int64) {
	b.mu.Lock()
	b.current = min(applied, b.total)
	current, due := b.current, b.clock.Now().Sub(b.told) >= linesEvery
	if due {
		b.told = b.clock.Now()
	}
	b.mu.Unlock()
	if b.moving != nil {
		b.moving.SetCurrent(current)
		return
	}
	if due {
		_, _ = fmt.Fprintf(b.out, "  %d of %d orders in the ledger, %s\n", current, b.total, b.rest())
	}
}

// left tells what is still to be done once everything is published.
func (b *bar) left(p follow.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.progress = p
}

// rest is the speed and what is left, in words.
func (b *bar) rest() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	seconds := max(b.clock.Now().Sub(b.begun).Seconds(), 0.001)
	text := fmt.Sprintf("%.0f orders/s", float64(b.current)/seconds)
	if p := b.progress; p.Due > 0 || p.Outbox > 0 || p.Behind > 0 {
		text += fmt.Sprintf(", lag: %d partitions behind, %d accounts due, %d chunks of facts to send", p.Behind, p.Due, p.Outbox)
	}
	return text
}

func (b *bar) done() {
	if b.mpb == nil {
		return
	}
	b.moving.SetTotal(-1, true)
	b.mpb.Wait()
}
