package bus_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// TestClosedEventsTakeNothingAndKeepWhatTheyHave closes EVENTS under messages that are far larger than its new limit.
func TestClosedEventsTakeNothingAndKeepWhatTheyHave(t *testing.T) {
	t.Parallel()
	server, b := house(t)
	before := publish(t, b, orders("before", 300))
	for range 2 {
		require.NoError(t, b.CloseEvents(t.Context()))
	}
	refused := orders("refused", 3)
	for _, when := range []string{"at once", "after a restart"} {
		err := b.PublishBatch(t.Context(), refused)
		require.ErrorIs(t, err, reason.DiskLow, "a batch, %s", when)
		require.ErrorIs(t, err, bus.ErrFull, "a batch, %s", when)
		_, err = b.Publish(t.Context(), refused[0])
		require.ErrorIs(t, err, reason.DiskLow, "one message, %s", when)
		require.Equal(t, ids(before), readAll(t, b, len(before)).ids(), when)
		_, err = b.Publish(t.Context(), bus.Outgoing{Subject: bus.FactSubject("p", "accrual", "earned", "a"), ID: when})
		require.NoError(t, err, "facts go on, %s", when)
		server.Restart(t)
		b = connect(t, server)
	}

	require.NoError(t, b.OpenEvents(t.Context(), layout().MaxBytesEvents))
	after := publish(t, b, refused)
	require.NoError(t, b.CloseEvents(t.Context()))
	require.NoError(t, b.EnsureStreams(t.Context(), layout()), "a house that starts opens it")
	after = append(after, publish(t, b, orders("later", 1))...)
	require.Equal(t, ids(before, after), readAll(t, b, len(before)+len(after)).ids())
}

func TestEventsThatAreNotThereCannotBeClosed(t *testing.T) {
	t.Parallel()
	b := connect(t, testkit.NATS(t))
	require.ErrorContains(t, b.CloseEvents(t.Context()), "look up stream EVENTS")
}
