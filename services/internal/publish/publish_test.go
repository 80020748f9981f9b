package publish_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	ordersv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/orders/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const mebibyte = 1 << 20

// house returns a nats-server of the test's own with streams, and a connection to it.
func house(t *testing.T) (*testkit.NATSServer, *bus.Bus) {
	t.Helper()
	server := testkit.NATS(t)
	b, err := bus.Connect(t.Context(), bus.Config{URL: server.URL, Token: server.Token}, testkit.Logger(t))
	require.NoError(t, err)
	t.Cleanup(b.Close)
	require.NoError(t, b.EnsureStreams(t.Context(), bus.Layout{
		MaxBytesEvents: 64 * mebibyte, MaxBytesFacts: 16 * mebibyte, MaxBytesDead: 16 * mebibyte,
	}))
	return server, b
}

// stream is what EVENTS holds, from the first message to the last.
func stream(t *testing.T, server *testkit.NATSServer) []*jetstream.RawStreamMsg {
	t.Helper()
	conn, err := nats.Connect(server.URL, nats.Token(server.Token))
	require.NoError(t, err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	events, err := js.Stream(t.Context(), bus.Events)
	require.NoError(t, err)
	info, err := events.Info(t.Context())
	require.NoError(t, err)
	var list []*jetstream.RawStreamMsg
	for seq := uint64(1); seq <= info.State.LastSeq; seq++ {
		m, err := events.GetMsg(t.Context(), seq)
		require.NoError(t, err)
		list = append(list, m)
	}
	return list
}

func bodies(t *testing.T, server *testkit.NATSServer) []string {
	t.Helper()
	var all []string
	for _, m := range stream(t, server) {
		all = append(all, string(m.Data))
	}
	return all
}

// group is order n of Anna's.
func group(n int) orderfile.Group {
	ref := orders.Ref{Merchant: "shop", Order: fmt.Sprint("o", n)}
	return orderfile.Group{
		Account: "anna", Merchant: "shop", Ref: ref, ID: "shop/" + ref.Order + "/paid",
		Event: orders.Event{
			Kind: orders.Paid, Currency: "USD", OccurredAt: time.Date(1997, 1, 1, 12, 0, 0, 0, time.UTC),
			Lines: []orders.Line{{SKU: "cd", Quantity: 1, Amount: 1177}},
		},
	}
}

// messages are the orders of the numbers.
func messages(t *testing.T, numbers ...int) []bus.Outgoing {
	t.Helper()
	var batch []bus.Outgoing
	for _, n := range numbers {
		m, err := publish.Order("cdnow", "//test", group(n))
		require.NoError(t, err)
		batch = append(batch, m)
	}
	return batch
}

func TestABatchIsStoredOnceWhateverTheBusKnowsOfIt(t *testing.T) {
	for _, c := range []struct {
		name   string
		known  []int
		batch  []int
		stored []int
	}{
		{name: "nothing to publish"},
		{name: "none is known", batch: []int{1, 2, 3}, stored: []int{1, 2, 3}},
		{name: "the first is known", known: []int{1}, batch: []int{1, 2, 3}, stored: []int{1, 2, 3}},
		{name: "the last is known", known: []int{3}, batch: []int{1, 2, 3}, stored: []int{3, 1, 2}},
		{name: "one between is known", known: []int{2}, batch: []int{1, 2, 3}, stored: []int{2, 1, 3}},
		{name: "all are known", known: []int{1, 2, 3}, batch: []int{1, 2, 3}, stored: []int{1, 2, 3}},
		{name: "all are known, of other batches", known: []int{3, 1, 2}, batch: []int{1, 2, 3}, stored: []int{3, 1, 2}},
		{name: "one comes twice in the batch", batch: []int{1, 2, 1}, stored: []int{1, 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server, b := house(t)
			for _, m := range messages(t, c.known...) {
				require.NoError(t, publish.All(t.Context(), b, []bus.Outgoing{m}))
			}
			for _, fresh := range []int{len(c.stored) - len(c.known), 0} { // and again
				end, err := b.End(t.Context(), bus.Events)
				require.NoError(t, err)
				stored, err := publish.Behind(t.Context(), b, messages(t, c.batch...), end)
				require.NoError(t, err)
				require.Equal(t, fresh, stored)
			}
			var want []string
			for _, m := range messages(t, c.stored...) {
				want = append(want, string(m.Data))
			}
			require.Equal(t, want, bodies(t, server))
		})
	}
}

func TestAServerThatIsAwayIsWaitedFor(t *testing.T) {
	for _, c := range []struct {
		name  string
		known []int // before it went away
	}{
		{name: "none is known"},
		{name: "one is known", known: []int{2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server, b := house(t)
			require.NoError(t, publish.All(t.Context(), b, messages(t, c.known...)))
			server.Kill(t)
			testkit.Eventually(t, func() bool { return !b.Connected() }, "the bus is away")
			batch, done := messages(t, 1, 2, 3), make(chan error, 1)
			go func() { done <- publish.All(t.Context(), b, batch) }()
			server.Restart(t)
			require.NoError(t, <-done)
			require.Len(t, bodies(t, server), 3)
		})
	}
}

func TestTheEndOfTheContextEndsTheWait(t *testing.T) {
	t.Parallel()
	server, b := house(t)
	server.Kill(t)
	testkit.Eventually(t, func() bool { return !b.Connected() }, "the bus is away")
	ctx, cancel := context.WithTimeout(t.Context(), 120*time.Millisecond)
	defer cancel()
	err := publish.All(ctx, b, messages(t, 1, 2))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	server.Restart(t)
	testkit.Eventually(t, b.Connected, "the bus is back")
	require.Empty(t, bodies(t, server))
}

func TestWhatTheBusNeverTakesIsNotTriedForEver(t *testing.T) {
	t.Parallel()
	server, b := house(t)
	batch := messages(t, 1, 2)
	batch[1].Data = make([]byte, 2*mebibyte)
	require.ErrorContains(t, publish.All(t.Context(), b, batch), "message 2 of 2")
	require.Empty(t, bodies(t, server), "all or nothing")
}

func TestAnOrderIsTheSameMessageEachTime(t *testing.T) {
	first := messages(t, 1)[0]
	require.Equal(t, first, messages(t, 1)[0])
	require.Equal(t, "orders.cdnow.shop.paid.anna", first.Subject)
	event, err := cloudevent.Parse(first.Header, first.Data)
	require.NoError(t, err)
	require.Equal(t, cloudevent.Event{
		ID: "shop/o1/paid", Source: "//test", Type: "laurel.orders.v1.OrderPaid", ContentType: cloudevent.ContentTypeProtobuf,
		Time: group(1).Event.OccurredAt, Data: first.Data,
	}, event)
	var body ordersv1.OrderPaid
	require.NoError(t, proto.Unmarshal(first.Data, &body))
	require.Empty(t, cmp.Diff(&ordersv1.OrderPaid{
		OrderId: "o1", Merchant: "shop", Account: "anna", OccurredAt: timestamppb.New(group(1).Event.OccurredAt), Currency: "USD",
		Lines: []*ordersv1.Line{{Sku: "cd", Quantity: 1, AmountMinor: 1177}},
	}, &body, protocmp.Transform()))

	dearer := group(1)
	dearer.Event.Lines = []orders.Line{{SKU: "cd", Quantity: 1, Amount: 1178}}
	for name, other := range map[string]struct {
		source string
		group  orderfile.Group
	}{
		"another source": {"//other", group(1)}, "another order": {"//test", group(2)}, "another amount": {"//test", dearer},
	} {
		m, err := publish.Order("cdnow", other.source, other.group)
		require.NoError(t, err)
		require.NotEqual(t, first.ID, m.ID, name)
	}
}

func TestAControlEventReachesEachPartitionOnce(t *testing.T) {
	t.Parallel()
	server, b := house(t)
	event := publish.ControlEvent{
		Program: "cdnow", Source: "laurel", Kind: "programme", ID: "cdnow/1", Body: &ordersv1.OrderCancelled{OrderId: "o1"},
	}
	batch, err := publish.Control(event, bus.Partitions)
	require.NoError(t, err)
	require.NoError(t, publish.All(t.Context(), b, batch))
	seen, ids := map[int]int{}, map[string]bool{}
	for _, m := range stream(t, server) {
		var partition int
		_, err := fmt.Sscanf(m.Subject, "events.%d.control.cdnow.laurel.programme.", &partition)
		require.NoError(t, err, m.Subject)
		seen[partition]++
		e, err := cloudevent.Parse(m.Header, m.Data)
		require.NoError(t, err)
		require.Equal(t, "laurel.orders.v1.OrderCancelled", e.Type)
		ids[e.ID] = true
	}
	require.Len(t, seen, bus.Partitions)
	require.Len(t, ids, bus.Partitions, "each has an id of its own")
	for partition, n := range seen {
		require.Equal(t, 1, n, "partition %d", partition)
	}
	again, err := publish.Control(event, bus.Partitions)
	require.NoError(t, err)
	require.Equal(t, batch, again, "the same event is the same messages")
}
