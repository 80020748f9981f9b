package programme_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	programmev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/programme/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// TestAHouseThatWasThereBeforeIsTakenOver: laurel has published revisions by itself, one of them twice and one that every
// reader refused. The registry knows what the readers know, and goes on from there.
func TestAHouseThatWasThereBeforeIsTakenOver(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.publish(1, theTeaClub)
	h.publish(2, generous("2"))
	h.publish(2, generous("5"))                                // a repeat by its number: passed over
	h.publish(3, "programme: tea\nzone: UTC\n")                // does not parse
	h.publish(4, generous("6"))                                // leaves a gap
	h.publish(3, theTeaClub+"name: The club\n")                // follows
	h.publish(4, strings.Replace(theTeaClub, "USD", "EUR", 1)) // may not be
	s := h.run().ready()
	list := s.list()
	require.Len(t, list, 3)
	for i, r := range list {
		require.EqualValues(t, 3-i, r.GetNumber())
		require.True(t, r.GetPublished())
		require.Empty(t, r.GetActor(), "nobody knows who it was")
	}
	two, err := s.GetRevision(t.Context(), &programmev1.GetRevisionRequest{Program: "tea", Number: 2})
	require.NoError(t, err)
	require.Equal(t, generous("2"), string(two.GetRevision().GetFiles()[0].GetContent()))

	before := len(h.logged(0))
	unchanged, err := s.ApplyProgram(t.Context(), ask(3, theTeaClub+"name: The club\n"))
	require.NoError(t, err)
	require.True(t, unchanged.GetUnchanged())
	s.apply(3, generous("7"))
	require.Len(t, h.logged(0), before+1)
	s.stop()
	require.Len(t, h.run().ready().list(), 4, "and it is the same after a restart")
}

// TestABusThatWentBackGetsTheRevisionsAgain: the stream was made anew. What it held is published again, in its order.
func TestABusThatWentBackGetsTheRevisionsAgain(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.run().ready()
	s.apply(0, theTeaClub)
	s.apply(1, generous("2"))
	s.stop()
	h.deleteEvents()
	h.makeStreams()
	s = h.run().ready()
	testkit.Eventually(t, func() bool { return len(h.logged(partitions-1)) == 2 && s.list()[0].GetPublished() }, "published again")
	h.requireLogged("1 1", "2 2")
}

// TestARegistryThatContradictsTheLogAcceptsNothing: the database is an older copy in which another revision was applied.
func TestARegistryThatContradictsTheLogAcceptsNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.run().ready()
	s.apply(0, theTeaClub)
	s.apply(1, generous("2"))
	s.stop()
	_, err := h.db.Collection("revisions").DeleteOne(t.Context(), bson.M{"_id": "tea/2"})
	require.NoError(t, err)
	s = h.run().ready()
	require.Len(t, s.list(), 2, "an older copy alone is made good from the log")
	s.stop()

	_, err = h.db.Collection("revisions").UpdateByID(t.Context(), "tea/2", bson.M{"$set": bson.M{"digest": make([]byte, 32)}})
	require.NoError(t, err)
	s = h.run()
	testkit.Eventually(t, func() bool {
		_, err := s.ApplyProgram(t.Context(), ask(2, generous("3")))
		refusal, ok := reason.Of(rpc.FromStatus(err))
		return ok && refusal.Reason == reason.NotReady && refusal.Message != "the registry has not been compared with EVENTS yet"
	}, "refused")
	_, err = s.ApplyProgram(t.Context(), ask(2, generous("3")))
	require.ErrorContains(t, err, "revision 2 of programme tea is another one in EVENTS than in the registry")
	s.health.Poll(t.Context())
	require.False(t, s.health.Ready())
	h.requireLogged("1 1", "2 2")
}

// TestNothingIsAcceptedBeforeTheLogIsRead: the bus is away at the start.
func TestNothingIsAcceptedBeforeTheLogIsRead(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.publish(1, theTeaClub)
	h.deleteEvents()
	s := h.run()
	_, err := s.ApplyProgram(t.Context(), ask(0, theTeaClub))
	require.ErrorIs(t, rpc.FromStatus(err), reason.NotReady)
	valid, err := s.ValidateProgram(t.Context(), &programmev1.ValidateProgramRequest{Files: files(theTeaClub)})
	require.NoError(t, err, "this needs nobody")
	require.Equal(t, "tea", valid.GetProgram())
	h.makeStreams()
	s.ready().apply(0, theTeaClub)
}

func (h *standing) deleteEvents() {
	h.t.Helper()
	require.NoError(h.t, h.jetstream().DeleteStream(h.t.Context(), bus.Events))
}
