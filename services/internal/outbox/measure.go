package outbox

import (
	"context"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/metric"
)

// Measure shows what waits in the outbox that the relays publish, all those of a service.
func Measure(page metric.Page, c clock.Clock, relays ...*Relay) {
	for _, r := range relays {
		page.GaugeOf("outbox_age_seconds", func() float64 { return r.age(c.Now()).Seconds() }, r.Stream)
	}
	if len(relays) > 0 {
		page.GaugeOf("outbox_chunks", func() float64 { return float64(relays[0].chunks.Load()) })
	}
}

// count notes how many chunks the outbox has, of all streams and replicas.
func (r *Relay) count(ctx context.Context) {
	if n, err := r.Store.Collection(Name).EstimatedDocumentCount(ctx); err == nil { // else the next round says what is wrong
		r.chunks.Store(n)
	}
}

// see notes a chunk that is about to be published.
func (r *Relay) see(c Chunk) {
	stored := c.Created.UnixMilli()
	if oldest := r.oldest.Load(); oldest == 0 || stored < oldest {
		r.oldest.Store(stored)
	}
}

// age is how long the oldest chunk has waited that this relay knows of. A round that fails leaves the oldest that it saw,
// though it may have left.
func (r *Relay) age(now time.Time) time.Duration {
	oldest := r.oldest.Load()
	if oldest == 0 {
		return 0
	}
	return max(0, now.Sub(time.UnixMilli(oldest)))
}
