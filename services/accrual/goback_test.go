package accrual_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// TestTheBusThatWentBackIsNotReadOn: the stream was made anew and has grown past the marks with other events. Nothing of
// it is applied, now or after a restart, and the service says so.
func TestTheBusThatWentBackIsNotReadOn(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	s := h.run(size{})
	h.publish(paid("ann", "o1", moment("2026-01-10"), 4000))
	s.drained()
	s.health.Poll(t.Context())
	require.True(t, s.health.Ready(), "%v", s.health.States())
	before := h.documents("partitions")

	require.NoError(t, h.js.DeleteStream(t.Context(), bus.Events))
	h.makeStreams()
	require.Contains(t, findings(s.audit())["events"], "the log ends at sequence 0", "also when there is nothing to read")
	for i := range 30 {
		h.publish(paid("ann", fmt.Sprint("other-", i), moment("2026-01-10"), 4000))
	}
	requireStopped := func(s *service) {
		t.Helper()
		testkit.Eventually(t, func() bool { return s.Broken() != nil }, "stopped")
		require.ErrorIs(t, s.Broken(), reason.BusWentBack)
		s.health.Poll(t.Context())
		require.False(t, s.health.Ready())
		require.EqualValues(t, 40, s.active("ann"), "what it knows, it still tells")
		require.Equal(t, before, h.documents("partitions"))
	}
	requireStopped(s)
	s.stop()
	s = h.run(size{})
	requireStopped(s)

	finding := findings(s.audit())
	require.Contains(t, finding, "events", "the ledger holds, but this is not its log")
	require.Len(t, finding, 1)
}

// TestTheBusIsAwayForAWhile: what was acknowledged comes later, once.
func TestTheBusIsAwayForAWhile(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	s := h.run(size{})
	for i := range 3 {
		h.publish(paid("ann", fmt.Sprint("o", i), moment("2026-01-10"), 4000))
		h.nats.Restart(t)
		testkit.Eventually(t, h.bus.Connected, "the shop is connected again")
	}
	s.drained()
	require.EqualValues(t, 120, s.active("ann"))
	s.requireToldOnce()
	s.requireSound()
}
