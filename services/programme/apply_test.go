package programme_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	programmev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/programme/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestARevisionIsKeptAndPublishedToAllPartitions(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.run().ready()
	first := s.apply(0, theTeaClub)
	require.Nil(t, first.GetEffectiveAt())
	require.Equal(t, "operator", first.GetActor())
	require.Len(t, first.GetDigest(), 64)
	s.apply(1, generous("2"))
	h.requireLogged("1 1", "2 2")
	h.requireTogether(2)

	whole, err := s.GetRevision(t.Context(), &programmev1.GetRevisionRequest{Program: "tea"})
	require.NoError(t, err)
	require.EqualValues(t, 2, whole.GetRevision().GetNumber())
	require.Equal(t, generous("2"), string(whole.GetRevision().GetFiles()[0].GetContent()))
	listed := s.list()
	require.Len(t, listed, 2)
	require.EqualValues(t, 2, listed[0].GetNumber())
	require.Empty(t, listed[0].GetFiles())
}

func TestARepeatedAskIsAnsweredAndDoneOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.run().ready()
	in := ask(0, theTeaClub)
	one, err := s.ApplyProgram(t.Context(), in)
	require.NoError(t, err)
	s.apply(1, generous("2"))
	again, err := s.ApplyProgram(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, one.String(), again.String(), "also when there are newer ones")
	h.requireLogged("1 1", "2 2")

	in.Files = files(generous("3"))
	_, err = s.ApplyProgram(t.Context(), in)
	require.ErrorIs(t, rpc.FromStatus(err), reason.IdempotencyKeyReused)
	in.Files, in.EffectiveAt = files(theTeaClub), timestamppb.New(time.Now().Add(time.Hour))
	_, err = s.ApplyProgram(t.Context(), in)
	require.ErrorIs(t, rpc.FromStatus(err), reason.IdempotencyKeyReused)
}

func TestWhatIsThereAlreadyMakesNoRevision(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.run().ready()
	s.apply(0, theTeaClub)
	answer, err := s.ApplyProgram(t.Context(), ask(1, theTeaClub))
	require.NoError(t, err)
	require.True(t, answer.GetUnchanged())
	require.EqualValues(t, 1, answer.GetRevision().GetNumber())
	h.requireLogged("1 1")
}

// TestOfTwoWhoApplyAtOnceOneIsRefused has many apply at once, at two replicas: one is let through, and the same ask sent
// twice at once is one.
func TestOfTwoWhoApplyAtOnceOneIsRefused(t *testing.T) {
	t.Parallel()
	h := open(t)
	replicas := []*service{h.run().ready(), h.run().ready()}
	replicas[0].apply(0, theTeaClub)
	asks := []*programmev1.ApplyProgramRequest{ask(1, generous("2")), ask(1, generous("3")), ask(1, generous("4"))}
	var mu sync.Mutex
	made := map[string]int32{} // by key
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			in := asks[i%len(asks)]
			answer, err := replicas[i/len(asks)%2].ApplyProgram(t.Context(), in)
			mu.Lock()
			defer mu.Unlock()
			switch refusal, refused := reason.Of(rpc.FromStatus(err)); {
			case err == nil:
				made[in.GetIdempotencyKey()] = answer.GetRevision().GetNumber()
			case !refused || refusal.Reason != reason.PlanOutdated:
				t.Errorf("applied as %d: %v", i, err)
			case refusal.Metadata["newest"] != "2" || refusal.Metadata["base_revision"] != "1":
				t.Errorf("metadata: %v", refusal.Metadata)
			}
		})
	}
	all.Wait()
	require.Len(t, made, 1, "one ask made revision 2")
	require.Len(t, replicas[1].list(), 2)
	require.Len(t, h.logged(0), 2)
}

func TestARollbackIsANewRevision(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.run().ready()
	s.apply(0, theTeaClub)
	s.apply(1, generous("2"))
	in := &programmev1.RollbackProgramRequest{Program: "tea", IdempotencyKey: "back", BaseRevision: 2, ToRevision: 1}
	for range 2 {
		answer, err := s.RollbackProgram(t.Context(), in)
		require.NoError(t, err)
		require.EqualValues(t, 3, answer.GetRevision().GetNumber())
		require.EqualValues(t, 1, answer.GetRevision().GetRollbackOf())
		require.True(t, answer.GetRevision().GetPublished())
	}
	h.requireLogged("1 1", "2 2", "3 1")
	unchanged, err := s.RollbackProgram(t.Context(), &programmev1.RollbackProgramRequest{
		Program: "tea", IdempotencyKey: "again", BaseRevision: 3, ToRevision: 1,
	})
	require.NoError(t, err)
	require.True(t, unchanged.GetUnchanged())
	_, err = s.RollbackProgram(t.Context(), &programmev1.RollbackProgramRequest{
		Program: "tea", IdempotencyKey: "late", BaseRevision: 2, ToRevision: 2,
	})
	require.ErrorIs(t, rpc.FromStatus(err), reason.PlanOutdated)
}

// TestAcceptedAndNotPublishedYet has the bus go away between the two: whoever applies is not told that it failed, and the
// next start publishes it.
func TestAcceptedAndNotPublishedYet(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.run().ready()
	s.apply(0, theTeaClub)
	h.nats.Kill(t)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	two, three := ask(1, generous("2")), ask(2, generous("3"))
	_, err := s.ApplyProgram(ctx, two)
	require.Error(t, err, "the bus has not acknowledged it in the caller's time")
	testkit.Eventually(t, func() bool { return len(s.list()) == 2 }, "kept")
	require.False(t, s.list()[0].GetPublished())
	answer, err := s.ApplyProgram(t.Context(), three)
	require.NoError(t, err, "it is accepted")
	require.False(t, answer.GetRevision().GetPublished())
	list, err := s.ListRevisions(t.Context(), &programmev1.ListRevisionsRequest{Program: "tea"})
	require.NoError(t, err)
	require.EqualValues(t, 1, list.GetInForce(), "what is not published is not in force")
	s.stop()

	h.nats.Restart(t)
	testkit.Eventually(t, h.bus.Connected, "connected again")
	s = h.run().ready()
	for _, in := range []*programmev1.ApplyProgramRequest{three, two} {
		answer, err = s.ApplyProgram(t.Context(), in)
		require.NoError(t, err)
		require.True(t, answer.GetRevision().GetPublished())
	}
	h.requireLogged("1 1", "2 2", "3 3")
}
