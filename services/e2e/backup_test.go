package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// teaWithTiers has something for every service to know.
const teaWithTiers = tea + `ladder:
  qualify_by: spend
  window_months: 12
  review: monthly
  tiers:
    - {name: basic, from: 0.00}
    - {name: silver, from: 100.00}
    - {name: gold, from: 1000.00}
`

// manyOrders is a file of orders of several accounts.
func manyOrders(t *testing.T, name string, n, accounts int) string {
	t.Helper()
	at := time.Now().Add(-48 * time.Hour).UTC()
	var text strings.Builder
	text.WriteString(columns)
	for i := range n {
		_, _ = fmt.Fprintf(&text, "%s-%d,acc%d,%s,paid,assam,1,%d.00,,\n", name, i, i%accounts,
			at.Add(time.Duration(i)*time.Second).Format(time.RFC3339), 1+i%50)
	}
	return write(t, name+".csv", text.String())
}

// figuresOf are what a house says of itself in many ways.
func (h *house) figuresOf(questions [][]string) map[string]string {
	h.t.Helper()
	said := map[string]string{}
	for _, q := range questions {
		said[strings.Join(q, " ")] = h.says(q).out
	}
	return said
}

// TestAHouseIsCopiedAndRestored: a backup that is taken while orders come in, and one of a house at rest. The second one,
// whose restoring is killed in the midst, makes a house that says the same of everything; the first one a house that has
// every order that was acknowledged before it was taken, and comes to the same points when the orders are published again.
func TestAHouseIsCopiedAndRestored(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	programme := write(t, "tea.yaml", teaWithTiers)
	p := h.serve(programme)
	h.says([]string{"orders", "publish", manyOrders(t, "first", 400, 40)})
	h.says([]string{"member", "enrol", "mia"})
	h.says([]string{"member", "link", "mia", "card:4711"})
	h.says([]string{"reward", "put", "pot", "--kind", "gift", "--name", "a pot", "--points", "5", "--cancel-days", "14"})
	h.says([]string{"reward", "stock", "pot", "3"})
	late := time.Now().UTC().Format(time.RFC3339)
	h.says([]string{"orders", "publish", write(t, "return.csv", columns+"first-0,acc0,"+late+",returned,assam,9,,r-1,\n")})
	h.becomes(`^ paid +taken`, "orders", "status", "shop/first-399")
	h.becomes(`RETURN_EXCEEDS_ORDER`, "orders", "status", "shop/first-0")
	h.says([]string{"reward", "redeem", "acc1", "pot", "--key", "monday", "--points", "5"})

	second := manyOrders(t, "second", 2500, 40)
	load := h.run(programs.laurelctl, "--house", h.doors(), "orders", "publish", second)
	h.becomes(`^ paid +taken`, "orders", "status", "shop/second-10")
	under := filepath.Join(t.TempDir(), "under-load")
	h.says([]string{"backup", under}, `^ accrual +entries +\d+ +\d+$`, `^ streams +EVENTS +\d+ +\d+$`)
	o := load.wait()
	require.Zero(t, o.code, "%v", o)
	h.becomes(`^ paid +taken`, "orders", "status", "shop/second-2499")

	questions := [][]string{
		{"-o", "json", "tier", "ladder"}, {"-o", "json", "reward", "list"}, {"-o", "json", "reward", "history", "acc1"},
		{"-o", "json", "member", "show", "mia"}, {"-o", "json", "programme", "history"}, {"-o", "json", "dead", "list"},
		{"-o", "json", "analytics", "report", "pareto"}, {"-o", "json", "analytics", "report", "rfm"}, {"-o", "csv", "orders", "status", "shop/first-0"},
	}
	points := [][]string{}
	for n := range 5 {
		account := fmt.Sprint("acc", n)
		questions = append(questions, []string{"-o", "json", "account", "show", account}, []string{"-o", "json", "account", "entries", account}, []string{"-o", "json", "tier", "history", account})
		points = append(points, []string{"account", "show", account})
	}
	h.rests()
	page := t.TempDir()
	rest := filepath.Join(page, "backup-1")
	steps := stepsOf(t, "../../docs/operating/backup.md")
	require.Len(t, steps, 2, "how to take and check one, and how to restore it")
	requirePlayed(t, h, page, steps[0])
	want, wantPoints := h.figuresOf(questions), pointsLines(h, points)
	entries := entriesLine(h.says([]string{"ledger", "verify"}).out)
	require.NotEmpty(t, entries)
	require.Equal(t, 1, h.ctl("restore", rest).code, "there is a house already")
	requireStops(t, h, p)
	requirePlayed(t, h, page, steps[1])

	requireRestoredWhole(t, rest, programme, func(is *house) {
		is.says([]string{"ledger", "verify"}, "^"+entries+"$")
		got := is.figuresOf(questions)
		for q, said := range want {
			require.Equal(t, said, got[q], q)
		}
	})
	requireRestoredUnderLoad(t, under, programme, second, func(is *house) {
		is.becomes("^"+entries+"$", "ledger", "verify")
		require.Equal(t, wantPoints, pointsLines(is, points))
	})
}

// requirePlayed runs what the page says, in a directory of its own beside the house.
func requirePlayed(t *testing.T, h *house, dir string, s step) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-eo", "pipefail", "-c", s.commands)
	cmd.Dir = dir
	cmd.Env = append(slices.Clone(h.env), "LAUREL_HOUSE="+h.doors(), "PATH="+filepath.Dir(programs.laurelctl)+string(filepath.ListSeparator)+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// pointsLines are the lines about points alone.
func pointsLines(h *house, questions [][]string) []string {
	h.t.Helper()
	var lines []string
	for _, q := range questions {
		for line := range strings.Lines(h.says(q).out) {
			if strings.HasPrefix(line, " points ") {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

// requireRestoredWhole kills the restoring in the midst: no house starts on what is there, and restoring again ends well.
func requireRestoredWhole(t *testing.T, dir, programme string, same func(*house)) {
	t.Helper()
	h := newHouse(t)
	restore := []string{"restore", dir, "--data", h.data, "--home", h.home}
	p := h.run(programs.laurel, restore...)
	testkit.Eventually(t, func() bool { return strings.Contains(p.err.String(), "restoring what accrual has") || p.ended() }, "it is in the midst")
	h.stillRuns(p)
	p.signal(syscall.SIGKILL)
	p.wait()
	o := h.run(programs.laurel, "serve", "--programme", programme, "--data", h.data, "--home", h.home, "--listen", "127.0.0.1:0",
		"--metrics", "127.0.0.1:0", "--partner-listen", "").wait()
	require.Equal(t, 1, o.code, "%v", o)
	require.Contains(t, o.err, "restore the same backup again")
	o = h.run(programs.laurel, restore...).wait()
	require.Zero(t, o.code, "%v", o)
	require.Contains(t, o.out, "the house has what it had at ")
	require.Contains(t, o.err, "taking away what an earlier try has left")
	o = h.run(programs.laurel, restore...).wait()
	require.Equal(t, 1, o.code, "a house is restored once")
	require.Contains(t, o.err, "into an empty house only")

	p = h.serve(programme)
	same(h)
	h.says([]string{"orders", "publish", manyOrders(t, "third", 10, 40)}) // it goes on
	h.becomes(`^ paid +taken`, "orders", "status", "shop/third-9")
	h.says([]string{"reward", "cancel", redemptionOf(h)}, `cancel`)
	requireStops(t, h, p)
}

// entriesLine is the line of a verification that says how much there is.
func entriesLine(said string) string {
	return regexp.MustCompile(`(?m)^\d+ entries of \d+ accounts$`).FindString(said)
}

func redemptionOf(h *house) string {
	h.t.Helper()
	lines := strings.Split(h.says([]string{"-o", "csv", "reward", "history", "acc1"}).out, "\n")
	id, _, _ := strings.Cut(lines[1], ",")
	return id
}

// requireRestoredUnderLoad publishes the file again of which a part had come when the backup was taken.
func requireRestoredUnderLoad(t *testing.T, dir, programme, orders string, same func(*house)) {
	t.Helper()
	h := newHouse(t)
	o := h.run(programs.laurel, "restore", dir, "--data", h.data, "--home", h.home).wait()
	require.Zero(t, o.code, "%v", o)
	p := h.serve(programme)
	h.becomes(`^ paid +taken`, "orders", "status", "shop/second-10")
	h.says([]string{"orders", "publish", orders})
	h.becomes(`^ paid +taken`, "orders", "status", "shop/second-2499")
	same(h)
	requireStops(t, h, p)
}
