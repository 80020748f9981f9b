package analytics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/copying"
	"github.com/laurel-loyalty/laurel/services/internal/metric"
)

// metrics are what can be watched of the copy, beside what every follower shows.
type metrics struct {
	entries prometheus.Counter
	repeats prometheus.Counter
}

func newMetrics(r *prometheus.Registry) *metrics {
	page := metric.On(r, "analytics")
	return &metrics{entries: page.Counter("entries_total"), repeats: page.Counter("repeats_total")}
}

// waitingReports shows how many reports wait for their turn.
func waitingReports(r *prometheus.Registry, waiting func() int) {
	metric.On(r, "analytics").GaugeOf("reports_waiting", func() float64 { return float64(waiting()) })
}

func (m *metrics) copied(o copying.Outcome) {
	m.entries.Add(float64(o.Entries))
	m.repeats.Add(float64(o.Repeats))
}
