package outbox_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/outbox"
)

func two() []int { return []int{0, 1} }

// TestRelaysThatLeaseNothingPublishOnce: two replicas see the same chunks and are woken for all of them; what one takes
// away under the other's hands is in the stream once, and in its order.
func TestRelaysThatLeaseNothingPublishOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first, stopFirst := h.run(t, outbox.Relay{Partitions: two, Shared: true})
	second, stopSecond := h.run(t, outbox.Relay{Partitions: two, Shared: true})
	put := map[int][]outbox.Chunk{}
	for round := range 120 {
		put[round%2] = append(put[round%2], h.put(t, round%2, h.facts(round%2, 1+round%7))...)
		first.Wake()
		second.Wake()
	}
	h.awaitLeft(t, 0)
	require.NoError(t, stopFirst())
	require.NoError(t, stopSecond())
	h.requirePublished(t, put)
}

// TestARelayThatLeasesNothingAsksAgain: another replica has published the next chunk, and died before it removed it; the
// stream knows the ids no more.
func TestARelayThatLeasesNothingAsksAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	put := map[int][]outbox.Chunk{1: h.put(t, 1, h.facts(1, 2))}
	relay, stop := h.run(t, outbox.Relay{Partitions: two, Shared: true})
	h.awaitLeft(t, 0)
	next := h.cut(1, h.facts(1, 3))
	leave(t, h, next[0], "earlier ")
	h.insert(t, next)
	relay.Wake()
	h.awaitLeft(t, 0)
	require.NoError(t, stop())
	put[1] = append(put[1], next...)
	h.requirePublished(t, put)
}
