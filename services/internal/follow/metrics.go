package follow

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/lane"
	"github.com/laurel-loyalty/laurel/services/internal/metric"
)

// metrics are what can be watched of a follower.
type metrics struct {
	published *prometheus.CounterVec // nil: it publishes nothing
	batch     prometheus.Observer
	commit    prometheus.Observer
	phases    *prometheus.CounterVec
	failures  *prometheus.CounterVec
	wentBack  prometheus.Counter
	skew      prometheus.Gauge
	reader    atomic.Pointer[bus.Reader]
}

func newMetrics(r *prometheus.Registry, f *Follower) *metrics {
	page := metric.On(r, f.cfg.Service)
	m := &metrics{
		batch:    page.Histogram("batch_items"),
		commit:   page.Histogram("commit_seconds"),
		phases:   page.Counters("phase_seconds_total"),
		failures: page.Counters("batch_failures_total"),
		wentBack: page.Counter("bus_went_back_total"),
		skew:     page.Gauge("clock_skew_seconds"),
	}
	if len(f.cfg.Publishes) > 0 {
		m.published = page.Counters("published_total")
	}
	for _, stream := range f.cfg.Publishes {
		m.published.WithLabelValues(stream)
	}
	for _, kind := range lane.Failures() {
		m.failures.WithLabelValues(kind)
	}
	for _, phase := range []Phase{PhaseWait, PhaseLoad, PhaseCompute, PhasePack, PhaseCommit} {
		m.phases.WithLabelValues(string(phase))
	}
	if len(f.cfg.Publishes) > 0 {
		m.phases.WithLabelValues(string(phaseOutbox))
	}
	page.GaugeOf("lag_messages", m.lag)
	page.GaugeOf("mark_age_seconds", func() float64 { return f.age().Seconds() })
	page.GaugeOf("queue_items", func() float64 {
		n := 0
		for _, l := range f.lanes {
			n += l.Queued()
		}
		return float64(n)
	})
	page.GaugeOf("stopped", func() float64 {
		if f.Broken() != nil {
			return 1
		}
		return 0
	})
	page.GaugeOf("owned_partitions", func() float64 { return float64(len(f.Owned())) })
	page.CounterOf("taken_partitions_total", func() float64 { return float64(f.leaseCounts().Taken) })
	page.CounterOf("handed_partitions_total", func() float64 { return float64(f.leaseCounts().Handed) })
	return m
}

// spent adds to a phase. The clock is cut to milliseconds: what is shorter is right in the mean.
func (m *metrics) spent(phase Phase, d time.Duration) {
	if d > 0 { // somebody may have set the clock back
		m.phases.WithLabelValues(string(phase)).Add(d.Seconds())
	}
}

func (m *metrics) lag() float64 {
	if r := m.reader.Load(); r != nil {
		return float64(r.Lag())
	}
	return 0
}

func (m *metrics) connected(b *bus.Bus) error {
	if !b.Connected() {
		return errors.New("there is no connection to the bus")
	}
	return nil
}

func (m *metrics) busHealth(stream string) error {
	if r := m.reader.Load(); r == nil || !r.Healthy() {
		return fmt.Errorf("the last read of %s was not answered in time", stream)
	}
	return nil
}

// waiting is what was delivered of a partition.
type waiting struct {
	last  uint64    // sequence of the last message
	since time.Time // stream time of the first one that was delivered when all before it was applied
}

// delivered notes a message that goes to a lane: until its partition's mark is there, the partition is behind.
func (f *Follower) delivered(m bus.Message) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w := f.waits[m.Partition]
	if f.parts[m.Partition].Mark.Sequence >= w.last {
		w.since = m.Time
	}
	w.last = m.Sequence
	f.waits[m.Partition] = w
}

// age is how long the oldest message has been in the stream that was delivered and is not applied, at most; 0: all are. What
// was delivered of a partition that another replica has taken since is that one's to apply.
func (f *Follower) age() time.Duration {
	now := f.deps.Clock.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	var oldest time.Duration
	for id, w := range f.waits {
		mark := f.parts[id].Mark
		if mark.Sequence >= w.last || !f.owns(id) {
			continue
		}
		since := w.since
		if mark.Time.After(since) {
			since = mark.Time
		}
		oldest = max(oldest, now.Sub(since))
	}
	return oldest
}
