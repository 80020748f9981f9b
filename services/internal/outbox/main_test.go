package outbox_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/metric"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const mebibyte = 1 << 20

// house is a store with an outbox, a bus with streams, and the partition documents that number the chunks.
type house struct {
	server *testkit.NATSServer
	bus    *bus.Bus
	store  *store.Store
	parts  map[int]*store.Partition
	serial int
	shown  *prometheus.Registry // what the last relay shows
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{server: testkit.NATS(t), parts: map[int]*store.Partition{}}
	uri, database := testkit.Mongo(t)
	var err error
	h.store, err = store.Open(t.Context(), uri, database)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.store.Close(context.WithoutCancel(t.Context()))) })
	require.NoError(t, h.store.Ensure(t.Context(), outbox.Collection()))
	h.bus, err = bus.Connect(t.Context(), bus.Config{URL: h.server.URL, Token: h.server.Token}, testkit.Logger(t))
	require.NoError(t, err)
	t.Cleanup(h.bus.Close)
	require.NoError(t, h.bus.EnsureStreams(t.Context(), bus.Layout{
		MaxBytesEvents: 16 * mebibyte, MaxBytesFacts: 64 * mebibyte, MaxBytesDead: 16 * mebibyte,
	}))
	return h
}

// account is the id of an account that falls into the partition; n tells those of one partition apart.
func account(partition, n int) string {
	for k := 0; ; k++ {
		id := fmt.Sprintf("a%d-%d", n, k)
		if bus.Partition("shop", id, bus.Partitions) == partition {
			return id
		}
	}
}

// facts makes n facts of accounts of a partition. Each one's data is its number among all of the house.
func (h *house) facts(partition, n int) []outbox.Message {
	list := make([]outbox.Message, n)
	for i := range list {
		h.serial++
		list[i] = outbox.Message{
			Subject: bus.FactSubject("shop", "accrual", "earn", account(partition, h.serial%3)),
			ID:      fmt.Sprintf("fact-%d", h.serial),
			Header:  []outbox.Header{{Name: "ce-id", Value: fmt.Sprint(h.serial)}},
			Data:    fmt.Append(nil, h.serial),
		}
	}
	return list
}

// put cuts messages into chunks and stores them, as a service's transaction does.
func (h *house) put(t *testing.T, partition int, messages []outbox.Message) []outbox.Chunk {
	t.Helper()
	chunks := h.cut(partition, messages)
	h.insert(t, chunks)
	return chunks
}

func (h *house) cut(partition int, messages []outbox.Message) []outbox.Chunk {
	if h.parts[partition] == nil {
		h.parts[partition] = &store.Partition{ID: partition}
	}
	return outbox.Cut(h.parts[partition], bus.Facts, messages, time.Now())
}

func (h *house) insert(t *testing.T, chunks []outbox.Chunk) {
	t.Helper()
	require.NoError(t, outbox.Insert(t.Context(), h.store, chunks))
}

// start runs a new relay, for partitions 0 to 3 where none are named, until what it returns is called, which gives what
// Run returned.
func (h *house) start(t *testing.T, partitions ...int) (*outbox.Relay, func() error) {
	t.Helper()
	if len(partitions) == 0 {
		partitions = []int{0, 1, 2, 3}
	}
	return h.run(t, outbox.Relay{Partitions: func() []int { return partitions }})
}

// run runs a relay of the house.
func (h *house) run(t *testing.T, r outbox.Relay) (*outbox.Relay, func() error) {
	t.Helper()
	r.Store, r.Bus, r.Stream, r.Log = h.store, h.bus, bus.Facts, testkit.Logger(t)
	relay := outbox.NewRelay(r)
	h.shown = prometheus.NewRegistry()
	outbox.Measure(metric.On(h.shown, "tier"), clock.System(), relay)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- relay.Run(ctx) }()
	stop := sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() { _ = stop() })
	return relay, stop
}

// shows is what a metric of the last relay says.
func (h *house) shows(t *testing.T, name string) float64 {
	t.Helper()
	families, err := h.shown.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("%s is not shown", name)
	return 0
}

// awaitLeft waits until so many chunks are left in the outbox.
func (h *house) awaitLeft(t *testing.T, chunks int64) {
	t.Helper()
	testkit.Eventually(t, func() bool {
		n, err := outbox.Waiting(t.Context(), h.store)
		require.NoError(t, err)
		return n == chunks
	}, fmt.Sprintf("%d chunks are left in the outbox", chunks))
}

// stream is what FACTS holds, from the first message to the last.
func (h *house) stream(t *testing.T) []*jetstream.RawStreamMsg {
	t.Helper()
	conn, err := nats.Connect(h.server.URL, nats.Token(h.server.Token))
	require.NoError(t, err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	stream, err := js.Stream(t.Context(), bus.Facts)
	require.NoError(t, err)
	info, err := stream.Info(t.Context())
	require.NoError(t, err)
	var list []*jetstream.RawStreamMsg
	for seq := uint64(1); seq <= info.State.LastSeq; seq++ {
		m, err := stream.GetMsg(t.Context(), seq)
		require.NoError(t, err)
		list = append(list, m)
	}
	return list
}

// requirePublished holds the stream against what was put, by partition: each message once, in order, with the header
// that names its chunk.
func (h *house) requirePublished(t *testing.T, put map[int][]outbox.Chunk) {
	t.Helper()
	want, got := map[int][]string{}, map[int][]string{}
	for partition, chunks := range put {
		for _, c := range chunks {
			for _, m := range c.Messages {
				want[partition] = append(want[partition], fmt.Sprintf("%s of chunk %d/%d", m.Data, partition, c.Number))
			}
		}
	}
	for _, m := range h.stream(t) {
		var partition int
		_, err := fmt.Sscanf(m.Subject, "facts.%d.", &partition)
		require.NoError(t, err, m.Subject)
		got[partition] = append(got[partition], fmt.Sprintf("%s of chunk %s", m.Data, m.Header.Get(bus.OutboxHeader)))
	}
	require.Equal(t, want, got)
}
