package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/bus/natsd"
	"github.com/laurel-loyalty/laurel/services/internal/mongod"
	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
)

// TestASecondProcessIsRefusedTheDirectory starts a replay beside a replay: the second says that the directory is in use,
// the first is not harmed.
func TestASecondProcessIsRefusedTheDirectory(t *testing.T) {
	t.Parallel()
	want := undisturbed(t)
	h := newHouse(t)
	first := h.start(sliceReplay(t))
	h.reaches(first, 1)

	other := newHouse(t)
	other.data = h.data
	o := other.replay(sliceReplay(t))
	require.Equal(t, 1, o.code, "%v", o)
	require.Contains(t, o.err, "is in use by another process; stop it or give another directory")
	require.NoFileExists(t, other.summaryFile())

	requireAsClean(t, want, h.figures(first.wait()), h.open())
}

// TestASecondRunChangesNothing replays what a house holds already.
func TestASecondRunChangesNothing(t *testing.T) {
	t.Parallel()
	want := undisturbed(t)
	h := newHouse(t)
	first := h.figures(h.replay(sliceReplay(t)))
	require.Equal(t, want.summary.ledger(), first.ledger())
	o := h.replay(sliceReplay(t))
	again := h.figures(o)
	require.EqualValues(t, sliceEvents, again.After.Duplicates, "every event was known")
	require.Contains(t, o.out, fmt.Sprintf("%d of the events were known already and changed nothing", sliceEvents))
	require.Equal(t, string(first.Analytics), string(again.Analytics))
	requireAsClean(t, want, again, h.open())
}

// servers are a mongod and a nats-server that outlive the processes which use them.
type servers struct {
	uri, url, token string
}

func startServers(t *testing.T) servers {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), openMax)
	defer cancel()
	m, err := mongod.Start(ctx, mongod.Options{Dir: t.TempDir(), Logger: warnings(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Stop()) })
	n, err := natsd.Start(ctx, natsd.Options{Self: programs.laurel, Dir: t.TempDir(), Logger: warnings(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, n.Stop()) })
	return servers{m.URI(), n.URL(), n.Token()}
}

func (s servers) flags() []string {
	return []string{"--mongodb-uri", s.uri, "--nats-url", s.url, "--nats-token", s.token}
}

func (s servers) connect(t *testing.T, h *house) *ledger {
	t.Helper()
	return connect(t, s.uri, h.database(), s.url, s.token)
}

// TestTwoProcessesOnTheSamePartitions lets two whole houses work on one database and one bus at once. The partition
// documents are the fence: whatever one has written the other finds, and nothing is written twice.
func TestTwoProcessesOnTheSamePartitions(t *testing.T) {
	t.Parallel()
	want := undisturbed(t)
	s := startServers(t)
	r := sliceReplay(t)
	r.flags = append(r.flags, append(s.flags(), "--batch", "32")...)
	one, two := newHouse(t), newHouse(t) // directories of one name: the same database
	p, q := one.start(r), two.start(r)
	first, second := one.figures(p.wait()), two.figures(q.wait())
	require.Equal(t, want.summary.ledger(), second.ledger())
	requireAsClean(t, want, first, s.connect(t, one))
}

// TestDuplicatesOfEverything publishes the first half of the slice, then each of its events up to three times more: by
// other sources, so that the bus takes them for new, in an order of their own, every other one without an id. The
// second half comes after them, and the ledger is what it would have been.
func TestDuplicatesOfEverything(t *testing.T) {
	t.Parallel()
	want := undisturbed(t)
	s := startServers(t)
	h := newHouse(t)
	whole := sliceReplay(t)
	whole.flags = append(whole.flags, s.flags()...)
	half := whole
	half.until = "1997-01-27T12:00Z"
	first := h.figures(h.replay(half))

	groups := readOrders(t, whole.orders)
	groups = groups[:slices.IndexFunc(groups, func(g orderfile.Group) bool { return g.Event.OccurredAt.Format("01-02") > "01-27" })]
	require.Greater(t, int64(len(groups)), first.After.Orders, "what became of them, too")
	// What was refused is refused again under another id: that is no duplicate.
	groups = slices.DeleteFunc(groups, func(g orderfile.Group) bool {
		return len(g.Event.Returned) == 1 && g.Event.Returned[0].Quantity == returnedTooMuch
	})
	copies := duplicates(t, groups)
	b, err := bus.Connect(t.Context(), bus.Config{URL: s.url, Token: s.token, Name: "e2e"}, warnings(t))
	require.NoError(t, err)
	defer b.Close()
	for len(copies) > 0 {
		n := min(len(copies), 500)
		require.NoError(t, publish.All(t.Context(), b, copies[:n]))
		copies = copies[n:]
	}

	last := h.figures(h.replay(whole))
	require.Equal(t, want.summary.ledger(), last.ledger())
	l := s.connect(t, h)
	require.Equal(t, last.After.Accounts, l.countAccounts(t, bson.M{}))
	requireOneFactPerEntry(t, l)
}

// readOrders reads an order file in its order.
func readOrders(t *testing.T, path string) []orderfile.Group {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	r, err := orderfile.NewReader(filepath.Base(path), f, orderfile.Defaults{})
	require.NoError(t, err)
	var groups []orderfile.Group
	for {
		g, err := r.Next()
		if errors.Is(err, io.EOF) {
			return groups
		}
		require.NoError(t, err)
		groups = append(groups, g)
	}
}

// duplicates makes one to three messages of each event, under other event ids, and shuffles them.
func duplicates(t *testing.T, groups []orderfile.Group) []bus.Outgoing {
	t.Helper()
	choose := random(t)
	var copies []bus.Outgoing
	for _, g := range groups {
		for _, till := range []string{"till/1", "till/2", "till/3"}[:1+choose.IntN(3)] {
			g := g
			g.ID += "/" + till
			m, err := publish.Order("cdnow", till, g)
			require.NoError(t, err)
			if choose.IntN(2) == 0 {
				m.ID = ""
			}
			copies = append(copies, m)
		}
	}
	choose.Shuffle(len(copies), func(i, j int) { copies[i], copies[j] = copies[j], copies[i] })
	return copies
}
