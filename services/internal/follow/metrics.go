package follow

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
)

// metrics are what can be watched of a follower. Names carry the service and their unit.
type metrics struct {
	published *prometheus.CounterVec
	batch     prometheus.Histogram
	commit    prometheus.Histogram
	failures  prometheus.Counter
	reader    atomic.Pointer[bus.Reader]
}

func newMetrics(r *prometheus.Registry, f *Follower) *metrics {
	name := func(of string) string { return "laurel_" + f.cfg.Service + "_" + of }
	m := &metrics{
		published: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: name("published_total"), Help: "Messages published from the outbox, by stream.",
		}, []string{"stream"}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: name("batch_items"), Help: "Items in one transaction.", Buckets: prometheus.ExponentialBuckets(1, 2, 10),
		}),
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: name("commit_seconds"), Help: "How long a commit took.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
		}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: name("batch_failures_total"), Help: "Tries of a batch that failed and were made again.",
		}),
	}
	r.MustRegister(m.published, m.batch, m.commit, m.failures,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: name("lag_messages"), Help: "Messages of the stream not delivered to a lane yet.",
		}, m.lag),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: name("queue_items"), Help: "Items that wait for a lane.",
		}, func() float64 {
			n := 0
			for _, l := range f.lanes {
				n += l.Queued()
			}
			return float64(n)
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: name("owned_partitions"), Help: "Partitions that this replica works on.",
		}, func() float64 { return float64(len(f.Owned())) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: name("taken_partitions_total"), Help: "Partitions taken that were free or whose owner was silent.",
		}, func() float64 { return float64(f.leaseCounts().Taken) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: name("handed_partitions_total"), Help: "Partitions handed over to another replica.",
		}, func() float64 { return float64(f.leaseCounts().Handed) }))
	return m
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
