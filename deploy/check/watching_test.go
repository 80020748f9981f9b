package check

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// read decodes a YAML file of the repository.
func read(t *testing.T, name string, into any) {
	t.Helper()
	_ = os.Getenv("LAUREL_FILES_ARE")
	text, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, into), name)
}

func TestPrometheusAsksEveryServiceAndKnowsItsRules(t *testing.T) {
	t.Parallel()
	var config struct {
		RuleFiles     []string `json:"rule_files"`
		ScrapeConfigs []struct {
			JobName      string `json:"job_name"`
			DNSSDConfigs []struct {
				Names []string `json:"names"`
				Port  int      `json:"port"`
			} `json:"dns_sd_configs"`
		} `json:"scrape_configs"`
	}
	read(t, "deploy/prometheus/prometheus.yml", &config)
	require.ElementsMatch(t, own, config.ScrapeConfigs[0].DNSSDConfigs[0].Names)
	require.Equal(t, 7490, config.ScrapeConfigs[0].DNSSDConfigs[0].Port)
	taken := map[string]bool{}
	for _, pattern := range config.RuleFiles {
		files, err := filepath.Glob(filepath.Join(root, "deploy/prometheus", strings.TrimPrefix(pattern, "/etc/prometheus/")))
		require.NoError(t, err)
		for _, file := range files {
			taken[filepath.Base(file)] = true
		}
	}
	entries, err := os.ReadDir(filepath.Join(root, "deploy/prometheus"))
	require.NoError(t, err)
	for _, e := range entries {
		require.Equal(t, e.Name() != "prometheus.yml", taken[e.Name()], e.Name())
	}
}

func TestWhatScalesIsReckoned(t *testing.T) {
	t.Parallel()
	var rules struct {
		Groups []struct {
			Rules []struct {
				Record, Expr string
				Labels       map[string]string
			} `json:"rules"`
		} `json:"groups"`
	}
	read(t, "deploy/prometheus/lag-rules.yml", &rules)
	var of []string
	for _, r := range rules.Groups[0].Rules {
		require.Equal(t, "laurel_lag", r.Record)
		require.Equal(t, "max(laurel_"+r.Labels["service"]+"_lag_messages)", r.Expr)
		of = append(of, r.Labels["service"])
	}
	scaled := decoded(t, with(map[string]any{"autoscaling": map[string]any{"enabled": true}})).scalers
	require.Len(t, scaled, len(of))
	for _, name := range of {
		require.Contains(t, scaled, name)
	}
}

func TestTracesGoWhereTheyAreSent(t *testing.T) {
	t.Parallel()
	var config struct {
		Receivers struct {
			OTLP struct {
				Protocols struct{ GRPC struct{ Endpoint string } }
			}
		}
		Exporters struct{ OTLP struct{ Endpoint string } }
	}
	read(t, "deploy/collector/collector.yaml", &config)
	require.Equal(t, "0.0.0.0:4317", config.Receivers.OTLP.Protocols.GRPC.Endpoint)
	host, _, _ := strings.Cut(config.Exporters.OTLP.Endpoint, ":")
	require.Contains(t, project(t, "full").ServiceNames(), host)
}
