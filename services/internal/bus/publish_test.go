package bus_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestPublishedTwiceIsStoredOnce(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	out := orders("a", 1)[0]
	first, err := b.Publish(t.Context(), out)
	require.NoError(t, err)
	second, err := b.Publish(t.Context(), out)
	require.NoError(t, err)
	require.Equal(t, first, second)
}

func TestEventIDTellsBodiesAndSourcesApart(t *testing.T) {
	ids := map[string]bool{}
	for _, e := range []struct{ source, id, body string }{
		{"shop", "1", "{}"}, {"shop", "1", "{ }"}, {"shop", "2", "{}"}, {"shop1", "", "{}"}, {"", "shop1", "{}"},
		{"shop", "1{", "}"},
	} {
		id := bus.EventID(e.source, e.id, []byte(e.body))
		require.Equal(t, id, bus.EventID(e.source, e.id, []byte(e.body)))
		ids[id] = true
	}
	require.Len(t, ids, 6)
}

func TestBatchIsStoredInOrderAndWhole(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	require.NoError(t, b.PublishBatch(t.Context(), nil), "an empty batch is done")
	one := publish(t, b, orders("one", 1))
	most := publish(t, b, orders("most", bus.BatchMessagesMax))
	require.Equal(t, ids(one, most), readAll(t, b, 1+len(most)).ids())
}

// TestBatchWithKnownIDs documents what nats-server 2.15.2 answers: one known id is enough to refuse the whole batch,
// and nothing of it is stored.
func TestBatchWithKnownIDs(t *testing.T) {
	known, fresh := orders("known", 4), orders("fresh", 4)
	for _, c := range []struct {
		name  string
		batch []bus.Outgoing
	}{
		{"the same batch again", known},
		{"the first message is known", append(known[:1:1], fresh...)},
		{"the last message is known", append(fresh[:4:4], known[3])},
		{"one id twice in the batch", append(fresh[:4:4], fresh[0])},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, b := house(t)
			publish(t, b, known)
			require.ErrorIs(t, b.PublishBatch(t.Context(), c.batch), bus.ErrStored)
			end := publish(t, b, orders("end", 1))
			require.Equal(t, ids(known, end), readAll(t, b, 5).ids(), "nothing of the batch is stored")
			for _, out := range c.batch { // the way out for who cuts batches in other ways
				_, err := b.Publish(t.Context(), out)
				require.NoError(t, err)
			}
		})
	}
}

func TestIDsAreKnownAfterARestart(t *testing.T) {
	t.Parallel()
	server, b := house(t)
	batch := publish(t, b, orders("a", 10))
	server.Restart(t)
	var err error
	testkit.Eventually(t, func() bool {
		err = b.PublishBatch(t.Context(), batch)
		return !errors.Is(err, bus.ErrRetry)
	}, "an answer")
	require.ErrorIs(t, err, bus.ErrStored)
}

func TestFullStreamTellsThePublisher(t *testing.T) {
	t.Parallel()
	server := testkit.NATS(t)
	b := connect(t, server)
	small := layout()
	small.MaxBytesEvents = 64 << 10
	require.NoError(t, b.EnsureStreams(t.Context(), small))
	big := orders("big", 70)
	for i := range big {
		big[i].Data = make([]byte, 1<<10)
	}
	stored := publish(t, b, big[:40])
	require.ErrorIs(t, b.PublishBatch(t.Context(), big[40:]), bus.ErrFull, "as a batch")
	for _, out := range big[40:] {
		_, err := b.Publish(t.Context(), out)
		if err != nil {
			require.ErrorIs(t, err, bus.ErrFull, "one by one")
			break
		}
		stored = append(stored, out)
	}
	require.Less(t, len(stored), len(big))
	require.NoError(t, b.EnsureStreams(t.Context(), layout()), "room is made")
	stored = append(stored, publish(t, b, orders("later", 1))...)
	require.Equal(t, ids(stored), readAll(t, b, len(stored)).ids(), "nothing is dropped for what is new")
}

func TestTooLargeIsRefusedBeforeItIsSent(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	for _, c := range []struct {
		name string
		out  bus.Outgoing
	}{
		{"data", bus.Outgoing{Subject: bus.OrderSubject("p", "s", "paid", "a"), Data: make([]byte, mebibyte)}},
		{"headers", bus.Outgoing{
			Subject: bus.OrderSubject("p", "s", "paid", "a"),
			Header:  map[string][]string{"x": {strings.Repeat("x", 64<<10)}},
		}},
		{"subject", bus.Outgoing{Subject: bus.OrderSubject("p", "s", "paid", strings.Repeat("a", 4<<10))}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := b.Publish(t.Context(), c.out)
			require.ErrorIs(t, err, reason.TooLarge)
			require.ErrorIs(t, b.PublishBatch(t.Context(), []bus.Outgoing{orders("n", 1)[0], c.out}), reason.TooLarge)
		})
	}
	require.ErrorIs(t, b.PublishBatch(t.Context(), orders("many", bus.BatchMessagesMax+1)), reason.TooLarge)
	publish(t, b, orders("still", 2))
	readAll(t, b, 2)
}

func TestLargestMessagePasses(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	big := orders("big", 3)
	for i := range big {
		big[i].Data = make([]byte, mebibyte-512)
	}
	long := orders("long", 1)[0]
	long.Header = map[string][]string{"x": {strings.Repeat("x", 59<<10)}}
	big = append(big, long)
	publish(t, b, big)
	require.Equal(t, ids(big), readAll(t, b, len(big)).ids())
}

func TestOwnHeadersStayWithTheirOwner(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	out := orders("a", 1)[0]
	out.Header = map[string][]string{"ce-id": {"1"}}
	require.NoError(t, b.PublishBatch(t.Context(), []bus.Outgoing{out}))
	require.Equal(t, map[string][]string{"ce-id": {"1"}}, map[string][]string(out.Header))
	require.Equal(t, []string{"1"}, readAll(t, b, 1).applied[0].Header["ce-id"])
}

func TestWithoutAServerOrStreamTheAnswerIsTryAgain(t *testing.T) {
	t.Parallel()
	server := testkit.NATS(t)
	b := connect(t, server)
	_, err := b.Publish(t.Context(), orders("a", 1)[0])
	require.ErrorIs(t, err, bus.ErrRetry, "no stream, one message")
	require.ErrorIs(t, b.PublishBatch(t.Context(), orders("a", 2)), bus.ErrRetry, "no stream, a batch")
	server.Kill(t)
	_, err = b.Publish(t.Context(), orders("a", 1)[0])
	require.ErrorIs(t, err, bus.ErrRetry, "no server, one message")
	require.ErrorIs(t, b.PublishBatch(t.Context(), orders("a", 2)), bus.ErrRetry, "no server, a batch")
}

func TestConnectWaitsForTheServer(t *testing.T) {
	t.Parallel()
	server := testkit.NATS(t)
	server.Kill(t)
	connected := make(chan error, 1)
	go func() {
		b, err := bus.Connect(t.Context(), config(server), testkit.Logger(t))
		if err == nil {
			b.Close()
		}
		connected <- err
	}()
	server.Restart(t)
	require.NoError(t, <-connected)
}

func TestConnectTellsWhyItGaveUp(t *testing.T) {
	t.Parallel()
	server := testkit.NATS(t)
	wrong := config(server)
	wrong.Token = "wrong"
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, err := bus.Connect(ctx, wrong, testkit.Logger(t))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorIs(t, err, nats.ErrAuthorization)
}

// TestWhatIsPublishedInASpanCarriesItsTrace: unless it has one of its own.
func TestWhatIsPublishedInASpanCarriesItsTrace(t *testing.T) {
	t.Parallel()
	server, b := house(t)
	ctx, span := telemetry.NewTracingTo(tracetest.NewInMemoryExporter()).Start(t.Context(), "publish")
	defer span.End()
	want := telemetry.TraceOf(ctx)
	require.NotEmpty(t, want.Parent)
	other := telemetry.TraceOf(trace.ContextWithSpanContext(t.Context(), span.SpanContext().WithSpanID(trace.SpanID{7})))
	out := orders("traced", 3)
	out[1].Header = nats.Header{cloudevent.HeaderTraceParent: {other.Parent}}
	require.NoError(t, b.PublishBatch(ctx, out[:2]))
	_, err := b.Publish(t.Context(), out[2])
	require.NoError(t, err)
	require.Empty(t, out[0].Header[cloudevent.HeaderTraceParent], "what the caller has stays as it is")

	stream, err := raw(t, server).Stream(t.Context(), bus.Events)
	require.NoError(t, err)
	for i, want := range []string{want.Parent, other.Parent, ""} {
		m, err := stream.GetMsg(t.Context(), uint64(i+1))
		require.NoError(t, err)
		require.Equal(t, want, m.Header.Get(cloudevent.HeaderTraceParent), "message %d", i+1)
	}
}
