package accrual

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/posting"
	"github.com/laurel-loyalty/laurel/services/internal/metric"
)

// metrics are what can be watched of the ledger, beside what every follower shows.
type metrics struct {
	entries    prometheus.Counter
	duplicates prometheus.Counter
	refusals   *prometheus.CounterVec
	overdue    prometheus.Gauge
	alive      *prometheus.GaugeVec
	held       *prometheus.GaugeVec
}

func newMetrics(r *prometheus.Registry) *metrics {
	page := metric.On(r, "accrual")
	return &metrics{
		entries: page.Counter("entries_total"), duplicates: page.Counter("duplicates_total"), refusals: page.Counters("refusals_total"),
		overdue: page.Gauge("overdue_accounts"), alive: page.Gauges("points_alive"), held: page.Gauges("points_held"),
	}
}

func (m *metrics) posted(o posting.Outcome) {
	m.entries.Add(float64(o.Entries))
	m.duplicates.Add(float64(o.Duplicates))
	for reason, n := range o.Refusals {
		m.refusals.WithLabelValues(reason).Add(float64(n))
	}
}
