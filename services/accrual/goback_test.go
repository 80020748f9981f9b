package accrual_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/journal"
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

// TestAMendedStreamIsReadOn: once the messages at the marks are there again, the service goes on by itself. What it had read is in its
// journal, to the byte.
func TestAMendedStreamIsReadOn(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	s := h.run(size{})
	for i := range 30 {
		h.publish(paid("ann", fmt.Sprint("o", i), moment("2026-01-10"), 4000))
	}
	s.drained()
	var is bus.Copied
	var all []bus.Stored
	require.NoError(t, h.bus.CopyOut(t.Context(), bus.Events, func(c bus.Copied) { is = c }, func(m bus.Stored) error {
		all = append(all, m)
		return nil
	}))
	kept := h.journal()
	require.Len(t, kept, len(all))
	for i, m := range all {
		require.Equal(t, m.Decoded(), kept[i].Decoded())
		m.Header, kept[i].Header = nil, nil // which have another order
		require.Equal(t, m, kept[i])
	}

	require.NoError(t, h.js.DeleteStream(t.Context(), bus.Events))
	testkit.Eventually(t, func() bool { return s.Broken() != nil }, "stopped")
	left := all
	created, err := h.bus.CopyIn(t.Context(), is, func() (bus.Stored, error) {
		if len(left) == 0 {
			return bus.Stored{}, io.EOF
		}
		next := left[0]
		left = left[1:]
		return next, nil
	})
	require.NoError(t, err)
	h.makeStreams()
	h.publish(paid("ann", "later", moment("2026-01-11"), 4000))
	_, err = h.db.Collection("partitions").UpdateMany(t.Context(), bson.M{"mark.sequence": bson.M{"$gt": 0}},
		bson.M{"$set": bson.M{"mark.created": created}, "$inc": bson.M{"version": 1}})
	require.NoError(t, err)
	testkit.Eventually(t, func() bool { return s.Broken() == nil }, "it goes on")
	s.drained()
	require.EqualValues(t, 31*40, s.active("ann"))
	s.requireSound()
}

// journal is what the service has kept of what it read.
func (h *standing) journal() []bus.Stored {
	h.t.Helper()
	r, err := journal.Read(h.t.Context(), h.db.Collection(journal.Name))
	require.NoError(h.t, err)
	defer r.Close(h.t.Context())
	var all []bus.Stored
	for {
		m, err := r.Next(h.t.Context())
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(h.t, err)
		all = append(all, m.Stored())
	}
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
