package outbox

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// TestNothingOvertakesWhatDidNotLeave: where the bus does not answer in the midst of a load, no partition of which a chunk was in it goes on
// in the same round. A later chunk in the stream would say that the earlier one had left, and its facts would be lost.
func TestNothingOvertakesWhatDidNotLeave(t *testing.T) {
	t.Parallel()
	server := testkit.NATS(t)
	b, err := bus.Connect(t.Context(), bus.Config{URL: server.URL, Token: server.Token}, testkit.Logger(t))
	require.NoError(t, err)
	t.Cleanup(b.Close)
	chunk := func(partition int) Chunk {
		return Chunk{ID: chunkID(bus.Facts, partition, 1), Stream: bus.Facts, Partition: partition, Number: 1, Messages: []Message{{Subject: "facts.1.x"}}}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, fail := range map[string]func(l *load) error{
		"a chunk that is asked for":       func(l *load) error { return l.take(gone, chunk(2)) },
		"chunks that are taken apart":     func(l *load) error { return l.apart(gone, []Chunk{chunk(1), chunk(2), chunk(3)}) },
		"chunks that leave together":      func(l *load) error { l.chunks = []Chunk{chunk(1), chunk(2)}; return l.leave(gone) },
		"one chunk that leaves by itself": func(l *load) error { l.chunks = []Chunk{chunk(2)}; return l.leave(gone) },
	} {
		l := &load{relay: &Relay{Bus: b, Stream: bus.Facts, asked: map[int]bool{}}, held: map[int]bool{}}
		of := map[string][]int{"chunks that are taken apart": {1, 2, 3}, "chunks that leave together": {1, 2}}[name]
		if of == nil {
			of = []int{2}
		}
		require.Error(t, fail(l), name)
		for _, partition := range of {
			require.True(t, l.held[partition], "%s: partition %d", name, partition)
		}
		require.Empty(t, l.sent, name)
	}
}
