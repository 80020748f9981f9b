package outbox_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// zeros is the data of all messages here: only its length counts.
var zeros [5 * mebibyte]byte

func ofBytes(sizes ...int) []outbox.Message {
	list := make([]outbox.Message, len(sizes))
	for i, n := range sizes {
		list[i].Data = zeros[:n]
	}
	return list
}

func TestWhereChunksAreCut(t *testing.T) {
	for _, c := range []struct {
		name     string
		messages []outbox.Message
		chunks   []int // messages of each
	}{
		{name: "nothing is no chunk"},
		{name: "one message", messages: ofBytes(1), chunks: []int{1}},
		{name: "500 messages", messages: make([]outbox.Message, 500), chunks: []int{500}},
		{name: "501 messages", messages: make([]outbox.Message, 501), chunks: []int{500, 1}},
		{name: "4 MiB", messages: ofBytes(3*mebibyte, mebibyte), chunks: []int{2}},
		{name: "a byte more than 4 MiB", messages: ofBytes(3*mebibyte, mebibyte, 1), chunks: []int{2, 1}},
		{name: "one message above 4 MiB goes alone", messages: ofBytes(1, 5*mebibyte, 1), chunks: []int{1, 1, 1}},
		{
			name: "subject, id and headers count as bytes", chunks: []int{1, 1},
			messages: []outbox.Message{
				{Data: zeros[:4*mebibyte-9], Subject: "abc", ID: "def", Header: []outbox.Header{{Name: "g", Value: "hi"}}},
				{ID: "a"},
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var sizes []int
			for _, chunk := range outbox.Cut(&store.Partition{}, bus.Facts, c.messages, time.Time{}) {
				sizes = append(sizes, len(chunk.Messages))
			}
			require.Equal(t, c.chunks, sizes)
		})
	}
}

func weigh(messages []outbox.Message) int {
	bytes := 0
	for _, m := range messages {
		bytes += len(m.Data)
	}
	return bytes
}

func TestChunksHoldAllInOrderAndAreNumberedDensely(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(1997, 1, 1, 12, 0, 0, 0, time.UTC)
		p := store.Partition{ID: rapid.IntRange(0, 255).Draw(t, "partition"), Outbox: map[string]int64{bus.Dead: 7}}
		first := rapid.Int64Range(0, 1<<40).Draw(t, "chunks before")
		p.Outbox[bus.Facts] = first
		var ids []string
		for range rapid.IntRange(1, 3).Draw(t, "transactions") {
			messages := ofBytes(rapid.SliceOfN(rapid.IntRange(0, mebibyte), 0, 20).Draw(t, "sizes")...)
			messages = append(messages, make([]outbox.Message, rapid.IntRange(0, 1100).Draw(t, "small messages"))...)
			var all []outbox.Message
			chunks := outbox.Cut(&p, bus.Facts, messages, now)
			for i, c := range chunks {
				first++
				require.Equal(t, first, c.Number)
				require.Equal(t, p.ID, c.Partition)
				require.Equal(t, bus.Facts, c.Stream)
				require.Equal(t, now, c.Created)
				require.NotEmpty(t, c.Messages)
				require.LessOrEqual(t, len(c.Messages), 500)
				require.LessOrEqual(t, weigh(c.Messages), 4*mebibyte)
				if i+1 < len(chunks) {
					next := chunks[i+1].Messages[:1]
					require.True(t, len(c.Messages) == 500 || weigh(c.Messages)+weigh(next) > 4*mebibyte, "chunk %d is not full", i)
				}
				all, ids = append(all, c.Messages...), append(ids, c.ID)
			}
			require.Len(t, all, len(messages))
			require.Equal(t, weigh(messages), weigh(all))
		}
		require.True(t, slices.IsSorted(ids), "%v", ids)
		require.Len(t, slices.Compact(ids), len(ids))
		require.Equal(t, map[string]int64{bus.Facts: first, bus.Dead: 7}, p.Outbox)
	})
}
