package bus_test

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// copyOf is all that a stream holds.
func copyOf(t *testing.T, b *bus.Bus, stream string) (bus.Copied, []bus.Stored) {
	t.Helper()
	var what bus.Copied
	var all []bus.Stored
	require.NoError(t, b.CopyOut(t.Context(), stream, func(c bus.Copied) { what = c }, func(s bus.Stored) error {
		all = append(all, s)
		return nil
	}))
	return what, all
}

// each hands messages on one by one.
func each(all []bus.Stored) func() (bus.Stored, error) {
	return func() (bus.Stored, error) {
		if len(all) == 0 {
			return bus.Stored{}, io.EOF
		}
		first := all[0]
		all = all[1:]
		return first, nil
	}
}

// TestACopyOfAStreamIsTheStream: sequences, times, subjects, headers and bytes are the same on another server, also after
// it was killed, and messages that were deleted leave their sequences behind. The stream goes on where the first one ended,
// and knows nothing of what was cut off.
func TestACopyOfAStreamIsTheStream(t *testing.T) {
	t.Parallel()
	server, b := house(t)
	publish(t, b, orders("a", 500))
	publish(t, b, orders("b", 700))
	stream, err := raw(t, server).Stream(t.Context(), bus.Events)
	require.NoError(t, err)
	require.NoError(t, stream.DeleteMsg(t.Context(), 7))
	what, all := copyOf(t, b, bus.Events)
	require.Len(t, all, 1199)
	require.EqualValues(t, 1200, what.Last)

	what.Last, what.Messages = 1000, 999 // the end is cut off
	other := testkit.NATS(t)
	c := connect(t, other)
	created, err := c.CopyIn(t.Context(), what, each(all[:999]))
	require.NoError(t, err)
	other.Restart(t)
	c = connect(t, other)
	is, have := copyOf(t, c, bus.Events)
	require.Equal(t, all[:999], have)
	require.EqualValues(t, 1000, is.Last)
	require.Equal(t, what.Config.SubjectTransform, is.Config.SubjectTransform)
	require.Equal(t, created, is.Created, "a restart changes nothing")

	require.NoError(t, c.EnsureStreams(t.Context(), layout()))
	k := newKeeper()
	stop := start(t, c.NewReader(k.config()))
	k.awaitCount(t, 999)
	sequence, err := c.Publish(t.Context(), orders("b", 700)[600])
	require.NoError(t, err)
	require.EqualValues(t, 1001, sequence, "what was cut off may come again at once")
	k.awaitCount(t, 1000)
	require.NoError(t, stop())

	_, err = c.CopyIn(t.Context(), what, each(all[:999]))
	require.ErrorContains(t, err, "make stream EVENTS from its copy")
}

// TestAPartOfACopyTellsWhoseItIs: where the server dies in the midst, a part of the stream may stay. It names the mending that made it,
// until the streams of the house are ensured.
func TestAPartOfACopyTellsWhoseItIs(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	publish(t, b, orders("a", 900))
	what, all := copyOf(t, b, bus.Events)
	what.Mending = "m-1"
	other := testkit.NATS(t)
	c := connect(t, other)
	next, n := each(all), 0
	_, err := c.CopyIn(t.Context(), what, func() (bus.Stored, error) {
		if n++; n == 600 {
			other.Restart(t)
			return bus.Stored{}, io.ErrUnexpectedEOF
		}
		return next()
	})
	require.ErrorContains(t, err, "make stream EVENTS from its copy")
	c = connect(t, other)
	part, err := c.State(t.Context(), bus.Events)
	require.NoError(t, err)
	require.Equal(t, "m-1", part.Mending)
	require.Less(t, part.Messages, what.Messages)
	require.NoError(t, c.Remove(t.Context(), bus.Events))
	_, err = c.CopyIn(t.Context(), what, each(all))
	require.NoError(t, err)
	is, err := c.State(t.Context(), bus.Events)
	require.NoError(t, err)
	require.Equal(t, "m-1", is.Mending)
	require.EqualValues(t, 900, is.Messages)
	require.NoError(t, c.EnsureStreams(t.Context(), layout()))
	is, err = c.State(t.Context(), bus.Events)
	require.NoError(t, err)
	require.Empty(t, is.Mending)
}

// TestACopyEndsWhenItsReaderHasEnough, and a stream that is not there is an error.
func TestACopyEndsWhenItsReaderHasEnough(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	publish(t, b, orders("a", 900))
	n := 0
	require.NoError(t, b.CopyOut(t.Context(), bus.Events, func(bus.Copied) {}, func(bus.Stored) error {
		n++
		if n == 10 {
			return bus.ErrEnough
		}
		return nil
	}))
	require.Equal(t, 10, n)
	require.ErrorContains(t, b.CopyOut(t.Context(), "NOWHERE", func(bus.Copied) {}, nil), "copy stream NOWHERE")
}

// TestAStoredMessageTellsWhoseOutboxItCameFrom, whatever stream it is in.
func TestAStoredMessageTellsWhoseOutboxItCameFrom(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	header := map[string][]string{bus.OutboxHeader: {bus.OutboxValue(3, 17)}}
	for stream, c := range map[string]struct{ subject, service string }{
		bus.Events: {bus.ControlSubject("tea", "member", "enrolled", "ann"), "member"},
		bus.Facts:  {bus.FactSubject("tea", "tier", "changed", "ann"), "tier"},
		bus.Dead:   {bus.DeadSubject("tea", "shop", "paid", "ann"), "accrual"},
	} {
		for _, h := range []map[string][]string{header, nil} {
			_, err := b.Publish(t.Context(), bus.Outgoing{Subject: c.subject, Header: h, Data: []byte("x")})
			require.NoError(t, err)
		}
		_, all := copyOf(t, b, stream)
		require.Len(t, all, 2)
		chunk, found, err := all[0].Outbox()
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, bus.Chunk{Service: c.service, Partition: 3, Number: 17}, chunk)
		_, found, err = all[1].Outbox()
		require.NoError(t, err)
		require.False(t, found)
	}
	_, err := b.Publish(t.Context(), bus.Outgoing{Subject: bus.OrderSubject("tea", "shop", "paid", "ann"), Data: []byte("x"), Header: header})
	require.NoError(t, err)
	_, all := copyOf(t, b, bus.Events)
	_, found, err := all[2].Outbox()
	require.NoError(t, err)
	require.False(t, found, "a shop may write any header")
	_, err = b.Publish(t.Context(), bus.Outgoing{
		Subject: bus.FactSubject("tea", "tier", "changed", "ann"), Data: []byte("x"), Header: map[string][]string{bus.OutboxHeader: {"x/y"}},
	})
	require.NoError(t, err)
	_, all = copyOf(t, b, bus.Facts)
	_, _, err = all[2].Outbox()
	require.Error(t, err)
}

// TestWhatAReaderGetsIsWhatTheStreamHolds, to the nanosecond and the byte, but for the order of headers.
func TestWhatAReaderGetsIsWhatTheStreamHolds(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	publish(t, b, orders("a", 300))
	k := newKeeper()
	stop := start(t, b.NewReader(k.config()))
	k.awaitCount(t, 300)
	require.NoError(t, stop())
	_, all := copyOf(t, b, bus.Events)
	for i, m := range k.applied {
		got, want := m.Stored(), all[i]
		require.Equal(t, want.Decoded(), got.Decoded())
		want.Header, got.Header = nil, nil
		require.Equal(t, want, got)
	}
}
