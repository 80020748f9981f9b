package metric_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/metric"
)

// TestNamesSayWhatIsMeasured: Prometheus' own rules for names, and each is there once.
func TestNamesSayWhatIsMeasured(t *testing.T) {
	t.Parallel()
	good := regexp.MustCompile(`^laurel_[a-z][a-z0-9_]*[a-z0-9]$`)
	seen := map[string]bool{}
	for _, m := range metric.Table() {
		require.NotEmpty(t, m.Services, m.Name)
		for _, name := range m.Names() {
			require.Regexp(t, good, name)
			require.False(t, seen[name], "%s is in the table twice", name)
			seen[name] = true
		}
		require.Equal(t, m.Kind == metric.Counter, strings.HasSuffix(m.Name, "_total"), "%s: a counter, and nothing else, ends in _total", m.Name)
		bare := strings.TrimSuffix(m.Name, "_total")
		for _, unit := range []string{metric.Seconds, metric.Bytes, metric.Ratio} {
			require.Equal(t, m.Unit == unit, strings.HasSuffix(bare, "_"+unit), "%s: its unit is %s", m.Name, m.Unit)
		}
		require.NotEmpty(t, m.Unit, m.Name)
		require.NotEmpty(t, m.Area, m.Name)
		require.Regexp(t, `\.$`, m.Meaning, m.Name)
		for _, label := range m.Labels {
			require.NotContains(t, []string{"account", "member", "order", "customer", "email", "card"}, label, "%s: nothing personal, nothing without bound", m.Name)
		}
	}
}

func TestAHistogramHasThreeSeries(t *testing.T) {
	t.Parallel()
	var series []string
	for _, m := range metric.Table() {
		series = append(series, m.Series()...)
	}
	require.Contains(t, series, "laurel_tier_commit_seconds_bucket")
	require.Contains(t, series, "laurel_tier_commit_seconds_sum")
	require.NotContains(t, series, "laurel_tier_commit_seconds")
	require.Contains(t, series, "laurel_tier_lag_messages")
	require.NotContains(t, series, "laurel_member_lag_messages", "it follows no stream")
}

func TestARowIsShownUnderItsService(t *testing.T) {
	t.Parallel()
	r := prometheus.NewRegistry()
	metric.On(r, "tier").Counter("lines_total").Add(2)
	metric.On(r, "tier").Counters("refusals_total").WithLabelValues("NOT_FOUND").Inc()
	metric.On(r, "accrual").Counters("grpc_calls_total").WithLabelValues("a/B", "OK").Inc()
	metric.On(r, "accrual").Counters("grpc_calls_total").WithLabelValues("a/B", "OK").Inc() // made again, it is the same
	metric.On(r, "tier").Counters("grpc_calls_total").WithLabelValues("a/C", "OK").Inc()
	metric.On(r, metric.House).Gauges("stream_bytes").WithLabelValues("EVENTS").Set(7)
	metric.On(r, "member").Counter("published_total").Inc() // has no label there
	metric.On(r, "tier").Histogram("batch_items").Observe(3)
	require.Equal(t, []string{
		"laurel_accrual_grpc_calls_total", "laurel_member_published_total", "laurel_stream_bytes", "laurel_tier_batch_items",
		"laurel_tier_grpc_calls_total", "laurel_tier_lines_total", "laurel_tier_refusals_total",
	}, names(t, r))
	families, err := r.Gather()
	require.NoError(t, err)
	require.Equal(t, 2, int(families[0].GetMetric()[0].GetCounter().GetValue()))
}

func TestWhatTheTableDoesNotHaveIsNotMade(t *testing.T) {
	t.Parallel()
	page := metric.On(prometheus.NewRegistry(), "tier")
	require.Panics(t, func() { page.Counter("points_total") })
	require.Panics(t, func() { page.Gauge("lines_total") }, "it is a counter")
	require.Panics(t, func() { page.Counter("duplicate_facts_total") })
	require.Panics(t, func() { metric.On(prometheus.NewRegistry(), "member").Gauge("lag_messages") }, "another service's")
	require.True(t, metric.Page{}.None())
	require.False(t, page.None())
}

func names(t *testing.T, r *prometheus.Registry) []string {
	t.Helper()
	families, err := r.Gather()
	require.NoError(t, err)
	var list []string
	for _, f := range families {
		list = append(list, f.GetName())
	}
	return slices.Sorted(slices.Values(list))
}
