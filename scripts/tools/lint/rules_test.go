// Package lint proves that the import rules of .golangci.yml catch what they forbid: it lays a small house of breaches
// and of rightful files beside the real configuration and compares what golangci-lint says with what the files expect.
// It is part of `make lint`, because it needs the built linter.
package lint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	root   = "../../.."
	binary = ".laurel/bin/golangci-lint"
	module = "github.com/laurel-loyalty/laurel"
)

// wholeHouse are the folders of services that are no service.
var wholeHouse = []string{"bench", "e2e", "faults", "internal", "laurel", "laurelctl"}

// wanted finds `// want "text"`: the line must be reported with that text.
var wanted = regexp.MustCompile(`// want "([^"]+)"`)

func TestEachBreachIsNamed(t *testing.T) {
	for _, service := range services(t) {
		t.Run(service, func(t *testing.T) {
			dir := lay(t, service, "testdata/rules.txt")
			want := expected(t, dir)
			got, code := report(t, dir)
			if code == 0 {
				t.Error("golangci-lint ended with 0: a breach would not turn CI red")
			}
			for place, texts := range want {
				for _, text := range texts {
					if !slices.ContainsFunc(got[place], func(said string) bool { return strings.Contains(said, text) }) {
						t.Errorf("%s: want %q, got %q", place, text, got[place])
					}
				}
			}
			for place, texts := range got {
				if len(want[place]) != len(texts) {
					t.Errorf("%s: want %q, got %q", place, want[place], texts)
				}
			}
			t.Logf("%d breaches named, %d expected", len(got), len(want))
		})
	}
}

func TestRightfulFilesPass(t *testing.T) {
	dir := lay(t, services(t)[0], "testdata/rules.txt")
	for place := range expected(t, dir) {
		file, _, _ := strings.Cut(place, ":")
		if err := os.Remove(filepath.Join(dir, file)); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	if got, _ := report(t, dir); len(got) > 0 {
		t.Errorf("golangci-lint said %q", got)
	}
}

// The insides of another service are refused by Go itself.
func TestTheCompilerGuardsTheInsideOfAService(t *testing.T) {
	service := services(t)[0]
	dir := lay(t, service, "testdata/internal.txt")
	out, err := command(dir, "go", "build", "./proto/...", "./services/...").CombinedOutput()
	if want := "use of internal package"; err == nil || strings.Count(string(out), want) != 3 {
		t.Errorf("want %q three times, got %v\n%s", want, err, out)
	}
}

// services lists the real services, so that a new one without its lines in .golangci.yml fails here.
func services(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(root, "services"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() && !slices.Contains(wholeHouse, entry.Name()) {
			names = append(names, entry.Name())
		}
	}
	return names
}

// lay writes the files of an archive (`-- path --`, then the content) and the real configuration into a new folder.
func lay(t *testing.T, service, archive string) string {
	t.Helper()
	dir := t.TempDir()
	for _, source := range []string{"testdata/stubs.txt", archive} {
		raw, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(raw), "SERVICE", service)
		text = strings.ReplaceAll(text, "LAUREL", module)
		for _, part := range strings.Split("\n"+text, "\n-- ")[1:] {
			name, content, found := strings.Cut(part, " --\n")
			if !found {
				t.Fatalf("%s: no name in %q", source, part)
			}
			write(t, filepath.Join(dir, name), []byte(content+"\n"))
		}
	}
	config, err := os.ReadFile(filepath.Join(root, ".golangci.yml"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, ".golangci.yml"), config)
	return dir
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// expected reads the `// want` comments: place ("file:line") to texts.
func expected(t *testing.T, dir string) map[string][]string {
	t.Helper()
	want := map[string][]string{}
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := filepath.Rel(dir, path)
		for i, line := range strings.Split(string(content), "\n") {
			for _, match := range wanted.FindAllStringSubmatch(line, -1) {
				place := fmt.Sprintf("%s:%d", filepath.ToSlash(file), i+1)
				want[place] = append(want[place], match[1])
			}
		}
		return err
	})
	if err != nil || len(want) == 0 {
		t.Fatalf("%d wants, %v", len(want), err)
	}
	return want
}

// ruling are the linters that hold the import rules; typecheck is named when a file cannot be read at all.
var ruling = []string{"depguard", "forbidigo", "importas", "typecheck"}

// report runs the linter with the real configuration and keeps what the ruling linters say.
func report(t *testing.T, dir string) (said map[string][]string, code int) {
	t.Helper()
	linter, err := filepath.Abs(filepath.Join(root, binary))
	if err != nil {
		t.Fatal(err)
	}
	cmd := command(dir, linter, "run", "--output.json.path", "stdout", "--show-stats=false",
		"./proto/...", "./services/...", "./deploy/examples/partner/go/...")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatalf("run %s: %v", linter, err)
	}
	var answer struct {
		Issues []struct {
			FromLinter, Text string
			Pos              struct {
				Filename string
				Line     int
			}
		}
	}
	if err := json.NewDecoder(&stdout).Decode(&answer); err != nil {
		t.Fatalf("read the linter's answer: %v\n%s", err, stderr.String())
	}
	places := map[string][]string{}
	for _, issue := range answer.Issues {
		if !slices.Contains(ruling, issue.FromLinter) {
			continue
		}
		place := fmt.Sprintf("%s:%d", filepath.ToSlash(issue.Pos.Filename), issue.Pos.Line)
		places[place] = append(places[place], issue.FromLinter+": "+issue.Text)
	}
	return places, cmd.ProcessState.ExitCode()
}

// command runs in the laid house alone: its own workspace, no network.
func command(dir, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK="+filepath.Join(dir, "go.work"), "GOFLAGS=", "GOPROXY=off")
	return cmd
}
