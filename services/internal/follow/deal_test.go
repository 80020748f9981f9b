package follow_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// TestLanesDifferByOnePartitionAtMost, whatever is owned, and each partition has one lane, owned or not.
func TestLanesDifferByOnePartitionAtMost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		partitions, lanes := rapid.IntRange(1, 64).Draw(t, "partitions"), rapid.IntRange(1, 8).Draw(t, "lanes")
		owned := rapid.SliceOfNDistinct(rapid.IntRange(0, partitions-1), 0, partitions, rapid.ID[int]).Draw(t, "owned")
		dealt, has := follow.Deal(owned, partitions, lanes), make([]int, lanes)
		require.Len(t, dealt, partitions)
		for _, p := range owned {
			has[dealt[p]]++
		}
		for lane, n := range has {
			require.GreaterOrEqual(t, n, len(owned)/lanes, "lane %d", lane)
			require.LessOrEqual(t, n, (len(owned)+lanes-1)/lanes, "lane %d", lane)
		}
		for p, lane := range dealt {
			require.True(t, 0 <= lane && lane < lanes, "partition %d in lane %d", p, lane)
		}
	})
}

// TestOrderIsKeptWhilePartitionsChangeLanes: dealt anew again and again in the middle of the load, each message counts once and
// in its order, no two lanes write one partition, and no caller is turned away.
func TestOrderIsKeptWhilePartitionsChangeLanes(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64() //nolint:forbidigo // printed
	t.Logf("seed %d", seed)
	draw := rand.New(rand.NewPCG(seed, 0))
	p := newPlace(t)
	var mu sync.Mutex
	applied := map[int][]uint64{}
	p.committed = func(m follow.Message) {
		mu.Lock()
		defer mu.Unlock()
		applied[m.Partition] = append(applied[m.Partition], m.Sequence)
	}
	p.control("house", "opened", "opened", opened())
	p.control("tea", "revised", "revised/1", revision(1))
	one := p.share("127.0.0.1:1")
	one.own(t, partitions)
	one.drained(t)
	failed := p.shows("batch_failures_total")
	const rounds, some = 40, 10
	var callers sync.WaitGroup
	for round := range rounds {
		for i := range some {
			p.order(fmt.Sprint("member-", i), fmt.Sprintf("o-%d-%d", round, i))
		}
		partition := draw.IntN(partitions)
		callers.Go(func() {
			for i := range some {
				if err := one.Call(context.WithoutCancel(t.Context()), follow.Asked{Partition: partition, Payload: fmt.Sprintf("%d/%d", round, i)}); err != nil {
					t.Errorf("call %d of round %d: %v", i, round, err)
				}
			}
		})
		require.NoError(t, one.DealAnew(t.Context(), draw.Perm(partitions)[:draw.IntN(partitions)]))
	}
	callers.Wait()
	one.Reread() // what a lane dropped last has nothing behind it that would show it
	one.drained(t)
	lines := p.lines()
	for round := range rounds {
		for i := range some {
			require.Equal(t, 1, lines[fmt.Sprintf("order o-%d-%d", round, i)])
		}
	}
	require.Equal(t, rounds*some, lines["work"])
	mu.Lock()
	defer mu.Unlock()
	for partition, sequences := range applied {
		require.IsIncreasing(t, sequences, "partition %d", partition)
	}
	require.InDelta(t, failed, p.shows("batch_failures_total"), 0, "no lane met another")
}

// TestToChangeLanesIsNoDeath: what could not be computed for a while, in one lane and another, is not refused as if the process
// had died on it.
func TestToChangeLanesIsNoDeath(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.control("house", "opened", "opened", opened())
	p.order("ann", "o-1")
	well := make(chan struct{})
	p.address = "127.0.0.1:1"
	one := p.run(bus.Events, func(follow.Message) error {
		select {
		case <-well:
			return nil
		default:
			return errors.New("not now") // before anything is committed: what is computed is noted each time
		}
	})
	one.own(t, partitions)
	for range 2 * store.DeathsMax {
		failed := p.shows("batch_failures_total")
		testkit.Eventually(t, func() bool { return p.shows("batch_failures_total") > failed }, "it is tried")
		require.NoError(t, one.DealAnew(t.Context(), []int{1, 2, 3}))
		one.Reread()
	}
	close(well)
	one.drained(t)
	lines := p.lines()
	require.Equal(t, 1, lines["order o-1"])
	require.Equal(t, partitions, lines["opened"], "none was refused")
}
