package check

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/yannh/kubeconform/pkg/validator"
)

// kubernetes is the version whose schemas lie in schemas/, and whose Go types objects are decoded into (v0.37 is of 1.37).
const kubernetes = "1.37.2"

// conforms holds what was rendered against the schemas of Kubernetes, as `kubeconform -strict` does; of files alone: there is no
// other place where a schema is looked for, so that a kind without one is a fault.
func conforms(t *testing.T, text string) error {
	t.Helper()
	v, err := validator.New([]string{"schemas/{{ .NormalizedKubernetesVersion }}/{{ .ResourceKind }}{{ .KindSuffix }}.json"},
		validator.Opts{Strict: true, KubernetesVersion: kubernetes})
	require.NoError(t, err)
	var faults []error
	seen := 0
	for _, r := range v.Validate("chart", io.NopCloser(strings.NewReader(text))) {
		switch r.Status {
		case validator.Valid:
			seen++
		case validator.Empty: // comments alone
		default:
			faults = append(faults, fmt.Errorf("%w: %s", r.Err, r.Resource.Bytes))
		}
	}
	require.True(t, seen > 0 || len(faults) > 0, "nothing was looked at")
	return errors.Join(faults...)
}

func TestSchemasAreOfTheVersionOfTheTypes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	require.Contains(t, string(text), "k8s.io/api v0"+strings.TrimPrefix(kubernetes, "1")+"\n")
}

// TestWhatKubernetesWouldRefuse: the chart, with one fault in it.
func TestWhatKubernetesWouldRefuse(t *testing.T) {
	t.Parallel()
	text, err := render(t, with(map[string]any{"autoscaling": map[string]any{"enabled": true}}))
	require.NoError(t, err)
	require.NoError(t, conforms(t, text))
	for _, c := range []struct{ name, from, to, says string }{
		{"an unknown field of a pod", "runAsNonRoot: true", "runAsNonRot: true", "runAsNonRot"},
		{"an unknown field of a container", "readinessProbe:", "readynessProbe:", "readynessProbe"},
		{"an unknown field at the top", "\nspec:\n", "\nspecs: {}\nspec:\n", "specs"},
		{"a word for a number", "terminationGracePeriodSeconds: ", "terminationGracePeriodSeconds: about", "want integer"},
		{"a list for an object", "capabilities: {drop: [ALL]}", "capabilities: [ALL]", "want object"},
		{"a deployment without a selector", "selector:\n    matchLabels:", "selector_:\n    matchLabels:", "missing property 'selector'"},
		{"a container without a name", "- name: accrual\n          image", "- image", "missing property 'name'"},
		{"a scaler without its greatest number", "maxReplicas:", "# maxReplicas:", "missing property 'maxReplicas'"},
		{"a rule of a scaler without a type", "- type: External\n      external", "- external", "missing property 'type'"},
		{"another version", "apiVersion: policy/v1\n", "apiVersion: policy/v1beta1\n", "could not find schema for PodDisruptionBudget"},
		{"a kind that has no schema", "kind: NetworkPolicy", "kind: NetworkPolice", "could not find schema for NetworkPolice"},
		{"a field twice", "\nmetadata:\n", "\nmetadata: {}\nmetadata:\n", "already"},
		{"a state", "\nspec:\n", "\nstatus: {}\nspec:\n", "status"},
	} {
		broken := strings.Replace(text, c.from, c.to, 1)
		require.NotEqual(t, text, broken, c.name)
		require.ErrorContains(t, conforms(t, broken), c.says, c.name)
	}
}
