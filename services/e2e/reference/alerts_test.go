package reference

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/laurel-loyalty/laurel/services/internal/metric"
)

const (
	alerts     = "../../../deploy/prometheus/alerts.yml"
	alertPages = "../../../docs/operating/alerts"
	alertsHead = "# Rules for Prometheus, generated from services/internal/metric/alert.go by make generate. Each alert has a page in\n# docs/operating/alerts: symptom, check, cure.\n"
)

// ruleFile is as Prometheus reads it.
type ruleFile struct {
	Groups []ruleGroup `yaml:"groups"`
}

type ruleGroup struct {
	Name  string `yaml:"name"`
	Rules []rule `yaml:"rules"`
}

type rule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for,omitempty"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

// TestAlerts holds the rules against the table of alerts, or writes them. Each names what is measured, and has its page; and no page
// is of an alert that is no more.
func TestAlerts(t *testing.T) {
	var f ruleFile
	var expressions, wanted []string
	for _, a := range metric.Alerts() {
		group := ruleGroup{Name: a.Name}
		for _, service := range a.Services {
			expressions = append(expressions, a.Of(service))
			group.Rules = append(group.Rules, rule{
				Alert: a.Name, Expr: a.Of(service), For: a.For, Labels: map[string]string{"severity": string(a.Severity), "service": service},
				Annotations: map[string]string{"summary": service + ": " + a.Says, "page": "docs/operating/alerts/" + a.Name + ".md"},
			})
		}
		require.NotEmpty(t, group.Rules, a.Name)
		require.Regexp(t, `^(\d+[smh])?$`, a.For)
		f.Groups = append(f.Groups, group)
		wanted = append(wanted, a.Name+".md")
		requirePage(t, a)
	}
	var text bytes.Buffer
	text.WriteString(alertsHead)
	out := yaml.NewEncoder(&text)
	out.SetIndent(2)
	require.NoError(t, out.Encode(f))
	require.NoError(t, out.Close())
	file(t, alerts, text.Bytes())
	requireKnown(t, expressions)

	written, err := os.ReadDir(alertPages)
	require.NoError(t, err)
	var pages []string
	for _, p := range written {
		pages = append(pages, p.Name())
	}
	slices.Sort(wanted)
	require.Equal(t, wanted, pages)
}

// requirePage wants the page of an alert to say what the rule says, and what to do.
func requirePage(t *testing.T, a metric.Alert) {
	t.Helper()
	_ = os.Getenv("LAUREL_FILES_ARE")
	text, err := os.ReadFile(filepath.Join(alertPages, a.Name+".md"))
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(text), "# "+a.Name+"\n"), a.Name)
	at := 0
	for _, part := range []string{"**Symptom.**", "**Check.**", "**Cure.**"} {
		found := strings.Index(string(text), part)
		require.Greater(t, found, at, "%s: %s", a.Name, part)
		at = found
	}
	require.Contains(t, string(text), "`"+a.Expr+"`", "%s shows its rule", a.Name)
}
