package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	doors "github.com/laurel-loyalty/laurel/services/internal/house"
)

const (
	repository   = "../.."
	partnerGuide = repository + "/docs/guides/partner.md"
	// stepMax ends a step that hangs; the longest builds grpcurl, the first time.
	stepMax = 15 * time.Minute
)

// step is a block of commands in a guide, and the blocks behind it that show what they answer.
type step struct {
	commands string
	answers  []answer
}

// answer is what a guide shows: JSON, of which fields may be left out, or text.
type answer struct{ kind, text string }

var fenced = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")

// stepsOf reads the steps of a guide in their order.
func stepsOf(t *testing.T, path string) []step {
	t.Helper()
	page, err := os.ReadFile(path)
	require.NoError(t, err)
	var steps []step
	for _, block := range fenced.FindAllStringSubmatch(string(page), -1) {
		kind, text := block[1], block[2]
		if kind == "sh" {
			steps = append(steps, step{commands: text})
			continue
		}
		require.NotEmpty(t, steps, "an answer before the first command: %s", text)
		last := &steps[len(steps)-1]
		last.answers = append(last.answers, answer{kind, text})
	}
	return steps
}

// TestPartnersComeInAsTheGuideSays plays docs/guides/partner.md from its first line to its last: the house, the operator's
// credentials, a grpcurl line for each method. Then the example clients come in by the same door.
func TestPartnersComeInAsTheGuideSays(t *testing.T) {
	t.Parallel()
	steps := stepsOf(t, partnerGuide)
	begin := regexp.MustCompile(`^make serve PROGRAMME=(\S+)\n$`).FindStringSubmatch(steps[0].commands)
	require.NotNil(t, begin, "the guide begins with the house")
	d := newDesk(t, filepath.Join(repository, begin[1]))
	played := ""
	for _, s := range steps[1:] {
		d.play(s)
		played += s.commands
	}
	for _, method := range []string{
		"AwardPoints", "AuthorizeRedemption", "CaptureRedemption", "VoidRedemption", "RefundRedemption", "GetBalance", "ListTransactions",
	} {
		require.Regexp(t, `(?m)^as [a-z] `+method+` '`, played, "a line for each method")
	}
	pin, err := os.ReadFile(repository + "/scripts/tools/grpcurl/go.mod")
	require.NoError(t, err)
	version := regexp.MustCompile(`fullstorydev/grpcurl (v\S+)`).FindSubmatch(pin)
	page, err := os.ReadFile(partnerGuide)
	require.NoError(t, err)
	require.Contains(t, string(page), "grpcurl/cmd/grpcurl@"+string(version[1]), "the guide names the version that was played")
	requireClients(d)
}

// desk is where somebody sits who follows the guide: a folder like a clone in which a house was started.
type desk struct {
	t       *testing.T
	house   *house
	dir     string
	address string // of the partners' door
	env     []string
}

func newDesk(t *testing.T, programme string) *desk {
	t.Helper()
	h := newHouse(t)
	dir := filepath.Dir(h.data)
	h.home, h.data = filepath.Join(dir, ".laurel"), filepath.Join(dir, ".laurel", "house")
	h.serve(programme)
	at, err := doors.Read(h.doors())
	require.NoError(t, err)
	root, err := filepath.Abs(repository)
	require.NoError(t, err)
	tools := os.Getenv("LAUREL_HOME")
	if tools == "" {
		tools = filepath.Join(root, ".laurel")
	}
	for from, to := range map[string]string{
		filepath.Join(root, "scripts"): "scripts", filepath.Join(tools, "bin"): ".laurel/bin",
		filepath.Join(root, "go.work"): "go.work", filepath.Join(root, "proto"): "proto",
		filepath.Join(root, "services"): "services", filepath.Join(root, "deploy"): "deploy",
	} {
		require.NoError(t, os.Symlink(from, filepath.Join(dir, to)))
	}
	path := "PATH=" + filepath.Dir(programs.laurelctl) + string(filepath.ListSeparator) + os.Getenv("PATH")
	return &desk{t, h, dir, at.PartnerDoor.Address, append(os.Environ(), path, "LAUREL_HOME="+tools)}
}

// play runs a step, and asserts that it answers what the guide shows. Its functions are there in the next one.
func (d *desk) play(s step) {
	d.t.Helper()
	commands := strings.ReplaceAll(s.commands, "127.0.0.1:7443", d.address)
	if strings.Contains(commands, "lpk_…") {
		listed := d.house.ctl("-o", "csv", "partner", "keys", "list", "b")
		commands = strings.ReplaceAll(commands, "lpk_…", regexp.MustCompile(`lpk_\w+`).FindString(listed.out))
	}
	ctx, cancel := context.WithTimeout(d.t.Context(), stepMax)
	defer cancel()
	const keep = "[ ! -e functions ] || . ./functions; trap 'declare -f >functions' EXIT\n"
	cmd := exec.CommandContext(ctx, "bash", "-eo", "pipefail", "-c", keep+commands)
	cmd.Dir, cmd.Env = d.dir, d.env
	out, err := cmd.CombinedOutput()
	require.NotNil(d.t, cmd.ProcessState, "%v", err)
	said, refused := string(out), 0
	if len(s.answers) > 0 {
		for _, a := range s.answers {
			said, refused = d.next(a, said)
		}
		require.Empty(d.t, strings.TrimSpace(said), "more than the guide shows for\n%s", s.commands)
	}
	require.Equal(d.t, refused, cmd.ProcessState.ExitCode(), "%s\n%s", commands, out)
}

// next holds the next answer against what was said, and returns the rest, and the exit code of grpcurl that belongs to it.
func (d *desk) next(a answer, said string) (string, int) {
	d.t.Helper()
	if a.kind != "json" {
		rest, found := strings.CutPrefix(said, a.text)
		require.True(d.t, found, "the guide shows\n%s\nand it answers\n%s", a.text, said)
		return rest, 0
	}
	var want, got any
	require.NoError(d.t, json.Unmarshal([]byte(a.text), &want), a.text)
	decoder := json.NewDecoder(strings.NewReader(said))
	require.NoError(d.t, decoder.Decode(&got), "the guide shows\n%s\nand it answers\n%s", a.text, said)
	if fault := shown(want, got); fault != "" {
		require.Fail(d.t, "the guide shows another answer", "%s\nthe guide:\n%s\nthe answer:\n%s", fault, a.text, said)
	}
	refused := 0
	if code, ok := got.(map[string]any)["code"].(float64); ok {
		const grpcurlRefused = 64
		refused = grpcurlRefused + int(code)
	}
	return said[decoder.InputOffset():], refused
}

var instant = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`)

// shown says where an answer is not what is shown of it; empty: nowhere. Fields may be left out, times differ, and … is
// something.
func shown(want, got any) string {
	switch want := want.(type) {
	case map[string]any:
		fields, _ := got.(map[string]any)
		for name, value := range want {
			if fault := shown(value, fields[name]); fault != "" {
				return name + ": " + fault
			}
		}
		return ""
	case []any:
		list, _ := got.([]any)
		if len(list) != len(want) {
			return fmt.Sprintf("%d items, not %d", len(list), len(want))
		}
		for i, value := range want {
			if fault := shown(value, list[i]); fault != "" {
				return fmt.Sprintf("%d: %s", i, fault)
			}
		}
		return ""
	case string:
		text, _ := got.(string)
		if text == want || want == "…" && text != "" || instant.MatchString(want) && instant.MatchString(text) {
			return ""
		}
	default:
		if want == got {
			return ""
		}
	}
	return fmt.Sprintf("%v, not %v", got, want)
}
