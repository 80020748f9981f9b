package bus_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestStreamsAreDurableAndRefuseWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	server, _ := house(t)
	for _, name := range []string{bus.Events, bus.Facts, bus.Dead} {
		stream, err := raw(t, server).Stream(t.Context(), name)
		require.NoError(t, err)
		cfg := stream.CachedInfo().Config
		require.Equal(t, jetstream.FileStorage, cfg.Storage)
		require.Equal(t, jetstream.DiscardNew, cfg.Discard)
		require.Equal(t, jetstream.LimitsPolicy, cfg.Retention)
		require.True(t, cfg.AllowAtomicPublish)
		require.Positive(t, cfg.MaxBytes)
		require.Zero(t, cfg.MaxAge)
		require.EqualValues(t, mebibyte, cfg.MaxMsgSize)
		require.Equal(t, 2*time.Minute, cfg.Duplicates)
	}
}

func TestEnsureStreamsMayBeRepeatedAndRaced(t *testing.T) {
	t.Parallel()
	server := testkit.NATS(t)
	b := connect(t, server)
	var all errgroup.Group
	for range 4 {
		all.Go(func() error { return b.EnsureStreams(t.Context(), layout()) })
	}
	require.NoError(t, all.Wait())
	publish(t, b, orders("kept", 3))
	larger := layout()
	larger.MaxBytesEvents *= 2
	require.NoError(t, b.EnsureStreams(t.Context(), larger))
	stream, err := raw(t, server).Stream(t.Context(), bus.Events)
	require.NoError(t, err)
	require.Equal(t, larger.MaxBytesEvents, stream.CachedInfo().Config.MaxBytes)
	require.EqualValues(t, 3, stream.CachedInfo().State.Msgs)
}

func TestAnotherNumberOfPartitionsIsRefused(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	other := layout()
	other.Partitions = 8
	require.ErrorContains(t, b.EnsureStreams(t.Context(), other), "partitions is fixed")
}

func TestStreamWithoutLimitIsRefused(t *testing.T) {
	t.Parallel()
	b := connect(t, testkit.NATS(t))
	require.ErrorContains(t, b.EnsureStreams(t.Context(), bus.Layout{}), "a limit in bytes is needed")
}

func TestLastSequencesTellWhereEachPartitionEnds(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	last, err := b.LastSequences(t.Context(), bus.Events, bus.Partitions)
	require.NoError(t, err)
	require.Equal(t, make([]uint64, bus.Partitions), last)

	want := make([]uint64, bus.Partitions)
	for i, account := range []string{"a", "b", "c", "a", "d"} {
		seq, err := b.Publish(t.Context(), bus.Outgoing{Subject: bus.OrderSubject("p", "s", "paid", account)})
		require.NoError(t, err)
		require.EqualValues(t, i+1, seq)
		want[bus.Partition("p", account, bus.Partitions)] = seq
	}
	last, err = b.LastSequences(t.Context(), bus.Events, bus.Partitions)
	require.NoError(t, err)
	require.Equal(t, want, last)
}

func TestNextAndEndTellWhatStandsBehindASequence(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	end, err := b.End(t.Context(), bus.Events)
	require.NoError(t, err)
	require.Zero(t, end)
	_, err = b.End(t.Context(), "NONE")
	require.ErrorContains(t, err, "there is none")
	for _, account := range []string{"a", "b", "a"} {
		_, err := b.Publish(t.Context(), bus.Outgoing{Subject: bus.OrderSubject("p", "s", "paid", account)})
		require.NoError(t, err)
	}
	end, err = b.End(t.Context(), bus.Events)
	require.NoError(t, err)
	require.EqualValues(t, 3, end)
	a := bus.Partition("p", "a", bus.Partitions)
	require.NotEqual(t, a, bus.Partition("p", "b", bus.Partitions))
	for behind, want := range []uint64{1, 3, 3, 0, 0} {
		next, err := b.Next(t.Context(), bus.Events, a, uint64(behind))
		require.NoError(t, err)
		require.Equal(t, want, next, "behind %d", behind)
	}
}

func TestLastReturnsTheNewestBodyOfASubject(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	subject := bus.ControlSubject("p", "laurel", "revision", "_all-1")
	_, found, err := b.Last(t.Context(), bus.Events, subject)
	require.NoError(t, err)
	require.False(t, found)
	for _, body := range []string{"old", "new"} {
		_, err = b.Publish(t.Context(), bus.Outgoing{Subject: subject, Data: []byte(body)})
		require.NoError(t, err)
	}
	body, found, err := b.Last(t.Context(), bus.Events, subject)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "new", string(body))
	require.Regexp(t, `^2\.\d+\.\d+`, b.ServerVersion())
}

func TestLastOutboxFindsTheLastChunkOfASubject(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	for _, c := range []struct{ stream, subject string }{
		{bus.Events, bus.ControlSubject("p", "accrual", "clock", "a.b")},
		{bus.Facts, bus.FactSubject("p", "accrual", "earned", "a")},
		{bus.Dead, bus.DeadSubject("p", "shop", "paid", "a")},
	} {
		t.Run(c.stream, func(t *testing.T) {
			_, _, found, err := b.LastOutbox(t.Context(), c.stream, c.subject)
			require.NoError(t, err)
			require.False(t, found, "nothing there")

			_, err = b.Publish(t.Context(), bus.Outgoing{Subject: c.subject})
			require.NoError(t, err)
			_, _, found, err = b.LastOutbox(t.Context(), c.stream, c.subject)
			require.NoError(t, err)
			require.False(t, found, "the message came from no outbox")

			for number := range uint64(3) {
				_, err = b.Publish(t.Context(), bus.Outgoing{
					Subject: c.subject, Header: map[string][]string{bus.OutboxHeader: {bus.OutboxValue(7, 40+number)}},
				})
				require.NoError(t, err)
			}
			partition, number, found, err := b.LastOutbox(t.Context(), c.stream, c.subject)
			require.NoError(t, err)
			require.True(t, found)
			require.Equal(t, 7, partition)
			require.EqualValues(t, 42, number)
		})
	}
}

func TestBrokenOutboxHeaderIsAnError(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	for i, value := range []string{"x/1", "1/x", "1/-2"} {
		subject := bus.FactSubject("p", "accrual", "earned", string(rune('a'+i)))
		header := map[string][]string{bus.OutboxHeader: {value}}
		_, err := b.Publish(t.Context(), bus.Outgoing{Subject: subject, Header: header})
		require.NoError(t, err)
		_, _, _, err = b.LastOutbox(t.Context(), bus.Facts, subject)
		require.ErrorContains(t, err, value)
	}
}
