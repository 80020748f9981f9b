package check

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
)

const root = "../.."

// own are the services of Laurel.
var own = []string{"accrual", "analytics", "member", "partner", "programme", "reward", "tier"}

// profiles are what each starts.
var profiles = map[string][]string{
	"lite": append([]string{"volumes", "setup", "nats", "mongo"}, own...),
	"full": append([]string{
		"volumes", "setup", "nats-1", "nats-2", "nats-3", "mongo-1", "mongo-2", "mongo-3", "collector", "jaeger", "prometheus", "grafana",
	}, own...),
}

// load reads docker-compose.yml as compose does, with the environment that the page on deploying names.
func load(t *testing.T, profile string, more ...string) (*types.Project, error) {
	t.Helper()
	_ = os.Getenv("LAUREL_FILES_ARE") // with other files than those of this module a kept result is stale
	options, err := cli.NewProjectOptions([]string{filepath.Join(root, "docker-compose.yml")},
		cli.WithWorkingDirectory(root), cli.WithEnvFiles(filepath.Join(root, "deploy", profile+".env")), cli.WithEnv(more), cli.WithDotEnv, cli.WithDefaultProfiles())
	require.NoError(t, err)
	return options.LoadProject(t.Context())
}

func project(t *testing.T, profile string) *types.Project {
	t.Helper()
	p, err := load(t, profile, "LAUREL_USER=1000:1000")
	require.NoError(t, err)
	return p
}

func TestEachProfileStartsWhatItShould(t *testing.T) {
	t.Parallel()
	for profile, names := range profiles {
		require.ElementsMatch(t, names, project(t, profile).ServiceNames(), profile)
	}
}

func TestNothingBeginsWithoutBeingToldAsWhom(t *testing.T) {
	t.Parallel()
	_, err := load(t, "lite")
	require.ErrorContains(t, err, "LAUREL_USER")
}

// each calls f for every service of every profile.
func each(t *testing.T, f func(t *testing.T, p *types.Project, s types.ServiceConfig)) {
	t.Helper()
	for profile := range profiles {
		p := project(t, profile)
		for name, s := range p.Services {
			t.Run(profile+"/"+name, func(t *testing.T) { f(t, p, s) })
		}
	}
}

// ends are services that do something once.
var ends = []string{"volumes", "setup"}

func TestEveryContainerIsGuarded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *types.Project, s types.ServiceConfig) {
		require.True(t, s.ReadOnly, "its own file system cannot be written")
		require.Equal(t, []string{"ALL"}, s.CapDrop)
		require.Contains(t, s.SecurityOpt, "no-new-privileges:true")
		require.False(t, s.Privileged)
		require.Positive(t, int64(s.MemLimit), "a memory limit")
		require.LessOrEqual(t, int64(s.MemLimit), int64(2<<30))
		if s.Name == "volumes" {
			require.Equal(t, []string{"CHOWN"}, s.CapAdd)
			require.Equal(t, "none", s.NetworkMode)
			return
		}
		require.Empty(t, s.CapAdd)
		require.Equal(t, "1000:1000", s.User, "not as root")
		require.NotEmpty(t, s.Restart)
		require.Equal(t, "20m", s.Logging.Options["max-size"], "logs have an end")
	})
}

func TestEveryContainerIsAskedWhetherItLives(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *types.Project, s types.ServiceConfig) {
		require.NotNil(t, s.HealthCheck)
		if slices.Contains(append(ends, "collector"), s.Name) {
			require.True(t, s.HealthCheck.Disable, "said on purpose")
			return
		}
		require.Equal(t, "CMD", s.HealthCheck.Test[0])
		if slices.Contains(own, s.Name) {
			require.Equal(t, []string{"/laurel", "health", "http://127.0.0.1:7490/healthz"}, []string(s.HealthCheck.Test[1:]))
			require.Equal(t, "0.0.0.0:7490", *s.Environment["LAUREL_"+strings.ToUpper(s.Name)+"_METRICS"])
		}
		require.NotNil(t, s.HealthCheck.Interval)
		require.NotNil(t, s.HealthCheck.Retries)
	})
}

func TestImagesHaveVersions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *types.Project, s types.ServiceConfig) {
		_, tag, found := strings.Cut(s.Image, ":")
		require.True(t, found, s.Image)
		require.NotEqual(t, "latest", tag)
		if s.Build != nil {
			require.Equal(t, "laurel:dev", s.Image)
			return
		}
		require.Regexp(t, `^v?\d+\.\d+`, tag)
	})
}

// secretWords are in the names of variables that hold secrets; one that ends in _FILE names a file.
var secretWords = regexp.MustCompile(`(?i)(password|secret|token|key|uri|callers)$`)

func TestSecretsComeFromFilesOfTheirOwn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *types.Project, s types.ServiceConfig) {
		for name, value := range s.Environment {
			require.NotRegexp(t, secretWords, name)
			if value != nil {
				require.NotRegexp(t, `://[^/]*:[^/]*@`, *value, "%s holds a password", name)
			}
		}
		for _, secret := range s.Secrets {
			file := p.Secrets[secret.Source].File
			require.NotEmpty(t, file, secret.Source)
			whose := filepath.Base(filepath.Dir(file))
			if slices.Contains(own, s.Name) {
				require.Contains(t, []string{s.Name, "ca"}, whose, "nothing of another's")
			}
			require.NotContains(t, file, "ca.key")
			require.NotContains(t, file, "secrets.json")
		}
		if slices.Contains(own, s.Name) {
			require.ElementsMatch(t, []string{"settings.yaml", "cert.pem", "key.pem", "ca.pem"}, targets(s))
		}
		for _, argument := range s.Command {
			if path, ok := strings.CutPrefix(argument, "/run/secrets/"); ok {
				require.Contains(t, targets(s), path, "it is given the file that it is told of")
			}
		}
		for _, value := range s.Environment {
			if value == nil {
				continue
			}
			if path, ok := strings.CutPrefix(*value, "/run/secrets/"); ok {
				require.Contains(t, targets(s), path)
			}
		}
	})
}

func targets(s types.ServiceConfig) []string {
	var names []string
	for _, secret := range s.Secrets {
		names = append(names, filepath.Base(secret.Target))
	}
	return names
}

func TestWhatIsMountedIsThere(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *types.Project, s types.ServiceConfig) {
		for _, v := range s.Volumes {
			switch v.Type {
			case types.VolumeTypeBind:
				require.True(t, v.ReadOnly, v.Source)
				_, err := os.Stat(v.Source)
				require.NoError(t, err)
			case types.VolumeTypeVolume:
				require.Contains(t, p.Volumes, v.Source)
				if s.Name != "volumes" {
					require.Contains(t, mountsOf(p.Services["volumes"]), v.Source, "it is given to who writes into it")
					require.Contains(t, p.Services["volumes"].Entrypoint, "/volumes/"+v.Source)
				}
			default:
				require.Fail(t, "what is that?", v.Type)
			}
		}
	})
}

func mountsOf(s types.ServiceConfig) []string {
	var names []string
	for _, v := range s.Volumes {
		names = append(names, v.Source)
	}
	return names
}

func TestDoorsAreOnThisMachineAlone(t *testing.T) {
	t.Parallel()
	for profile := range profiles {
		taken := map[string]string{}
		for name, s := range project(t, profile).Services {
			for _, port := range s.Ports {
				require.Equal(t, "127.0.0.1", port.HostIP, name)
				require.Empty(t, taken[port.Published], "%s and %s", name, taken[port.Published])
				taken[port.Published] = name
			}
			if strings.HasPrefix(name, "mongo") || name == "collector" {
				require.Empty(t, s.Ports)
				require.Equal(t, []string{"inside"}, s.NetworksByPriority(), name)
			}
		}
		for i, name := range own { // where the house files of `laurel secrets` look for them
			require.Equal(t, name, taken[fmt.Sprint(7401+i)])
		}
		require.Contains(t, taken["4222"], "nats")
	}
}

func TestServicesAreToldWhereTheyAre(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *types.Project, s types.ServiceConfig) {
		for name, value := range s.Environment {
			if strings.HasSuffix(name, "_ACCRUAL") || strings.HasSuffix(name, "_ADVERTISE") {
				host, port, _ := strings.Cut(*value, ":")
				require.Contains(t, p.Services, host)
				require.Equal(t, "7400", port)
			}
		}
		for on := range s.DependsOn {
			if s.DependsOn[on].Required {
				require.Contains(t, p.Services, on)
			}
		}
	})
}

func TestAFullHouseIsTraced(t *testing.T) {
	t.Parallel()
	require.Equal(t, "http://collector:4317", *project(t, "full").Services["accrual"].Environment["LAUREL_OTLP_ENDPOINT"])
	require.Empty(t, *project(t, "lite").Services["accrual"].Environment["LAUREL_OTLP_ENDPOINT"])
}
