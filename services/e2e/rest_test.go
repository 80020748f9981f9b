package e2e

import (
	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	doors "github.com/laurel-loyalty/laurel/services/internal/house"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// tellers are the services with an outbox, and the stream that each follows: who tells before who is told. Member follows none.
var tellers = []struct{ service, stream string }{
	{service: "member"}, {"accrual", bus.Events}, {"tier", bus.Events}, {"analytics", bus.Facts}, {"partner", bus.Facts},
}

// rests waits until every service of a house has applied all that its stream holds, and told all that it has to tell.
func (h *house) rests() {
	h.t.Helper()
	place, err := doors.Read(h.doors())
	require.NoError(h.t, err)
	b, err := bus.Connect(h.t.Context(), bus.Config{URL: place.NATS.URL, Token: place.NATS.Token, Name: "rest"}, testkit.Logger(h.t))
	require.NoError(h.t, err)
	defer b.Close()
	for _, f := range tellers {
		s, err := store.Open(h.t.Context(), place.Mongo.URI, "laurel_"+f.service+place.Mongo.Suffix)
		require.NoError(h.t, err)
		defer func() { require.NoError(h.t, s.Close(h.t.Context())) }()
		testkit.Eventually(h.t, func() bool {
			waiting, err := outbox.Waiting(h.t.Context(), s)
			require.NoError(h.t, err)
			return waiting == 0 && (f.stream == "" || h.applied(b, s, f.stream))
		}, f.service+" has applied and told all")
	}
}

// applied tells whether nothing of a stream stands behind the marks of a service.
func (h *house) applied(b *bus.Bus, s *store.Store, stream string) bool {
	h.t.Helper()
	all := make([]int, bus.Partitions)
	for id := range all {
		all[id] = id
	}
	parts, err := s.ReadPartitions(h.t.Context(), all)
	require.NoError(h.t, err)
	for id := range all {
		next, err := b.Next(h.t.Context(), stream, id, parts[id].Mark.Sequence)
		require.NoError(h.t, err)
		if next > 0 {
			return false
		}
	}
	return true
}
