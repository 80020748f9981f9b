package partner

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/laurel-loyalty/laurel/services/partner/internal/booking"
)

// metrics are what can be watched of the books, beside what every follower shows. Names carry their unit.
type metrics struct {
	entries prometheus.Counter
	repeats prometheus.Counter
	late    prometheus.Counter
}

func newMetrics(r *prometheus.Registry) *metrics {
	m := &metrics{
		entries: prometheus.NewCounter(prometheus.CounterOpts{Name: "laurel_partner_entries_total", Help: "Entries of the ledger that were booked."}),
		repeats: prometheus.NewCounter(prometheus.CounterOpts{Name: "laurel_partner_repeats_total", Help: "Facts that were known already."}),
		late:    prometheus.NewCounter(prometheus.CounterOpts{Name: "laurel_partner_late_entries_total", Help: "Entries of a period that was closed when they came."}),
	}
	r.MustRegister(m.entries, m.repeats, m.late)
	return m
}

func (m *metrics) booked(o booking.Outcome) {
	m.entries.Add(float64(o.Entries))
	m.repeats.Add(float64(o.Repeats))
	m.late.Add(float64(o.Late))
}
