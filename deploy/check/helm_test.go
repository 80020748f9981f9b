package check

import (
	"bytes"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	common "helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

const chartDir = root + "/deploy/helm/laurel"

// least is what must be said.
var least = map[string]any{"image": map[string]any{"tag": "1.0.0"}}

// render writes the chart out with values over its own, as `helm template` does: the schema is asked first.
func render(t *testing.T, values map[string]any) (string, error) {
	t.Helper()
	_ = os.Getenv("LAUREL_FILES_ARE")
	chart, err := loader.LoadDir(chartDir)
	require.NoError(t, err)
	require.NoError(t, chart.Validate())
	all, err := util.ToRenderValues(chart, values, common.ReleaseOptions{Name: "club", Namespace: "loyalty", Revision: 1, IsInstall: true}, nil)
	if err != nil {
		return "", err
	}
	files, err := engine.Render(chart, all)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if strings.HasSuffix(name, ".yaml") {
			out.WriteString("---\n" + files[name] + "\n")
		}
	}
	return out.String(), nil
}

// objects are what a chart makes, by kind and name. Decoded into Go's types they tell what no schema does: amounts that are
// none, numbers that are too large.
type objects struct {
	deployments map[string]*appsv1.Deployment
	services    map[string]*corev1.Service
	budgets     map[string]*policyv1.PodDisruptionBudget
	scalers     map[string]*autoscalingv2.HorizontalPodAutoscaler
	jobs        map[string]*batchv1.Job
	networks    map[string]*networkingv1.NetworkPolicy
}

var between = regexp.MustCompile(`(?m)^---\s*$`)

func decoded(t *testing.T, values map[string]any) objects {
	t.Helper()
	text, err := render(t, values)
	require.NoError(t, err)
	require.NoError(t, conforms(t, text))
	o := objects{
		map[string]*appsv1.Deployment{}, map[string]*corev1.Service{}, map[string]*policyv1.PodDisruptionBudget{},
		map[string]*autoscalingv2.HorizontalPodAutoscaler{}, map[string]*batchv1.Job{}, map[string]*networkingv1.NetworkPolicy{},
	}
	for _, document := range between.Split(text, -1) {
		var what metav1.TypeMeta
		if len(bytes.TrimSpace([]byte(document))) == 0 {
			continue
		}
		require.NoError(t, yaml.Unmarshal([]byte(document), &what), document)
		switch what.APIVersion + " " + what.Kind {
		case " ": // comments alone
		case "apps/v1 Deployment":
			strict(t, document, o.deployments)
		case "v1 Service":
			strict(t, document, o.services)
		case "policy/v1 PodDisruptionBudget":
			strict(t, document, o.budgets)
		case "autoscaling/v2 HorizontalPodAutoscaler":
			strict(t, document, o.scalers)
		case "batch/v1 Job":
			strict(t, document, o.jobs)
		case "networking.k8s.io/v1 NetworkPolicy":
			strict(t, document, o.networks)
		default:
			require.Fail(t, "the chart makes nothing else", "%s %s", what.APIVersion, what.Kind)
		}
	}
	return o
}

func strict[T any, P interface {
	*T
	metav1.Object
}](t *testing.T, document string, into map[string]P) {
	t.Helper()
	object := P(new(T))
	require.NoError(t, yaml.UnmarshalStrict([]byte(document), object), document)
	name := strings.TrimPrefix(object.GetName(), "club-")
	require.Nil(t, into[name], "%s twice", name)
	require.Equal(t, "laurel", object.GetLabels()["app.kubernetes.io/name"])
	into[name] = object
}

func TestTheChartMakesEveryService(t *testing.T) {
	t.Parallel()
	o := decoded(t, least)
	require.ElementsMatch(t, own, slices.Collect(maps.Keys(o.deployments)))
	require.ElementsMatch(t, own, slices.Collect(maps.Keys(o.services)))
	require.ElementsMatch(t, own, slices.Collect(maps.Keys(o.budgets)))
	require.ElementsMatch(t, append([]string{"setup"}, own...), slices.Collect(maps.Keys(o.networks)))
	require.Len(t, o.jobs, 1)
	require.Empty(t, o.scalers)
	for name, d := range o.deployments {
		selector := d.Spec.Selector.MatchLabels
		requireIncludes(t, d.Spec.Template.Labels, selector)
		requireIncludes(t, d.Spec.Template.Labels, o.services[name].Spec.Selector)
		requireIncludes(t, d.Spec.Template.Labels, o.budgets[name].Spec.Selector.MatchLabels)
		requireIncludes(t, d.Spec.Template.Labels, o.networks[name].Spec.PodSelector.MatchLabels)
		require.Equal(t, name, selector["app.kubernetes.io/component"], "and no other's pods")
		require.EqualValues(t, 2, *d.Spec.Replicas)
		require.Equal(t, corev1.ClusterIPNone, o.services[name].Spec.ClusterIP, "clients see every replica")
		require.Equal(t, 1, o.budgets[name].Spec.MaxUnavailable.IntValue())
	}
}

func requireIncludes(t *testing.T, all, part map[string]string) {
	t.Helper()
	require.NotEmpty(t, part)
	for k, v := range part {
		require.Equal(t, v, all[k], k)
	}
}

func TestPodsAreGuarded(t *testing.T) {
	t.Parallel()
	o := decoded(t, least)
	pods := map[string]corev1.PodSpec{"setup": o.jobs["setup"].Spec.Template.Spec}
	for name, d := range o.deployments {
		pods[name] = d.Spec.Template.Spec
	}
	programs := built(t)
	for name, pod := range pods {
		require.True(t, *pod.SecurityContext.RunAsNonRoot)
		require.EqualValues(t, 65532, *pod.SecurityContext.RunAsUser, "as in the image")
		require.Equal(t, corev1.SeccompProfileTypeRuntimeDefault, pod.SecurityContext.SeccompProfile.Type)
		require.False(t, *pod.AutomountServiceAccountToken, "it asks nothing of the cluster")
		require.Len(t, pod.Containers, 1)
		c := pod.Containers[0]
		require.Equal(t, "laurel:1.0.0", c.Image)
		require.Contains(t, programs, c.Command[0], "the image holds it")
		require.True(t, *c.SecurityContext.ReadOnlyRootFilesystem)
		require.False(t, *c.SecurityContext.AllowPrivilegeEscalation)
		require.Equal(t, []corev1.Capability{"ALL"}, c.SecurityContext.Capabilities.Drop)
		require.False(t, c.Resources.Limits.Memory().IsZero())
		require.False(t, c.Resources.Requests.Cpu().IsZero())
		require.Len(t, pod.Volumes, 1)
		require.Equal(t, "laurel-"+name, pod.Volumes[0].Secret.SecretName, "its own secret, made by somebody else")
		require.EqualValues(t, 0o440, *pod.Volumes[0].Secret.DefaultMode)
		require.Equal(t, []corev1.VolumeMount{{Name: "secrets", MountPath: "/run/secrets", ReadOnly: true}}, c.VolumeMounts)
		for _, v := range c.Env {
			require.NotRegexp(t, secretWords, v.Name)
		}
	}
}

func TestServicesAreProbed(t *testing.T) {
	t.Parallel()
	for name, d := range decoded(t, least).deployments {
		c := d.Spec.Template.Spec.Containers[0]
		ports := map[string]int32{}
		for _, p := range c.Ports {
			ports[p.Name] = p.ContainerPort
		}
		require.Equal(t, map[string]int32{"grpc": 7400, "metrics": 7490}, ports)
		for probe, path := range map[*corev1.Probe]string{c.StartupProbe: "/healthz", c.LivenessProbe: "/healthz", c.ReadinessProbe: "/readyz"} {
			require.Equal(t, path, probe.HTTPGet.Path)
			require.Equal(t, "metrics", probe.HTTPGet.Port.StrVal)
		}
		require.GreaterOrEqual(t, *d.Spec.Template.Spec.TerminationGracePeriodSeconds, int64(15), "a service ends within 10 s")
		env := map[string]corev1.EnvVar{}
		for _, v := range c.Env {
			env[v.Name] = v
		}
		prefix := "LAUREL_" + strings.ToUpper(name) + "_"
		require.Equal(t, "0.0.0.0:7400", env[prefix+"LISTEN"].Value)
		require.Equal(t, "0.0.0.0:7490", env[prefix+"METRICS"].Value)
		if slices.Contains([]string{"accrual", "analytics", "partner", "tier"}, name) {
			require.Equal(t, "$(POD_IP):7400", env[prefix+"ADVERTISE"].Value, "replicas reach each other")
			require.Equal(t, "POD_IP", c.Env[0].Name, "it is known before it is used")
		}
		if name == "partner" || name == "reward" {
			require.Equal(t, "club-accrual:7400", env[prefix+"ACCRUAL"].Value)
		}
	}
}

func TestFollowersScaleByTheirLag(t *testing.T) {
	t.Parallel()
	o := decoded(t, with(map[string]any{"autoscaling": map[string]any{"enabled": true}}))
	require.ElementsMatch(t, []string{"accrual", "analytics", "partner", "tier"}, slices.Collect(maps.Keys(o.scalers)))
	for name, h := range o.scalers {
		require.Equal(t, "club-"+name, h.Spec.ScaleTargetRef.Name)
		require.Nil(t, o.deployments[name].Spec.Replicas, "an upgrade must not undo what the scaler did")
		require.EqualValues(t, 2, *h.Spec.MinReplicas)
		require.LessOrEqual(t, h.Spec.MaxReplicas, int32(16), "there are 16 partitions")
		metric := h.Spec.Metrics[0].External
		require.Equal(t, "laurel_lag", metric.Metric.Name)
		require.Equal(t, map[string]string{"service": name}, metric.Metric.Selector.MatchLabels)
		require.EqualValues(t, 5000, metric.Target.AverageValue.Value())
	}
	require.NotNil(t, o.deployments["reward"].Spec.Replicas)
}

func TestOnlyWhoCallsReachesWhom(t *testing.T) {
	t.Parallel()
	o := decoded(t, with(map[string]any{
		"otlpEndpoint":  "http://collector:4317",
		"networkPolicy": map[string]any{"callers": []any{map[string]any{"podSelector": map[string]any{"matchLabels": map[string]any{"app": "gateway"}}}}},
	}))
	for name, n := range o.networks {
		require.Equal(t, []networkingv1.PolicyType{"Ingress", "Egress"}, n.Spec.PolicyTypes)
		if name == "setup" {
			require.Empty(t, n.Spec.Ingress)
			continue
		}
		var from []string
		for _, peer := range n.Spec.Ingress[0].From {
			from = append(from, peer.PodSelector.MatchLabels["app.kubernetes.io/component"]+peer.PodSelector.MatchLabels["app"])
		}
		want := []string{name, "gateway"}
		if name == "accrual" {
			want = append(want, "partner", "reward")
		}
		require.ElementsMatch(t, want, from, name)
		require.Equal(t, 7400, n.Spec.Ingress[0].Ports[0].Port.IntValue())
		var to []int
		for _, rule := range n.Spec.Egress {
			to = append(to, rule.Ports[0].Port.IntValue())
		}
		require.ElementsMatch(t, []int{53, 4222, 27017, 7400, 4317}, to)
	}
	require.Empty(t, decoded(t, with(map[string]any{"networkPolicy": map[string]any{"enabled": false}})).networks)
}

func TestValuesThatAreNone(t *testing.T) {
	t.Parallel()
	for name, values := range map[string]map[string]any{
		"no tag":                              {},
		"latest":                              {"image": map[string]any{"tag": "latest"}},
		"an unknown key":                      with(map[string]any{"imagee": 1}),
		"too many replicas":                   with(map[string]any{"services": map[string]any{"tier": map[string]any{"replicas": 17}}}),
		"a secret by value":                   with(map[string]any{"secrets": map[string]any{"mongo": "x"}}),
		"no memory limit":                     with(map[string]any{"resources": map[string]any{"limits": map[string]any{"memory": nil}}}),
		"an unknown service":                  with(map[string]any{"services": map[string]any{"gateway": map[string]any{"replicas": 1}}}),
		"scaling of one that follows nothing": with(map[string]any{"services": map[string]any{"reward": map[string]any{"replicas": 1, "maxReplicas": 3}}}),
	} {
		_, err := render(t, values)
		require.ErrorContains(t, err, "values don't meet the specifications of the schema", name)
	}
}

// with is the least that must be said, and more.
func with(more map[string]any) map[string]any {
	all := maps.Clone(least)
	maps.Copy(all, more)
	return all
}
