package accrual_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// TestTwoReplicasWriteTheSamePartitions at once, under load with duplicates, while somebody else moves the partition
// documents: every event counts once and is told once.
func TestTwoReplicasWriteTheSamePartitions(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(everyRule)
	told := makeUp(11, 24, 320)
	one, two := h.run(size{lanes: 2, batch: 64}), h.run(size{lanes: 1, batch: 32})

	for part := range slices.Chunk(letters(told), 40) {
		h.publish(part...)
		h.publish(part[:min(20, len(part))]...)
		for range 4 { // it loses against a transaction now and then
			_, _ = h.db.Collection("partitions").UpdateMany(t.Context(), bson.M{}, bson.M{"$inc": bson.M{"version": 1}})
		}
		testkit.Eventually(t, func() bool {
			progress, err := one.Progress(t.Context())
			return err == nil && progress.Behind < partitions
		}, "a partition is drained")
	}
	h.pass("2027-01-01T00:00:00Z")
	two.drained()
	one.drained()
	both := one.Counts().Entries + two.Counts().Entries
	require.Positive(t, one.Counts().Entries)
	require.Positive(t, two.Counts().Entries)

	alone := open(t, events)
	alone.apply(everyRule)
	alone.publish(letters(told)...)
	alone.pass("2027-01-01T00:00:00Z")
	once := alone.run(size{})
	once.drained()
	requireSame(t, alone, h, "entries", "original", "hash", "sequence", "effective_at")
	requireSame(t, alone, h, "accounts", "hash", "clock")
	require.Equal(t, once.Counts().Entries, both, "no entry was made twice")
	require.Len(t, h.stored(bus.Dead), len(alone.stored(bus.Dead)))
	two.requireToldOnce()
	two.requireSound()
}

// TestTheMarkMovesUnderAService: another replica was faster. What it has applied is passed over, the rest is not.
func TestTheMarkMovesUnderAService(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	slow := h.run(size{})
	slow.drained()
	for i := range 6 {
		fast := h.run(size{})
		h.publish(paid("ann", fmt.Sprint("o", i), moment("2026-01-10"), 100))
		fast.drained()
		fast.stop()
	}
	slow.drained()
	require.EqualValues(t, 6, slow.active("ann"))
	slow.requireToldOnce()
	slow.requireSound()
}
