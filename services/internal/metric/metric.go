// Package metric is the table of everything that Laurel measures: each metric's name, unit, kind, labels, who shows it, and
// what it means. Rooms make their metrics from it, so that the page for Prometheus, docs/reference/metrics.md, the dashboard
// and the alerts speak of the same. What is counted, and when, is the rooms' business.
package metric

import (
	"slices"
	"strings"
)

// Kind is what Prometheus calls the type of a metric.
type Kind string

// Kinds.
const (
	Counter   Kind = "counter"   // only grows; begins at 0 with the process
	Gauge     Kind = "gauge"     // goes up and down
	Histogram Kind = "histogram" // how many observations were how large
)

// Units. A unit of time, size or share stands at the end of the name, before _total.
const (
	Seconds = "seconds"
	Bytes   = "bytes"
	Ratio   = "ratio"
)

// House is shown by `laurel`, which is all services in one process; every other name is that of a service.
const House = "laurel"

// placeholder stands in a name for the service that shows it.
const placeholder = "<service>"

// Metric is one row of the table.
type Metric struct {
	Name    string // as on the page; laurel_<service>_… is there for each of Services, under its name
	Kind    Kind
	Unit    string
	Labels  []string
	Area    string // what it belongs to on a dashboard
	Meaning string // whole sentences; how old it may be, where that is not at once
	// Services show it.
	Services []string
	// Later is true where a label has no value yet when a process begins: the metric comes with the first.
	Later bool

	buckets []float64
}

// Of is the metric's name on the page of a service.
func (m Metric) Of(service string) string { return strings.ReplaceAll(m.Name, placeholder, service) }

// Names are all names that the metric has on pages.
func (m Metric) Names() []string {
	var names []string
	for _, s := range m.Services {
		if name := m.Of(s); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Series are the names of its time series: those of a histogram have endings.
func (m Metric) Series() []string {
	names := m.Names()
	if m.Kind != Histogram {
		return names
	}
	var series []string
	for _, name := range names {
		series = append(series, name+"_bucket", name+"_sum", name+"_count")
	}
	return series
}

// find looks for what a service calls by a short name: entries_total is laurel_accrual_entries_total, or
// laurel_<service>_entries_total, or laurel_entries_total. What is not a service of the house (a test's follower) has what
// every follower and process has.
func find(service, short string) (Metric, bool) {
	var like Metric
	for _, m := range Table() {
		if m.Of(service) != "laurel_"+service+"_"+short && m.Name != "laurel_"+short {
			continue
		}
		if slices.Contains(m.Services, service) {
			return m, true
		}
		if !slices.Contains(services, service) {
			like = m
		}
	}
	return like, like.Name != ""
}
