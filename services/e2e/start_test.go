package e2e

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

const startPage = "../../docs/start.md"

// mine is `make run` as somebody types it who has read docs/start.md, with a place of its own for what Laurel keeps.
func mine(t *testing.T, home string, variables ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), runMax)
	defer cancel()
	var out, err testkit.Output
	cmd := exec.CommandContext(ctx, "make", append([]string{"-s", "-C", "../..", "run"}, variables...)...)
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = &out, &err, &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "MONGODB_URI=") && !strings.HasPrefix(pair, "LAUREL_STARTED=") && !strings.HasPrefix(pair, "MAKE") {
			cmd.Env = append(cmd.Env, pair)
		}
	}
	cmd.Env = append(cmd.Env, "LAUREL_HOME="+home)
	_ = cmd.Run() // how it ended is read from ProcessState
	return outcome{code: cmd.ProcessState.ExitCode(), out: out.String(), err: err.String()}
}

// TestOwnOrdersAreRunAsTheStartPageSays runs the orders that docs/start.md shows, twice, and then a file that is not there.
func TestOwnOrdersAreRunAsTheStartPageSays(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(startPage)
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(page), "```csv\n")
	require.True(t, found, "the page shows orders")
	rows, _, _ := strings.Cut(rest, "```")
	require.Contains(t, string(page), "make run ORDERS=my.csv\n")
	orders := write(t, "my.csv", rows)
	home := t.TempDir()

	first := mine(t, home, "ORDERS="+orders)
	require.Zero(t, first.code, "%v", first)
	require.Regexp(t, `(?m)^\[\d+s\] replaying `, first.err, "stages are told with the time they began at")
	require.Regexp(t, `(?m)^done in .*: 2 orders, 38 points earned; `, first.out)
	require.FileExists(t, filepath.Join(home, "report.html"))
	var s summary
	raw, err := os.ReadFile(filepath.Join(home, "summary.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &s))
	require.EqualValues(t, 2, s.Before.Orders)
	require.Equal(t, map[string]int64{"USD": 3_830}, s.Before.Amount)
	require.EqualValues(t, 26+12, s.Before.Points.Earned, "26.30 and 12.00, one floor per order")

	again := mine(t, home, "ORDERS="+orders)
	require.Zero(t, again.code, "%v", again)
	require.Contains(t, again.out, "2 of the events were known already and changed nothing")

	missing := mine(t, home, "ORDERS="+orders+".gone")
	require.NotZero(t, missing.code)
	require.Contains(t, missing.err, "there is no file of orders "+orders+".gone")
}
