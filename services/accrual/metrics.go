package accrual

import (
	"errors"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/posting"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
)

// metrics are what can be watched of the service. Names carry their unit.
type metrics struct {
	entries    prometheus.Counter
	duplicates prometheus.Counter
	refusals   *prometheus.CounterVec
	published  *prometheus.CounterVec
	batch      prometheus.Histogram
	commit     prometheus.Histogram
	failures   prometheus.Counter
	reader     atomic.Pointer[bus.Reader]
}

func newMetrics(r *prometheus.Registry, s *Service) *metrics {
	m := &metrics{
		entries:    prometheus.NewCounter(prometheus.CounterOpts{Name: "laurel_accrual_entries_total", Help: "Entries written to the ledger."}),
		duplicates: prometheus.NewCounter(prometheus.CounterOpts{Name: "laurel_accrual_duplicates_total", Help: "Events that were known already."}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "laurel_accrual_refusals_total", Help: "Events refused, by reason.",
		}, []string{"reason"}),
		published: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "laurel_accrual_published_total", Help: "Messages published from the outbox, by stream.",
		}, []string{"stream"}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "laurel_accrual_batch_items", Help: "Items in one transaction.", Buckets: prometheus.ExponentialBuckets(1, 2, 10),
		}),
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "laurel_accrual_commit_seconds", Help: "How long a commit took.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
		}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "laurel_accrual_batch_failures_total", Help: "Tries of a batch that failed and were made again.",
		}),
	}
	r.MustRegister(m.entries, m.duplicates, m.refusals, m.published, m.batch, m.commit, m.failures,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "laurel_accrual_lag_messages", Help: "Messages of EVENTS not delivered to a lane yet.",
		}, m.lag),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "laurel_accrual_queue_items", Help: "Items that wait for a lane.",
		}, func() float64 {
			n := 0
			for _, l := range s.lanes {
				n += l.Queued()
			}
			return float64(n)
		}))
	return m
}

func (m *metrics) committed(o posting.Outcome) {
	m.entries.Add(float64(o.Entries))
	m.duplicates.Add(float64(o.Duplicates))
	for reason, n := range o.Refusals {
		m.refusals.WithLabelValues(reason).Add(float64(n))
	}
	m.commit.Observe(o.Took.Seconds())
}

func (m *metrics) lag() float64 {
	if r := m.reader.Load(); r != nil {
		return float64(r.Lag())
	}
	return 0
}

var errNotReading = errors.New("the last read of EVENTS was not answered in time")

func (m *metrics) busHealth() error {
	if r := m.reader.Load(); r == nil || !r.Healthy() {
		return errNotReading
	}
	return nil
}
