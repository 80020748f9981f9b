package analytics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/copying"
)

// metrics are what can be watched of the copy, beside what every follower shows. Names carry their unit.
type metrics struct {
	entries prometheus.Counter
	repeats prometheus.Counter
}

func newMetrics(r *prometheus.Registry) *metrics {
	m := &metrics{
		entries: prometheus.NewCounter(prometheus.CounterOpts{Name: "laurel_analytics_entries_total", Help: "Entries of the ledger that were copied."}),
		repeats: prometheus.NewCounter(prometheus.CounterOpts{Name: "laurel_analytics_repeats_total", Help: "Facts that were known already."}),
	}
	r.MustRegister(m.entries, m.repeats)
	return m
}

// waitingReports shows how many reports wait for their turn; from 16 on more are refused.
func waitingReports(r *prometheus.Registry, waiting func() int) {
	r.MustRegister(prometheus.NewGaugeFunc(
		prometheus.GaugeOpts{Name: "laurel_analytics_reports_waiting", Help: "Reports that wait for their turn."},
		func() float64 { return float64(waiting()) },
	))
}

func (m *metrics) copied(o copying.Outcome) {
	m.entries.Add(float64(o.Entries))
	m.repeats.Add(float64(o.Repeats))
}
