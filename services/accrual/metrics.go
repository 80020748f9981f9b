package accrual

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/posting"
)

// metrics are what can be watched of the ledger, beside what every follower shows. Names carry their unit.
type metrics struct {
	entries    prometheus.Counter
	duplicates prometheus.Counter
	refusals   *prometheus.CounterVec
}

func newMetrics(r *prometheus.Registry) *metrics {
	m := &metrics{
		entries:    prometheus.NewCounter(prometheus.CounterOpts{Name: "laurel_accrual_entries_total", Help: "Entries written to the ledger."}),
		duplicates: prometheus.NewCounter(prometheus.CounterOpts{Name: "laurel_accrual_duplicates_total", Help: "Events that were known already."}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "laurel_accrual_refusals_total", Help: "Events refused, by reason.",
		}, []string{"reason"}),
	}
	r.MustRegister(m.entries, m.duplicates, m.refusals)
	return m
}

func (m *metrics) posted(o posting.Outcome) {
	m.entries.Add(float64(o.Entries))
	m.duplicates.Add(float64(o.Duplicates))
	for reason, n := range o.Refusals {
		m.refusals.WithLabelValues(reason).Add(float64(n))
	}
}
