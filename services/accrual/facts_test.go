package accrual_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"google.golang.org/protobuf/proto"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// requireToldOnce wants FACTS to hold every entry of the ledger once, each account's in their order.
func (s *service) requireToldOnce() {
	s.h.t.Helper()
	posted, _ := s.h.facts()
	told := byAccount(posted)
	require.Len(s.h.t, posted, int(s.audit().Figures.Entries))
	for account, facts := range told {
		for i, entry := range s.entries(account) {
			require.Greater(s.h.t, len(facts), i, "facts of %s", account)
			require.EqualValues(s.h.t, i+1, facts[i].GetSeq(), "fact %d of %s", i+1, account)
			entry.RecordedAt = nil // stands outside the hash, and so outside the fact
			require.True(s.h.t, proto.Equal(entry, facts[i]), "want %v, got %v", entry, facts[i])
		}
	}
}

// TestEveryEntryIsToldOnce over restarts, with duplicates.
func TestEveryEntryIsToldOnce(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(everyRule)
	told := letters(makeUp(7, 8, 240))
	for part := range slices.Chunk(told, 40) {
		s := h.run(size{lanes: 2, batch: 16})
		h.publish(part...)
		h.publish(part...)
		testkit.Eventually(t, func() bool { return s.Counts().Messages >= 30 }, "some of it applied")
		s.stop() // in the midst of it
	}
	h.pass("2026-12-01T00:00:00Z")
	s := h.run(size{lanes: 2})
	s.drained()
	s.requireToldOnce()
	s.requireSound()
}

// TestAChunkThatHasLeftDoesNotLeaveAgain: a process died between publishing and deleting, and so long ago that the bus
// no longer knows the messages by their ids.
func TestAChunkThatHasLeftDoesNotLeaveAgain(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	h.publish(letters(makeUp(8, 8, 60))...)
	s := h.run(size{batch: 8})
	s.drained()
	s.stop()
	facts := h.stored(bus.Facts)
	for _, chunk := range lastChunks(t, facts) {
		for i := range chunk.Messages {
			chunk.Messages[i].ID += " forgotten"
		}
		_, err := h.db.Collection(outbox.Name).InsertOne(t.Context(), chunk)
		require.NoError(t, err)
	}

	s = h.run(size{})
	s.drained()
	require.Len(t, h.stored(bus.Facts), len(facts), "nothing left again")
	h.publish(paid("member-00", "one more", moment("2026-12-31"), 100))
	s.drained()
	posted, _ := h.facts()
	require.Equal(t, "one more", posted[len(posted)-1].GetOrder().GetOrderId(), "the relay goes on behind it")
	s.requireToldOnce()
}

// TestAChunkThatHasNotLeftLeaves: a process died between its commit and publishing.
func TestAChunkThatHasNotLeftLeaves(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	s := h.run(size{})
	h.publish(paid("ann", "o1", moment("2026-01-10"), 100))
	s.drained()
	s.stop()
	facts := h.stored(bus.Facts)
	chunk := lastChunks(t, facts)[0]
	chunk.Number++
	chunk.ID = chunkID(chunk)
	chunk.Messages[0].ID = "the next"
	_, err := h.db.Collection(outbox.Name).InsertOne(t.Context(), chunk)
	require.NoError(t, err)
	_, err = h.db.Collection("partitions").UpdateByID(t.Context(), chunk.Partition, bson.M{"$inc": bson.M{"outbox.FACTS": 1}})
	require.NoError(t, err)
	s = h.run(size{})
	s.drained()
	require.Len(t, h.stored(bus.Facts), len(facts)+1)
}

func chunkID(c outbox.Chunk) string {
	pad := func(n, width int) string { s := strconv.Itoa(n); return strings.Repeat("0", width-len(s)) + s }
	return c.Stream + "/" + pad(c.Partition, 3) + "/" + pad(int(c.Number), 19)
}

// lastChunks makes the last chunk of each partition again as it stood in the outbox before it left.
func lastChunks(t *testing.T, facts []*jetstream.RawStreamMsg) []outbox.Chunk {
	t.Helper()
	last := map[int]*outbox.Chunk{}
	for _, m := range facts {
		first, second, _ := strings.Cut(m.Header.Get(bus.OutboxHeader), "/")
		partition, err := strconv.Atoi(first)
		require.NoError(t, err)
		number, err := strconv.ParseInt(second, 10, 64)
		require.NoError(t, err)
		if last[partition] == nil || last[partition].Number < number {
			last[partition] = &outbox.Chunk{Format: 1, Stream: bus.Facts, Partition: partition, Number: number, Created: m.Time}
			last[partition].ID = chunkID(*last[partition])
		}
		_, published, _ := strings.Cut(strings.TrimPrefix(m.Subject, "facts."), ".")
		message := outbox.Message{Subject: published, ID: m.Header.Get(jetstream.MsgIDHeader), Data: m.Data}
		for name, values := range original(m.Header) {
			message.Header = append(message.Header, outbox.Header{Name: name, Value: values[0]})
		}
		last[partition].Messages = append(last[partition].Messages, message)
	}
	var list []outbox.Chunk
	for _, chunk := range last {
		list = append(list, *chunk)
	}
	require.NotEmpty(t, list)
	return list
}

// TestAFactTellsWhichDayItsOrderBelongsTo: the day of the first payment in the programme's zone, whatever comes later.
func TestAFactTellsWhichDayItsOrderBelongsTo(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(strings.Replace(theTeaClub, "zone: UTC", "zone: America/New_York", 1))
	h.publish(
		returned("ann", "o1", "r1", moment("2026-01-09"), 1),           // waits for its order
		paid("ann", "o1", moment("2026-01-11T03:00:00Z"), 1000),        // in New York it is the 10th
		paid("ann", "o2", moment("2026-01-11T06:00:00Z"), 100),         // and here the 11th
		returned("ann", "o2", "r2", moment("2026-01-20T06:00:00Z"), 1), // a return counts at the day of its order
		cancelled("ann", "o1", moment("2026-01-21T06:00:00Z")),
	)
	h.run(size{}).drained()
	var told []string
	for _, m := range h.stored(bus.Facts) {
		var fact accrualv1.EntryPosted
		require.NoError(t, proto.Unmarshal(m.Data, &fact))
		standing := "not paid yet"
		if o := fact.GetOrder(); o != nil {
			standing = fmt.Sprintf("%s, cancelled %t", o.GetPaidDay(), o.GetCancelled())
		}
		told = append(told, fmt.Sprintf("%s %s on %s: %s", fact.GetEntry().GetOrder().GetOrderId(), fact.GetEntry().GetOrder().GetEvent(),
			fact.GetEffectiveDay(), standing))
	}
	require.Equal(t, []string{
		"o1 returned on 2026-01-08: not paid yet",
		"o1 paid on 2026-01-10: 2026-01-10, cancelled false",
		"o2 paid on 2026-01-11: 2026-01-11, cancelled false",
		"o2 returned on 2026-01-20: 2026-01-11, cancelled false",
		"o1 cancelled on 2026-01-21: 2026-01-10, cancelled true",
	}, told)
}
