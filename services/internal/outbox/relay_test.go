package outbox_test

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestWhatWasStoredIsPublishedOnceInOrderAndRemoved(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	put := map[int][]outbox.Chunk{}
	for round := range 40 { // more than a page of one partition
		put[0] = append(put[0], h.put(t, 0, h.facts(0, 1+round%4))...)
	}
	put[3] = h.put(t, 3, h.facts(3, 1200))
	relay, stop := h.start(t)
	h.awaitLeft(t, 0)
	put[1] = h.put(t, 1, h.facts(1, 2)) // nobody wakes the relay: it looks by itself
	h.awaitLeft(t, 0)
	for range 3 {
		put[0] = append(put[0], h.put(t, 0, h.facts(0, 3))...)
		relay.Wake()
		relay.Wake() // and never blocks
	}
	h.awaitLeft(t, 0)
	require.NoError(t, stop())
	h.requirePublished(t, put)
}

func TestARelayLeavesThePartitionsOfOthersAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	put := map[int][]outbox.Chunk{}
	for _, partition := range []int{0, 2, 3, 9} {
		put[partition] = h.put(t, partition, h.facts(partition, 2))
	}
	_, stop := h.start(t, 3, 0, 5)
	h.awaitLeft(t, 2)
	require.NoError(t, stop())
	h.requirePublished(t, map[int][]outbox.Chunk{0: put[0], 3: put[3]})
}

func TestAMessageIsPublishedAsItWasStored(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.put(t, 2, []outbox.Message{{
		Subject: bus.FactSubject("shop", "accrual", "earn", account(2, 0)), ID: "fact", Data: []byte("body"),
		Header: []outbox.Header{{Name: "ce-id", Value: "7"}, {Name: "note", Value: "one"}, {Name: "note", Value: "two"}},
	}})
	_, stop := h.start(t)
	h.awaitLeft(t, 0)
	require.NoError(t, stop())
	m := h.stream(t)[0]
	require.Equal(t, "facts.2."+bus.FactSubject("shop", "accrual", "earn", account(2, 0)), m.Subject)
	require.Equal(t, []byte("body"), m.Data)
	require.Equal(t, "7", m.Header.Get("ce-id"))
	require.Equal(t, []string{"one", "two"}, m.Header["note"])
	require.Equal(t, "fact", m.Header.Get(nats.MsgIdHdr))
	require.Equal(t, "2/1", m.Header.Get(bus.OutboxHeader))
}

func TestARelayOutlivesItsBus(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	put := map[int][]outbox.Chunk{0: h.put(t, 0, h.facts(0, 700))}
	_, stop := h.start(t)
	h.awaitLeft(t, 0)
	h.server.Kill(t)
	put[0] = append(put[0], h.put(t, 0, h.facts(0, 700))...)
	put[1] = h.put(t, 1, h.facts(1, 3))
	testkit.Eventually(t, func() bool { return !h.bus.Connected() }, "the relay's bus is away")
	const age = "laurel_tier_outbox_age_seconds"
	testkit.Eventually(t, func() bool { return h.shows(t, age) > 0.1 }, "what waits is seen to grow old")
	h.server.Restart(t)
	h.awaitLeft(t, 0)
	testkit.Eventually(t, func() bool { return h.shows(t, age) == 0 }, "nothing waits any more")
	require.NoError(t, stop())
	h.requirePublished(t, put)
}

// TestAChunkThatHasLeftIsNotPublishedAgain plays a process that died between publishing and removing, and a stream that
// knows the messages' ids no more: what had left carries other ids.
func TestAChunkThatHasLeftIsNotPublishedAgain(t *testing.T) {
	for _, c := range []struct {
		name   string
		chunks int
		left   int // so many of them, the first ones
	}{
		{name: "none had left", chunks: 3},
		{name: "the only one had left", chunks: 1, left: 1},
		{name: "the first had left", chunks: 3, left: 1},
		{name: "several had left", chunks: 5, left: 3},
		{name: "all had left", chunks: 4, left: 4},
		{name: "more than a page had left", chunks: 40, left: 38},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			put := map[int][]outbox.Chunk{2: h.put(t, 2, h.facts(2, 2))}
			for range c.chunks {
				put[1] = append(put[1], h.put(t, 1, h.facts(1, 1+h.serial%3))...)
			}
			for _, chunk := range put[1][:c.left] {
				leave(t, h, chunk, "earlier ")
			}
			relay, stop := h.start(t)
			h.awaitLeft(t, 0)
			put[1] = append(put[1], h.put(t, 1, h.facts(1, 2))...)
			relay.Wake()
			h.awaitLeft(t, 0)
			require.NoError(t, stop())
			h.requirePublished(t, put)
		})
	}
}

// leave publishes a chunk as an earlier process did. With a prefix its ids are others: the stream has forgotten them since.
func leave(t *testing.T, h *house, c outbox.Chunk, prefix string) {
	t.Helper()
	var batch []bus.Outgoing
	for _, m := range c.Messages {
		batch = append(batch, bus.Outgoing{
			Subject: m.Subject, ID: prefix + m.ID, Data: m.Data,
			Header: nats.Header{bus.OutboxHeader: {bus.OutboxValue(c.Partition, uint64(c.Number))}}, //nolint:gosec // small
		})
	}
	require.NoError(t, h.bus.PublishBatch(t.Context(), batch))
}

// TestAChunkThatTheStreamStillKnowsIsNotPublishedAgain is the same within the window, where the ids tell.
func TestAChunkThatTheStreamStillKnowsIsNotPublishedAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	put := map[int][]outbox.Chunk{1: h.put(t, 1, h.facts(1, 3))}
	var kept []bson.M
	cursor, err := h.store.Collection(outbox.Name).Find(t.Context(), bson.M{})
	require.NoError(t, err)
	require.NoError(t, cursor.All(t.Context(), &kept))
	_, stop := h.start(t)
	h.awaitLeft(t, 0)
	_, err = h.store.Collection(outbox.Name).InsertMany(t.Context(), kept)
	require.NoError(t, err, "the chunk is there again, as if it had never been removed")
	h.awaitLeft(t, 0)
	require.NoError(t, stop())
	h.requirePublished(t, put)
}

// TestABatchThatHoldsWhatIsStoredIsTakenApart lets another process publish a chunk behind the relay's back.
func TestABatchThatHoldsWhatIsStoredIsTakenApart(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	put := map[int][]outbox.Chunk{1: h.put(t, 1, h.facts(1, 2))}
	relay, stop := h.start(t)
	h.awaitLeft(t, 0) // the relay believes now that nothing of the partition is in the stream
	var held []outbox.Chunk
	for range 3 {
		held = append(held, h.cut(1, h.facts(1, 2))...)
	}
	leave(t, h, held[0], "")
	put[2] = h.put(t, 2, h.facts(2, 2))
	h.insert(t, held)
	relay.Wake()
	h.awaitLeft(t, 0)
	require.NoError(t, stop())
	put[1] = append(put[1], held...)
	h.requirePublished(t, put)
}

// TestAChunkThatCannotLeaveHoldsUpItsPartitionAlone gives the relay a message that no bus takes. Behind it wait more chunks than a page has, and
// more than leaves at once.
func TestAChunkThatCannotLeaveHoldsUpItsPartitionAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	put := map[int][]outbox.Chunk{1: h.put(t, 1, h.facts(1, 2))}
	bad := h.facts(1, 1)
	bad[0].Data = zeros[:mebibyte+1]
	badID := h.put(t, 1, bad)[0].ID
	large := h.facts(1, 4)
	for i := range large {
		large[i].Data = zeros[:mebibyte*9/10]
	}
	later := h.put(t, 1, large)
	for range 80 {
		later = append(later, h.put(t, 1, h.facts(1, 2))...)
	}
	put[3] = h.put(t, 3, h.facts(3, 2))
	_, stop := h.start(t)
	held := int64(1 + len(later))
	h.awaitLeft(t, held)
	put[3] = append(put[3], h.put(t, 3, h.facts(3, 2))...)
	h.awaitLeft(t, held) // at least one more round
	h.requirePublished(t, put)

	_, err := h.store.Collection(outbox.Name).DeleteOne(t.Context(), bson.M{"_id": badID})
	require.NoError(t, err)
	h.awaitLeft(t, 0)
	require.NoError(t, stop())
	put[1] = append(put[1], later...)
	h.requirePublished(t, put)
}

func TestAnOutboxDocumentTakesNoDouble(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, err := h.store.Collection(outbox.Name).InsertOne(t.Context(), bson.M{
		"_id": "FACTS/000/1", "format": 1, "stream": bus.Facts, "partition": 0, "number": 1.0, "messages": bson.A{},
	})
	require.ErrorContains(t, err, "Document failed validation")
	require.NoError(t, outbox.Insert(t.Context(), h.store, nil), "nothing to store")
}

// TestChunksLeaveTogether has small chunks of several partitions, some of which have left before, go with few batches.
func TestChunksLeaveTogether(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	put := map[int][]outbox.Chunk{}
	for range 12 {
		for partition := range 4 {
			put[partition] = append(put[partition], h.put(t, partition, h.facts(partition, 2))...)
		}
	}
	for _, chunk := range put[2][:4] {
		leave(t, h, chunk, "")
	}
	_, stop := h.start(t)
	h.awaitLeft(t, 0)
	require.NoError(t, stop())
	h.requirePublished(t, put)
	batches := map[string]bool{}
	for _, m := range h.stream(t)[4*2:] {
		batches[m.Header.Get("Nats-Batch-Id")] = true
	}
	require.Len(t, batches, 1, "44 chunks fit into one batch")
}
