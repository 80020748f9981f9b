package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// TestStreamsThatWereLostAreMended: EVENTS and FACTS are gone, the house says so and applies nothing, and meanwhile a shop
// publishes to a stream that gives out sequences from the beginning. Mended, in two tries, the first of which is killed, the
// house says what it said, has what came since, and whoever reads the streams anew comes to the same.
func TestStreamsThatWereLostAreMended(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	programme := write(t, "tea.yaml", teaWithTiers)
	p := h.serve(programme)
	h.says([]string{"orders", "publish", manyOrders(t, "first", 900, 40)})
	h.says([]string{"reward", "put", "pot", "--kind", "gift", "--name", "a pot", "--points", "5", "--cancel-days", "14"})
	h.says([]string{"reward", "stock", "pot", "3"})
	h.becomes(`^ paid +taken`, "orders", "status", "shop/first-899")
	h.says([]string{"reward", "redeem", "acc1", "pot", "--key", "monday", "--points", "5"})
	var questions [][]string
	for n := 1; n < 5; n++ { // what comes since is acc0's
		account := fmt.Sprint("acc", n)
		questions = append(questions, []string{"-o", "json", "account", "entries", account}, []string{"-o", "json", "tier", "history", account},
			[]string{"-o", "json", "reward", "history", account})
	}
	reports := [][]string{{"-o", "json", "analytics", "report", "pareto"}, {"-o", "json", "analytics", "report", "rfm"}}
	h.rests()
	want := h.figuresOf(questions)
	requireStops(t, h, p)

	for _, stream := range []string{"EVENTS", "FACTS"} {
		require.NoError(t, os.RemoveAll(filepath.Join(h.data, "nats", "jetstream", "$G", "streams", stream)))
	}
	p = h.run(programs.laurel, "serve", "--programme", programme, "--data", h.data, "--home", h.home, "--listen", "127.0.0.1:0",
		"--metrics", "127.0.0.1:0", "--partner-listen", "")
	testkit.Eventually(t, func() bool { return strings.Count(p.err.String(), "went back behind") >= 4 || p.ended() }, "all who read say so")
	h.stillRuns(p)
	testkit.Eventually(t, func() bool { _, err := os.Stat(h.doors()); return err == nil || p.ended() }, "it has said where it is")
	h.says([]string{"orders", "publish", manyOrders(t, "since", 50, 1)})
	requireStops(t, h, p)

	dir := filepath.Join(t.TempDir(), "mend")
	mend := []string{"mend", dir, "--data", h.data, "--home", h.home}
	o := h.run(programs.laurel, append(mend, "--look")...).wait()
	require.Zero(t, o.code, "%v", o)
	require.Regexp(t, `(?m)^EVENTS: \d+ messages, 9\d\d of them put back where they were, \d+ that came since moved to the end$`, o.out)
	require.NoDirExists(t, dir)
	require.NoError(t, os.Mkdir(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "EVENTS-was.bson.zst"), []byte("cut off"), 0o600), "as of a run that ended early")
	p = h.run(programs.laurel, mend...)
	testkit.Eventually(t, func() bool { return strings.Contains(p.err.String(), "making stream FACTS anew") || p.ended() }, "it is in the midst")
	h.stillRuns(p)
	p.signal(syscall.SIGKILL)
	p.wait()
	o = h.run(programs.laurel, "serve", "--programme", programme, "--data", h.data, "--home", h.home, "--listen", "127.0.0.1:0",
		"--metrics", "127.0.0.1:0", "--partner-listen", "").wait()
	require.Equal(t, 1, o.code, "%v", o)
	require.Contains(t, o.err, "mend again with the same directory")
	o = h.run(programs.laurel, "mend", dir+"-other", "--data", h.data, "--home", h.home).wait()
	require.Equal(t, 1, o.code, "%v", o)
	require.Contains(t, o.err, "finish that")
	o = h.run(programs.laurel, mend...).wait()
	require.Zero(t, o.code, "%v", o)
	o = h.run(programs.laurel, mend...).wait()
	require.Equal(t, 1, o.code, "it is done")
	require.Contains(t, o.err, "came to its end")

	p = h.serve(programme)
	h.becomes(`^ paid +taken`, "orders", "status", "shop/since-49")
	h.says([]string{"ledger", "verify"}, `^\d+ entries of \d+ accounts$`)
	require.Equal(t, want, h.figuresOf(questions))
	h.rests()
	questions = append(questions, reports...)
	want = h.figuresOf(questions)
	requireStops(t, h, p)
	for _, service := range []string{"tier", "analytics", "partner"} {
		o = h.run(programs.laurel, "rebuild", "--service", service, "--data", h.data, "--home", h.home).wait()
		require.Zero(t, o.code, "%v", o)
	}
	p = h.serve(programme)
	h.rests()
	require.Equal(t, want, h.figuresOf(questions), "who reads the streams anew has the same")
	requireStops(t, h, p)
}
