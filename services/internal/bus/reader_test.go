package bus_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestMessageIsDeliveredAsPublished(t *testing.T) {
	t.Parallel()
	server, b := house(t)
	seq, err := b.Publish(t.Context(), bus.Outgoing{
		Subject: bus.OrderSubject("cdnow", "shop.uk", "paid", "a b"), ID: "id-1", Data: []byte("{}"),
		Header: map[string][]string{"ce-id": {"1"}},
	})
	require.NoError(t, err)
	k := readAll(t, b, 1)
	m := k.applied[0]
	stream, err := raw(t, server).Stream(t.Context(), bus.Events)
	require.NoError(t, err)
	stored, err := stream.GetMsg(t.Context(), seq)
	require.NoError(t, err)
	require.EqualExportedValues(t, bus.Message{
		Partition: bus.Partition("cdnow", "a b", bus.Partitions), Class: bus.ClassOrders, Program: "cdnow",
		Merchant: "shop.uk", Kind: "paid", Account: "a b", Subject: "orders.cdnow.~c2hvcC51aw.paid.~YSBi",
		Header: m.Header, Data: []byte("{}"), Sequence: 1, Time: stored.Time.UTC().Truncate(time.Millisecond),
		ID: "id-1", Created: stream.CachedInfo().Created.UTC().Truncate(time.Millisecond),
	}, m)
	require.Equal(t, "1", m.Header.Get("ce-id"))
	require.Equal(t, bus.Mark{Epoch: 3, Sequence: 1, Time: m.Time, ID: "id-1", Created: m.Created}, m.Mark(3))
}

func TestReaderTakesItsPartitionsOnlyAndInOrder(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	all := publish(t, b, orders("a", 500))
	for _, mine := range [][]int{{3}, {3, 7}, {0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}} {
		var want []string
		for _, out := range all {
			if slices.Contains(mine, bus.Partition("cdnow", out.ID, bus.Partitions)) {
				want = append(want, out.ID)
			}
		}
		k := newKeeper()
		cfg := k.config()
		cfg.Partitions = mine
		start(t, b.NewReader(cfg))
		k.awaitCount(t, len(want))
		require.Equal(t, want, k.ids())
	}
}

func TestReaderOfNoPartitionIsRefused(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	require.ErrorContains(t, b.Read(t.Context(), bus.ReadConfig{}), "no partition")
}

// TestQuietPartitionDoesNotBringTheOthersBack has one partition without any message and one whose last is old.
func TestQuietPartitionDoesNotBringTheOthersBack(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	const busy, quiet = "a", "b"
	of := func(account string) bus.Outgoing {
		return bus.Outgoing{Subject: bus.OrderSubject("p", "shop", "paid", account)}
	}
	require.NotEqual(t, bus.Partition("p", busy, bus.Partitions), bus.Partition("p", quiet, bus.Partitions))
	publish(t, b, []bus.Outgoing{of(quiet)})
	for range 10 {
		publish(t, b, []bus.Outgoing{of(busy), of(busy)})
	}
	k := readAll(t, b, 21)
	for range 3 {
		r := b.NewReader(k.config())
		stop := start(t, r)
		testkit.Eventually(t, r.Healthy, "begun, before there is anything new")
		want := k.count() + 2
		publish(t, b, []bus.Outgoing{of(quiet), of(busy)})
		k.awaitCount(t, want)
		require.NoError(t, stop())
	}
	require.Zero(t, k.repeats)
}

func TestReaderBeginsBehindTheLowestMark(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	all := publish(t, b, orders("a", 100))
	first := readAll(t, b, 100)

	k := newKeeper() // has applied everything but what is above sequence 40 in partition 5
	maps.Copy(k.marks, first.marks)
	var want []string
	delete(k.marks, 5)
	for _, m := range first.applied {
		switch {
		case m.Partition != 5:
		case m.Sequence <= 40:
			k.marks[5] = m.Mark(0)
		default:
			want = append(want, m.ID)
		}
	}
	lowest := k.marks[5].Sequence
	require.NotZero(t, lowest)
	stop := start(t, b.NewReader(k.config()))
	more := publish(t, b, orders("more", 10))
	k.awaitCount(t, len(want)+len(more))
	require.NoError(t, stop())
	require.Equal(t, append(want, ids(more)...), k.ids())
	require.Equal(t, k.marks[5].Created, first.marks[5].Created)
	require.LessOrEqual(t, k.repeats, len(all)-int(lowest))
	require.Positive(t, k.repeats, "others' messages above the lowest mark come again, below their own marks")
}

func TestReaderWaitsForStreamsAndForNewMessages(t *testing.T) {
	t.Parallel()
	b := connect(t, testkit.NATS(t))
	k := newKeeper()
	r := b.NewReader(k.config())
	require.False(t, r.Healthy(), "not yet running")
	start(t, r)
	testkit.Eventually(t, func() bool { return k.incarnations() > 1 }, "tried without streams")
	require.NoError(t, b.EnsureStreams(t.Context(), layout()))
	testkit.Eventually(t, r.Healthy, "healthy with nothing to read")
	var want []string
	for n := range 5 {
		want = append(want, ids(publish(t, b, orders(fmt.Sprint(n), 7)))...)
		k.awaitCount(t, len(want))
	}
	require.Equal(t, want, k.ids())
	testkit.Eventually(t, func() bool { return r.Lag() == 0 }, "no lag")
}

func TestReaderReadsFacts(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	_, err := b.Publish(t.Context(), bus.Outgoing{Subject: bus.FactSubject("p", "accrual", "earned", "a"), ID: "f"})
	require.NoError(t, err)
	publish(t, b, orders("other stream", 1))
	k := newKeeper()
	cfg := k.config()
	cfg.Stream = bus.Facts
	start(t, b.NewReader(cfg))
	k.awaitCount(t, 1)
	require.Equal(t, []string{"f"}, k.ids())
	require.Equal(t, bus.ClassFacts, k.applied[0].Class)
	require.Equal(t, bus.Partition("p", "a", bus.Partitions), k.applied[0].Partition)
}

func TestRestartsOfTheServerSkipNothing(t *testing.T) {
	t.Parallel()
	const rounds, size = 12, 100
	server, b := house(t)
	k := newKeeper()
	r := b.NewReader(k.config())
	stop := start(t, r)
	var want []string
	for n := range rounds {
		if n%4 == 2 {
			server.Kill(t)
			testkit.Eventually(t, func() bool { return !r.Healthy() }, "unhealthy without a server")
			server.Restart(t)
		}
		batch := orders(fmt.Sprint(n), size)
		testkit.Eventually(t, func() bool {
			err := b.PublishBatch(t.Context(), batch)
			require.True(t, err == nil || errors.Is(err, bus.ErrRetry) || errors.Is(err, bus.ErrStored), "got %v", err)
			return !errors.Is(err, bus.ErrRetry)
		}, "batch published")
		want = append(want, ids(batch)...)
	}
	k.awaitCount(t, len(want))
	require.Equal(t, want, k.ids())
	testkit.Eventually(t, r.Healthy, "healthy again")
	require.NoError(t, stop())
	require.False(t, r.Healthy(), "no longer running")
}

func TestConsumerDeletedUnderTheReader(t *testing.T) {
	t.Parallel()
	server, b := house(t)
	js := raw(t, server)
	k := newKeeper()
	start(t, b.NewReader(k.config()))
	var want []string
	for n := range 4 {
		want = append(want, ids(publish(t, b, orders(fmt.Sprint(n), 50)))...)
		k.awaitCount(t, len(want))
		for _, name := range consumers(t, js) {
			_ = js.DeleteConsumer(t.Context(), bus.Events, name) // the reader may have been faster
		}
	}
	want = append(want, ids(publish(t, b, orders("last", 50)))...)
	k.awaitCount(t, len(want))
	require.Equal(t, want, k.ids())
	require.Greater(t, k.incarnations(), 1)
}

func consumers(t *testing.T, js jetstream.JetStream) []string {
	t.Helper()
	stream, err := js.Stream(t.Context(), bus.Events)
	require.NoError(t, err)
	list := stream.ConsumerNames(t.Context())
	var names []string
	for name := range list.Name() {
		names = append(names, name)
	}
	require.NoError(t, list.Err())
	return names
}

func TestReaderLeavesNoConsumersBehind(t *testing.T) {
	t.Parallel()
	server, b := house(t)
	js := raw(t, server)
	publish(t, b, orders("a", 10))
	for range 3 {
		readAll(t, b, 10)
	}
	testkit.Eventually(t, func() bool { return len(consumers(t, js)) == 0 }, "no consumers left")
}

func TestDeliverAsksToReadAgain(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	all := slices.Concat(publish(t, b, orders("a", 1000)), publish(t, b, orders("b", 1000)))
	k := newKeeper()
	cfg := k.config()
	refusals := 0
	cfg.Deliver = func(ctx context.Context, run []bus.Message) error {
		if refusals < 3 && run[len(run)-1].Sequence > 900 {
			refusals++
			return fmt.Errorf("fence lost: %w", bus.ErrReread)
		}
		return k.Deliver(ctx, run)
	}
	start(t, b.NewReader(cfg))
	k.awaitCount(t, len(all))
	require.Equal(t, ids(all), k.ids())
	require.Equal(t, 4, k.incarnations())
}

func TestOtherErrorOfDeliverEndsTheReader(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	publish(t, b, orders("a", 1))
	broken := errors.New("hash chain does not hold")
	cfg := newKeeper().config()
	cfg.Deliver = func(context.Context, []bus.Message) error { return broken }
	require.ErrorIs(t, b.Read(t.Context(), cfg), broken)
}

func TestMarksThatCannotBeReadAreAskedAgain(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	publish(t, b, orders("a", 5))
	k := newKeeper()
	cfg := k.config()
	tries := 0
	cfg.Marks = func(ctx context.Context) (map[int]bus.Mark, error) {
		if tries++; tries < 3 {
			return nil, errors.New("mongod is away")
		}
		return k.Marks(ctx)
	}
	start(t, b.NewReader(cfg))
	k.awaitCount(t, 5)
}

func TestReaderEndsWithItsContextWhileDeliverBlocks(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	publish(t, b, orders("a", 5))
	entered := make(chan struct{})
	cfg := newKeeper().config()
	cfg.Deliver = func(ctx context.Context, _ []bus.Message) error {
		close(entered)
		<-ctx.Done()
		return ctx.Err()
	}
	stop := start(t, b.NewReader(cfg))
	<-entered
	require.NoError(t, stop())
}

func TestSlowDeliverHoldsTheServerBack(t *testing.T) {
	t.Parallel()
	const size, each = 200, 100 << 10
	server, publisher := house(t)
	reader := connect(t, server) // a connection of its own, so that its bytes can be counted
	release := make(chan struct{})
	k := newKeeper()
	cfg := k.config()
	cfg.Deliver = func(ctx context.Context, run []bus.Message) error {
		<-release
		return k.Deliver(ctx, run)
	}
	r := reader.NewReader(cfg)
	start(t, r)
	testkit.Eventually(t, r.Healthy, "reading")
	var want []string
	for n := range 2 {
		batch := orders(fmt.Sprint(n), size)
		for i := range batch {
			batch[i].Data = make([]byte, each)
		}
		want = append(want, ids(publish(t, publisher, batch))...)
	}
	// One pull may be in delivery, a second one may fill behind it, and a little is said besides.
	const most = 2*bus.PullBytesMax + mebibyte
	testkit.Eventually(t, func() bool { return r.Lag() > 0 }, "a run is waiting in Deliver")
	require.LessOrEqual(t, reader.InBytes(), uint64(most), "of %d MiB published", len(want)*each/mebibyte)
	close(release)
	k.awaitCount(t, len(want))
	require.Equal(t, want, k.ids())
	require.Greater(t, reader.InBytes(), uint64(most))
}

func TestSilentServerIsNotHealthy(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	k := newKeeper()
	r := b.NewReader(k.config())
	r.SetSilence(time.Millisecond) // less than a heartbeat: to this reader every server is silent
	start(t, r)
	testkit.Eventually(t, func() bool { return k.incarnations() > 2 && !r.Healthy() }, "unhealthy, and trying again")
}
