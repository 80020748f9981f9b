package accrual_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"google.golang.org/protobuf/proto"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// attempt leaves a partition document as a process leaves it that dies while it computes.
func (h *standing) attempt(partition int, a store.Attempt) {
	h.t.Helper()
	result, err := h.db.Collection("partitions").UpdateByID(h.t.Context(), partition, bson.M{"$set": bson.M{"attempt": a}})
	require.NoError(h.t, err)
	require.EqualValues(h.t, 1, result.ModifiedCount)
}

// end is the last sequence of EVENTS.
func (h *standing) end() uint64 {
	h.t.Helper()
	end, err := h.bus.End(h.t.Context(), bus.Events)
	require.NoError(h.t, err)
	return end
}

// takenBack reads which events EVENTS says that the ledger has refused.
func (h *standing) takenBack() []*controlv1.EventRefused {
	h.t.Helper()
	var list []*controlv1.EventRefused
	for partition := range partitions {
		messages, err := h.bus.ControlEvents(h.t.Context(), partition, "refused", 0)
		require.NoError(h.t, err)
		for _, m := range messages {
			e := &controlv1.EventRefused{}
			require.NoError(h.t, proto.Unmarshal(m.Data, e))
			require.Equal(h.t, m.Account, e.GetAccount())
			require.Greater(h.t, m.Sequence, e.GetStreamSequence(), "it stands behind the event")
			list = append(list, e)
		}
	}
	return list
}

// TestAnOrderOfTwoAccountsIsTakenBackFromOne: whose order it is, the ledger alone decides, and says so where all read it.
func TestAnOrderOfTwoAccountsIsTakenBackFromOne(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	s := h.run(size{lanes: 2})
	at := moment("2026-01-10")
	for i := range 20 {
		h.publish(paid(fmt.Sprint("one-", i), fmt.Sprint("o", i), at, 700), paid(fmt.Sprint("two-", i), fmt.Sprint("o", i), at, 700))
	}
	s.drained()
	told := h.takenBack()
	require.Len(t, told, 20)
	for _, e := range told {
		require.Equal(t, string(reason.OrderOfOtherAccount), e.GetReason())
	}
	s.requireSound()
}

// neighbours are accounts of one partition.
func neighbours(n int) (int, []string) {
	partition := bus.Partition("tea", "neighbour-0", partitions)
	var list []string
	for i := 0; len(list) < n; i++ {
		if id := fmt.Sprint("neighbour-", i); bus.Partition("tea", id, partitions) == partition {
			list = append(list, id)
		}
	}
	return partition, list
}

// TestAnEventThatKilledTheProcessAloneIsRefused: three processes died while they computed it and nothing else.
func TestAnEventThatKilledTheProcessAloneIsRefused(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	partition, members := neighbours(3)
	at := moment("2026-01-10")
	s := h.run(size{})
	h.publish(paid(members[0], "before", at, 700))
	s.drained()
	s.stop()
	poison := paid(members[1], "poison", at, 700)
	h.publish(poison, paid(members[2], "behind", at, 700), paid(members[1], "of the same member", at, 200))
	h.attempt(partition, store.Attempt{
		From: h.end() - 2, To: h.end(), Limit: 1, Deaths: store.DeathsMax - 1, Computing: true, Suspect: true,
	})

	s = h.run(size{})
	s.drained()
	letters := h.stored(bus.Dead)
	require.Len(t, letters, 1)
	require.Equal(t, string(reason.PoisonEvent), letters[0].Header.Get("Laurel-Reason"))
	require.Equal(t, poison.body, letters[0].Data)
	told := h.takenBack()
	require.Len(t, told, 1, "whoever reads EVENTS is told where all read the same")
	require.Equal(t, members[1], told[0].GetAccount())
	require.Equal(t, string(reason.PoisonEvent), told[0].GetReason())
	require.Equal(t, letters[0].Header.Get("Laurel-Sequence"), fmt.Sprint(told[0].GetStreamSequence()))
	require.Equal(t, letters[0].Header.Get("Laurel-Dead-Letter"), told[0].GetIdentity())
	require.EqualValues(t, 7, s.active(members[0]))
	require.EqualValues(t, 2, s.active(members[1]))
	require.EqualValues(t, 7, s.active(members[2]))
	requireNoAttempt(t, h)
	s.redrive() // whatever it was is mended
	require.EqualValues(t, 9, s.active(members[1]))
	s.requireSound()
}

// TestADeathAmongManyRefusesNobody: a process was killed while it computed a run, once or often. All of it counts.
func TestADeathAmongManyRefusesNobody(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	partition, members := neighbours(8)
	s := h.run(size{})
	s.drained()
	s.stop()
	for deaths := range 2 * store.DeathsMax {
		first := h.end() + 1
		for i, id := range members {
			h.publish(paid(id, fmt.Sprintf("%d/%d", deaths, i), moment("2026-01-10"), 100))
		}
		h.attempt(partition, store.Attempt{
			From: first, To: h.end(), Limit: len(members), Deaths: min(deaths, store.DeathsMax-1), Computing: true, Suspect: deaths > 0,
		})
		s = h.run(size{})
		s.drained()
		s.stop()
		requireNoAttempt(t, h)
	}
	require.Empty(t, h.stored(bus.Dead))
	s = h.run(size{})
	for _, id := range members {
		require.EqualValues(t, 2*store.DeathsMax, s.active(id))
	}
	s.requireSound()
}

func requireNoAttempt(t *testing.T, h *standing) {
	t.Helper()
	for _, part := range h.documents("partitions") {
		attempt, _ := part["attempt"].(bson.D)
		for _, field := range attempt {
			if field.Key == "computing" || field.Key == "suspect" {
				require.Equal(t, false, field.Value, "partition %v: %v", part["_id"], attempt)
			}
		}
	}
}
