package tier

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/laurel-loyalty/laurel/services/internal/metric"
	"github.com/laurel-loyalty/laurel/services/tier/internal/folding"
)

// metrics are what can be watched of standings, beside what every follower shows.
type metrics struct {
	lines      prometheus.Counter
	notices    prometheus.Counter
	duplicates prometheus.Counter
	overdue    prometheus.Gauge
	refusals   *prometheus.CounterVec
}

func newMetrics(r *prometheus.Registry) *metrics {
	page := metric.On(r, "tier")
	return &metrics{
		lines: page.Counter("lines_total"), notices: page.Counter("notices_total"), duplicates: page.Counter("duplicates_total"),
		refusals: page.Counters("refusals_total"), overdue: page.Gauge("overdue_accounts"),
	}
}

func (m *metrics) folded(o folding.Outcome) {
	m.lines.Add(float64(o.Lines))
	m.notices.Add(float64(o.Notices))
	m.duplicates.Add(float64(o.Duplicates))
	for reason, n := range o.Refusals {
		m.refusals.WithLabelValues(reason).Add(float64(n))
	}
}

// watchDue counts accounts to which something is to happen that has not.
func (s *Service) watchDue(ctx context.Context) {
	if n, err := s.storage.DueCount(ctx, s.Clocks()); err == nil { // a store that does not answer says so elsewhere
		s.metrics.overdue.Set(float64(n))
	}
}
