package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// child is what a house has written down of one of its servers.
type child struct{ PID, Port int }

// Where the house writes that down.
const (
	mongodRecord = "mongod/laurel.json"
	natsRecord   = "nats/ready.json"
)

// child reads which process serves the house now; none yet or no more: the zero child.
func (h *house) child(record string) child {
	var c child
	raw, err := os.ReadFile(filepath.Join(h.data, record))
	if err != nil || json.Unmarshal(raw, &c) != nil {
		return child{}
	}
	return c
}

func alive(pid int) bool { return pid > 0 && !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

// mongoURI is where the mongod of a house that runs is; its port stays the same for the life of the house.
func (h *house) mongoURI() string {
	return fmt.Sprintf("mongodb://127.0.0.1:%d/?directConnection=true", h.child(mongodRecord).Port)
}

// reaches waits until the ledger of a house that runs has so many entries.
func (h *house) reaches(p *process, entries int64) {
	h.t.Helper()
	testkit.Eventually(h.t, func() bool {
		return h.child(natsRecord).PID != 0 && alive(h.child(mongodRecord).PID) || p.ended()
	}, "both servers are up")
	h.stillRuns(p)
	client := dial(h.t, h.mongoURI())
	defer hangUp(h.t, client)
	testkit.Eventually(h.t, func() bool {
		n, err := client.Database(h.database()).Collection("entries").CountDocuments(h.t.Context(), bson.M{})
		return err == nil && n >= entries || p.ended()
	}, fmt.Sprintf("%d entries are in the ledger", entries))
	h.stillRuns(p)
}

func (h *house) stillRuns(p *process) {
	h.t.Helper()
	require.False(h.t, p.ended(), "it ended before it could be disturbed:\n%s\n%s", &p.err, &p.out)
}

// kill ends one of the house's servers by force, and waits until another one serves.
func (h *house) kill(p *process, record string) {
	h.t.Helper()
	was := h.child(record)
	require.NotZero(h.t, was.PID, "the server is up")
	require.NoError(h.t, syscall.Kill(was.PID, syscall.SIGKILL))
	testkit.Eventually(h.t, func() bool {
		is := h.child(record)
		return is.PID != 0 && is.PID != was.PID || p.ended()
	}, "the house started the server again")
	h.stillRuns(p)
}

// TestServersAreKilledTwice kills a server of the house twice during a replay. The house starts it again and the replay
// goes on by itself: what was acknowledged stays, and nothing comes twice.
func TestServersAreKilledTwice(t *testing.T) {
	t.Parallel()
	for name, record := range map[string]string{"mongod": mongodRecord, "nats-server": natsRecord} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := undisturbed(t)
			choose := random(t)
			h := newHouse(t)
			p := h.start(sliceReplay(t))
			third := want.summary.After.Entries / 3
			h.reaches(p, 1+choose.Int64N(third))
			h.kill(p, record)
			h.reaches(p, third+choose.Int64N(third))
			h.kill(p, record)
			requireAsClean(t, want, h.figures(p.wait()), h.open())
		})
	}
}

// TestInterruptedReplayStopsCleanly sends the signal of Ctrl-C in the midst: the house stops with its children, and the
// next run goes on where it stopped.
func TestInterruptedReplayStopsCleanly(t *testing.T) {
	t.Parallel()
	want := undisturbed(t)
	h := newHouse(t)
	p := h.start(sliceReplay(t))
	h.reaches(p, 1+random(t).Int64N(want.summary.After.Entries/2))
	children := []child{h.child(mongodRecord), h.child(natsRecord)}
	p.signal(syscall.SIGINT)
	testkit.Eventually(t, p.ended, "it ended")
	o := p.wait()
	require.Equal(t, 1, o.code, "%v", o)
	require.Contains(t, o.err, "laurel: stopped; nothing that was acknowledged is lost, the next run goes on from here")
	require.Empty(t, o.out, "a replay that was stopped has no figures")
	for _, c := range children {
		require.False(t, alive(c.PID), "child %d is gone", c.PID)
	}
	requireAsClean(t, want, h.figures(h.replay(sliceReplay(t))), h.open())
}
