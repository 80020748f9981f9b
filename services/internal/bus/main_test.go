package bus_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const mebibyte = 1 << 20

// connect returns a connection to a nats-server, closed with the test.
func connect(t testing.TB, server *testkit.NATSServer) *bus.Bus {
	t.Helper()
	b, err := bus.Connect(t.Context(), config(server), testkit.Logger(t))
	require.NoError(t, err)
	t.Cleanup(b.Close)
	return b
}

func config(server *testkit.NATSServer) bus.Config {
	return bus.Config{URL: server.URL, Token: server.Token, Name: "test"}
}

// house returns a nats-server of the test's own and a connection to it, with streams made.
func house(t testing.TB) (*testkit.NATSServer, *bus.Bus) {
	t.Helper()
	server := testkit.NATS(t)
	b := connect(t, server)
	require.NoError(t, b.EnsureStreams(t.Context(), layout()))
	return server, b
}

func layout() bus.Layout {
	return bus.Layout{MaxBytesEvents: 256 * mebibyte, MaxBytesFacts: 64 * mebibyte, MaxBytesDead: 64 * mebibyte}
}

// raw returns a plain JetStream connection, for what Laurel itself never does.
func raw(t testing.TB, server *testkit.NATSServer) jetstream.JetStream {
	t.Helper()
	conn, err := nats.Connect(server.URL, nats.Token(server.Token))
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	return js
}

// orders makes n messages of different accounts with ids <name>-0, <name>-1, …
func orders(name string, n int) []bus.Outgoing {
	batch := make([]bus.Outgoing, n)
	for i := range batch {
		id := fmt.Sprintf("%s-%d", name, i)
		batch[i] = bus.Outgoing{Subject: bus.OrderSubject("cdnow", "shop", "paid", id), Data: []byte(id), ID: id}
	}
	return batch
}

func ids(batches ...[]bus.Outgoing) []string {
	var all []string
	for _, batch := range batches {
		for _, out := range batch {
			all = append(all, out.ID)
		}
	}
	return all
}

func publish(t testing.TB, b *bus.Bus, batch []bus.Outgoing) []bus.Outgoing {
	t.Helper()
	require.NoError(t, b.PublishBatch(t.Context(), batch))
	return batch
}

func partitions(n int) []int {
	some := make([]int, n)
	for p := range some {
		some[p] = p
	}
	return some
}

// keeper stands in for a service: it keeps marks, applies what is above them, and finds what breaks the reader's
// promises.
type keeper struct {
	mu      sync.Mutex
	marks   map[int]bus.Mark
	applied []bus.Message
	repeats int
	asked   int // how often the marks were read: incarnations
}

func newKeeper() *keeper { return &keeper{marks: map[int]bus.Mark{}} }

func (k *keeper) Marks(context.Context) (map[int]bus.Mark, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked++
	return maps.Clone(k.marks), nil
}

func (k *keeper) Deliver(_ context.Context, run []bus.Message) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, m := range run {
		mark := k.marks[m.Partition]
		if m.Sequence <= mark.Sequence {
			k.repeats++
			continue
		}
		if m.After > mark.Sequence {
			return fmt.Errorf("message %d: incarnation began after %d, the mark is %d", m.Sequence, m.After, mark.Sequence)
		}
		k.marks[m.Partition] = m.Mark(0)
		k.applied = append(k.applied, m)
	}
	return nil
}

func (k *keeper) ids() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var all []string
	for _, m := range k.applied {
		all = append(all, m.ID)
	}
	return all
}

func (k *keeper) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.applied)
}

func (k *keeper) incarnations() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.asked
}

// awaitCount waits until n messages are applied.
func (k *keeper) awaitCount(t testing.TB, n int) {
	t.Helper()
	testkit.Eventually(t, func() bool { return k.count() >= n }, fmt.Sprintf("%d messages applied", n))
}

func (k *keeper) config() bus.ReadConfig {
	return bus.ReadConfig{Partitions: partitions(bus.Partitions), Marks: k.Marks, Deliver: k.Deliver}
}

// start runs a reader until the test ends, or until what it returns is called, which gives what Run returned.
func start(t testing.TB, r *bus.Reader) func() error {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stop := sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() { _ = stop() })
	return stop
}

// readAll reads n messages into a new keeper and stops.
func readAll(t testing.TB, b *bus.Bus, n int) *keeper {
	t.Helper()
	k := newKeeper()
	stop := start(t, b.NewReader(k.config()))
	k.awaitCount(t, n)
	require.NoError(t, stop())
	return k
}

// logbook is a log that a test can read.
type logbook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logbook) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }
