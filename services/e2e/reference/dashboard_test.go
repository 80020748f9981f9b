package reference

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/metric"
)

const dashboard = "../../../deploy/grafana/laurel.json"

// object is one of JSON; its keys are written sorted, so that what follows from the same table is the same file.
type object map[string]any

// Places of panels: three side by side.
const (
	panelWidth, panelHeight, gridWidth = 8, 7, 24
)

// TestDashboard holds the dashboard against the table of metrics, or writes it: what belongs to a house as a whole first, then a row
// for each service.
func TestDashboard(t *testing.T) {
	b := &board{}
	b.row("The house", false, slices.DeleteFunc(metric.Table(), func(m metric.Metric) bool { return m.Of("x") != m.Name || len(m.Services) == 1 }), metric.House)
	for _, service := range []string{"accrual", "tier", "reward", "partner", "member", "programme", "analytics"} {
		b.row(service, true, slices.DeleteFunc(metric.Table(), func(m metric.Metric) bool {
			return !slices.Contains(m.Services, service) || !strings.HasPrefix(m.Of(service), "laurel_"+service+"_")
		}), service)
	}
	var text bytes.Buffer
	out := json.NewEncoder(&text)
	out.SetEscapeHTML(false)
	out.SetIndent("", " ")
	require.NoError(t, out.Encode(object{
		"title": "Laurel", "uid": "laurel", "schemaVersion": 39, "version": 1, "editable": true, "timezone": "utc", "refresh": "10s",
		"time": object{"from": "now-1h", "to": "now"}, "tags": []string{"laurel"}, "panels": b.panels,
		"templating": object{"list": []object{{"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus"}}},
	}))
	file(t, dashboard, text.Bytes())
	requireKnown(t, b.expressions)
}

// board is what a dashboard is made of.
type board struct {
	panels      []object
	expressions []string
	id, y       int
}

// row adds a row with a panel for each metric; the panels of one that is folded stand inside it.
func (b *board) row(title string, folded bool, metrics []metric.Metric, service string) {
	b.id++
	row := object{"id": b.id, "type": "row", "title": title, "collapsed": folded, "gridPos": object{"x": 0, "y": b.y, "w": gridWidth, "h": 1}, "panels": []object{}}
	b.y++
	var panels []object
	for i, m := range metrics {
		panels = append(panels, b.panel(m, service, i))
	}
	b.y += (len(metrics)*panelWidth + gridWidth - 1) / gridWidth * panelHeight
	if folded {
		row["panels"] = panels
		b.panels = append(b.panels, row)
		return
	}
	b.panels = append(append(b.panels, row), panels...)
}

func (b *board) panel(m metric.Metric, service string, i int) object {
	name, by := m.Of(service), strings.Join(m.Labels, ", ")
	legend := ""
	for _, label := range m.Labels {
		legend += " {{" + label + "}}"
	}
	legend = strings.TrimSpace(legend)
	unit := map[string]string{metric.Seconds: "s", metric.Bytes: "bytes", metric.Ratio: "percentunit"}[m.Unit]
	title := strings.ReplaceAll(strings.TrimPrefix(strings.TrimPrefix(name, "laurel_"), service+"_"), "_", " ")
	var targets []object
	target := func(legend, expression string) {
		b.expressions = append(b.expressions, expression)
		targets = append(targets, object{"refId": string(rune('A' + len(targets))), "expr": expression, "legendFormat": legend})
	}
	switch m.Kind {
	case metric.Counter:
		target(legend, fmt.Sprintf("sum by (%s) (rate(%s[$__rate_interval]))", by, name))
		title, unit = strings.TrimSuffix(title, " total")+" per second", "short"
	case metric.Histogram:
		shares := []string{"0.5", "0.95", "0.99"}
		if len(m.Labels) > 0 {
			shares = []string{"0.95"}
		}
		for _, share := range shares {
			target(strings.TrimSpace("p"+strings.TrimPrefix(share, "0.")+" "+legend),
				fmt.Sprintf("histogram_quantile(%s, sum by (%s) (rate(%s_bucket[$__rate_interval])))", share, strings.Join(append([]string{"le"}, m.Labels...), ", "), name))
		}
	case metric.Gauge:
		target(strings.TrimSpace("{{instance}} "+legend), name)
	}
	if unit == "" {
		unit = "short"
	}
	b.id++
	return object{
		"id": b.id, "type": "timeseries", "title": title, "description": m.Meaning, "targets": targets,
		"datasource":  object{"type": "prometheus", "uid": "${datasource}"},
		"fieldConfig": object{"defaults": object{"unit": unit, "min": minimum(m)}, "overrides": []object{}},
		"gridPos":     object{"x": i * panelWidth % gridWidth, "y": b.y + i*panelWidth/gridWidth*panelHeight, "w": panelWidth, "h": panelHeight},
	}
}

// minimum keeps an axis from beginning above zero; of what may be below it, there is none.
func minimum(m metric.Metric) any {
	if strings.Contains(m.Name, "skew") {
		return nil
	}
	return 0
}

var (
	selectors = regexp.MustCompile(`(laurel_[a-z0-9_]+)(?:\{([^}]*)\})?`)
	matchers  = regexp.MustCompile(`([a-z_]+)\s*(?:=~|!~|!=|=)\s*"`)
)

// requireKnown wants each series that expressions name to be in the table (which a whole house is held against), with the labels
// by which it is chosen.
func requireKnown(t *testing.T, expressions []string) {
	t.Helper()
	labels := map[string][]string{}
	for _, m := range metric.Table() {
		for _, series := range m.Series() {
			labels[series] = m.Labels
		}
	}
	require.NotEmpty(t, expressions)
	for _, expression := range expressions {
		found := selectors.FindAllStringSubmatch(expression, -1)
		require.NotEmpty(t, found, expression)
		for _, s := range found {
			require.Contains(t, labels, s[1], expression)
			for _, matcher := range matchers.FindAllStringSubmatch(s[2], -1) {
				require.Contains(t, labels[s[1]], matcher[1], expression)
			}
		}
		require.Equal(t, strings.Count(expression, "("), strings.Count(expression, ")"), expression)
	}
}
