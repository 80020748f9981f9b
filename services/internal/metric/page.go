package metric

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// Page makes the metrics of one service and shows them. Names are short: entries_total for laurel_accrual_entries_total. One
// that is made twice is the same. A name that the table does not have, or has as another kind, is a mistake in the code and
// ends the process at its start.
type Page struct {
	registry *prometheus.Registry
	service  string
}

// On is the page of a service.
func On(r *prometheus.Registry, service string) Page { return Page{r, service} }

// None tells that there is no page: nothing may be made on it.
func (p Page) None() bool { return p.registry == nil }

// Counter makes one without labels.
func (p Page) Counter(short string) prometheus.Counter { return p.Counters(short).WithLabelValues() }

// Counters makes one with the labels of its row, in their order.
func (p Page) Counters(short string) *prometheus.CounterVec {
	m := p.row(short, Counter)
	return shown(p, prometheus.NewCounterVec(prometheus.CounterOpts{Name: m.Of(p.service), Help: m.Meaning}, m.Labels))
}

// Gauge makes one without labels.
func (p Page) Gauge(short string) prometheus.Gauge { return p.Gauges(short).WithLabelValues() }

// Gauges makes one with the labels of its row, in their order.
func (p Page) Gauges(short string) *prometheus.GaugeVec {
	m := p.row(short, Gauge)
	return shown(p, prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: m.Of(p.service), Help: m.Meaning}, m.Labels))
}

// Histogram makes one without labels.
func (p Page) Histogram(short string) prometheus.Observer {
	return p.Histograms(short).WithLabelValues()
}

// Histograms makes one with the labels of its row, in their order.
func (p Page) Histograms(short string) *prometheus.HistogramVec {
	m := p.row(short, Histogram)
	return shown(p, prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: m.Of(p.service), Help: m.Meaning, Buckets: m.buckets}, m.Labels))
}

// GaugeOf shows what f returns whenever somebody looks: f must be quick, and safe for many. Labels are values of the row's.
func (p Page) GaugeOf(short string, f func() float64, labels ...string) {
	m := p.row(short, Gauge)
	shown(p, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: m.Of(p.service), Help: m.Meaning, ConstLabels: m.pairs(labels)}, f))
}

// CounterOf is as GaugeOf, for what only grows.
func (p Page) CounterOf(short string, f func() float64) {
	m := p.row(short, Counter)
	shown(p, prometheus.NewCounterFunc(prometheus.CounterOpts{Name: m.Of(p.service), Help: m.Meaning}, f))
}

func (m Metric) pairs(values []string) prometheus.Labels {
	pairs := prometheus.Labels{}
	for i, name := range m.Labels {
		pairs[name] = values[i]
	}
	return pairs
}

func (p Page) row(short string, kind Kind) Metric {
	m, ok := find(p.service, short)
	if !ok || m.Kind != kind {
		panic("metric: " + p.service + " has no " + string(kind) + " " + short + " in the table")
	}
	return m
}

// shown registers a metric, or returns the one that is there.
func shown[C prometheus.Collector](p Page, made C) C {
	err := p.registry.Register(made)
	if already, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		if there, same := already.ExistingCollector.(C); same {
			return there
		}
	}
	if err != nil {
		panic(err)
	}
	return made
}
