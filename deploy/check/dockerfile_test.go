package check

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/stretchr/testify/require"
)

// stages are those of deploy/Dockerfile.
func stages(t *testing.T) []instructions.Stage {
	t.Helper()
	_ = os.Getenv("LAUREL_FILES_ARE")
	text, err := os.ReadFile(filepath.Join(root, "deploy/Dockerfile"))
	require.NoError(t, err)
	parsed, err := parser.Parse(bytes.NewReader(text))
	require.NoError(t, err)
	require.Empty(t, parsed.Warnings)
	list, _, err := instructions.Parse(parsed.AST, linter.New(&linter.Config{}))
	require.NoError(t, err)
	require.Len(t, list, 2)
	return list
}

// commands writes the instructions of a stage, one a line.
func commands(s instructions.Stage) []string {
	var list []string
	for _, c := range s.Commands {
		switch c := c.(type) {
		case *instructions.RunCommand:
			list = append(list, "RUN "+strings.Join(c.CmdLine, " "))
		case *instructions.CopyCommand:
			list = append(list, c.String())
		case *instructions.EnvCommand:
			for _, pair := range c.Env {
				list = append(list, "ENV "+pair.Key+"="+pair.Value)
			}
		case *instructions.UserCommand:
			list = append(list, "USER "+c.User)
		case *instructions.CmdCommand:
			list = append(list, "CMD "+strings.Join(c.CmdLine, " "))
		default:
			list = append(list, c.Name())
		}
	}
	return list
}

var builds = regexp.MustCompile(`\./services/[a-z]+/cmd/([a-z0-9-]+)`)

// built are the programs that the image holds.
func built(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, line := range commands(stages(t)[0]) {
		for _, found := range builds.FindAllStringSubmatch(line, -1) {
			_, err := os.Stat(filepath.Join(root, strings.TrimPrefix(found[0], "./"), "main.go"))
			require.NoError(t, err)
			names = append(names, "/"+found[1])
		}
	}
	return names
}

func TestTheImageIsSmallStaticAndNobodyIsRoot(t *testing.T) {
	t.Parallel()
	all := stages(t)
	require.Regexp(t, `^golang:1\.\d+\.\d+-`, all[0].BaseName)
	require.Equal(t, "scratch", all[1].BaseName, "nothing but our own programs")
	build, image := commands(all[0]), commands(all[1])
	require.Contains(t, build, "ENV CGO_ENABLED=0", "static")
	require.Contains(t, strings.Join(build, "\n"), "-tags timetzdata")
	require.Contains(t, image, "USER 65532:65532")
	user, program := slices.Index(image, "USER 65532:65532"), slices.Index(image, "CMD /laurel --help")
	require.Less(t, user, program, "what runs is not root")
	for _, line := range image {
		require.NotRegexp(t, `^(RUN|ADD)`, line, "nothing runs, and nothing is fetched, in an empty image")
		require.NotRegexp(t, secretWords, strings.SplitN(line, "=", 2)[0])
	}
}

func TestTheImageHoldsEveryProgram(t *testing.T) {
	t.Parallel()
	found, err := filepath.Glob(filepath.Join(root, "services/*/cmd/*"))
	require.NoError(t, err)
	var want []string
	for _, path := range found {
		if name := filepath.Base(path); name != "laurel-bench" {
			want = append(want, "/"+name)
		}
	}
	require.ElementsMatch(t, want, built(t))
}

func TestContainersRunWhatTheImageHolds(t *testing.T) {
	t.Parallel()
	programs := built(t)
	for profile := range profiles {
		for name, s := range project(t, profile).Services {
			if s.Build == nil {
				continue
			}
			require.Equal(t, "deploy/Dockerfile", s.Build.Dockerfile)
			require.Empty(t, s.Entrypoint)
			require.Contains(t, programs, s.Command[0], name)
			require.Contains(t, programs, "/laurel", "the health check")
			if slices.Contains(own, name) {
				require.Equal(t, []string{"/laurel-" + name, "--config", "/run/secrets/settings.yaml"}, []string(s.Command))
			}
		}
	}
}

// TestTheBuilderGetsWhatItCopies holds .dockerignore against the instructions.
func TestTheBuilderGetsWhatItCopies(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, ".dockerignore"))
	require.NoError(t, err)
	var let []string
	for line := range strings.Lines(string(text)) {
		if path, ok := strings.CutPrefix(strings.TrimSpace(line), "!"); ok {
			let = append(let, path)
		}
	}
	require.Contains(t, string(text), "\n*\n", "all else stays away, secrets first of all")
	for _, s := range stages(t) {
		for _, c := range s.Commands {
			copied, ok := c.(*instructions.CopyCommand)
			if !ok || copied.From != "" {
				continue
			}
			for _, path := range copied.SourcePaths {
				_, err := os.Stat(filepath.Join(root, path))
				require.NoError(t, err)
				require.True(t, slices.ContainsFunc(let, func(pattern string) bool {
					matched, err := filepath.Match(pattern, path)
					return err == nil && matched || strings.HasPrefix(path, pattern+"/") || path == pattern
				}), "%s does not get there", path)
			}
		}
	}
}
