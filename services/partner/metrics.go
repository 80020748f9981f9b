package partner

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/laurel-loyalty/laurel/services/internal/metric"
	"github.com/laurel-loyalty/laurel/services/partner/internal/booking"
)

// metrics are what can be watched of the books, beside what every follower shows.
type metrics struct {
	entries prometheus.Counter
	repeats prometheus.Counter
	late    prometheus.Counter
}

func newMetrics(r *prometheus.Registry) *metrics {
	page := metric.On(r, "partner")
	return &metrics{
		entries: page.Counter("entries_total"), repeats: page.Counter("repeats_total"), late: page.Counter("late_entries_total"),
	}
}

func (m *metrics) booked(o booking.Outcome) {
	m.entries.Add(float64(o.Entries))
	m.repeats.Add(float64(o.Repeats))
	m.late.Add(float64(o.Late))
}
