package bus_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
)

// TestWhatWasTakenOutIsGoneAndTold: control events stay, sequences stay, who has marks reads on without a word of loss, and
// who has none does not take the rest for the whole.
func TestWhatWasTakenOutIsGoneAndTold(t *testing.T) {
	t.Parallel()
	server, b := house(t)
	publish(t, b, orders("a", 100))
	_, err := b.Publish(t.Context(), bus.Outgoing{Subject: bus.ControlSubject("tea", "laurel", "opened", "x"), ID: "opened", Data: []byte("x")})
	require.NoError(t, err)
	publish(t, b, orders("b", 100))
	k := readAll(t, b, 201)
	publish(t, b, orders("c", 50))
	for range 2 {
		require.NoError(t, b.TakeOut(t.Context(), bus.Events, 150))
	}
	require.NoError(t, b.TakeOut(t.Context(), bus.Events, 20), "it was taken out already")
	require.NoError(t, b.EnsureStreams(t.Context(), layout()))
	server.Restart(t)
	c := connect(t, server)
	upTo, err := c.Archived(t.Context(), bus.Events)
	require.NoError(t, err)
	require.EqualValues(t, 150, upTo)
	_, left := copyOf(t, c, bus.Events)
	require.Len(t, left, 102)
	require.True(t, left[0].IsControl())
	require.EqualValues(t, 101, left[0].Sequence)
	require.EqualValues(t, 151, left[1].Sequence)

	log := &logbook{}
	cfg := k.config()
	cfg.Logger = log.logger()
	stop := start(t, c.NewReader(cfg))
	k.awaitCount(t, 251)
	require.NoError(t, stop())
	require.ErrorContains(t, c.Read(t.Context(), newKeeper().config()), "what stood up to sequence 150 is in an archive")
	rest := newKeeper()
	cfg = rest.config()
	cfg.Rest, cfg.Logger = true, log.logger()
	stop = start(t, c.NewReader(cfg))
	rest.awaitCount(t, 102)
	require.NoError(t, stop())
	require.NotContains(t, log.String(), "lost messages")
}
