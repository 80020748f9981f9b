package natsd

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// applied is what a service would keep: marks, and what it applied, in order.
type applied struct {
	mu    sync.Mutex
	marks map[int]bus.Mark
	ids   []string
}

func (a *applied) snapshot(context.Context) (map[int]bus.Mark, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.marks), nil
}

func (a *applied) deliver(_ context.Context, run []bus.Message) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, m := range run {
		mark := a.marks[m.Partition]
		if m.Sequence <= mark.Sequence {
			continue
		}
		if m.After > mark.Sequence {
			return fmt.Errorf("message %d came in an incarnation after %d, the mark is %d", m.Sequence, m.After, mark.Sequence)
		}
		a.marks[m.Partition] = m.Mark(0)
		a.ids = append(a.ids, m.ID)
	}
	return nil
}

func (a *applied) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.ids)
}

// TestKillsLoseAndRepeatNothing kills nats-server again and again while atomic batches are published and read at full
// speed: whatever was acknowledged is applied once, in order, and nothing that was applied goes back.
func TestKillsLoseAndRepeatNothing(t *testing.T) {
	t.Parallel()
	const batches, size, every = 40, 500, 9
	s := startServer(t, Options{})
	b, err := bus.Connect(t.Context(), bus.Config{URL: s.URL(), Token: s.Token()}, testkit.Logger(t))
	require.NoError(t, err)
	t.Cleanup(b.Close)
	require.NoError(t, b.EnsureStreams(t.Context(),
		bus.Layout{MaxBytesEvents: 1 << 28, MaxBytesFacts: 1 << 20, MaxBytesDead: 1 << 20}))

	a := &applied{marks: map[int]bus.Mark{}}
	ctx, cancel := context.WithCancel(t.Context())
	var all errgroup.Group
	all.Go(func() error {
		return b.Read(ctx, bus.ReadConfig{Partitions: partitions(), Marks: a.snapshot, Deliver: killing(s, a, every*size)})
	})
	defer cancel()
	var want []string
	for n := range batches {
		batch := make([]bus.Outgoing, size)
		for i := range batch {
			id := fmt.Sprintf("%d-%d", n, i)
			batch[i] = bus.Outgoing{Subject: bus.OrderSubject("p", "shop", "paid", id), Data: make([]byte, 400), ID: id}
			want = append(want, id)
		}
		if n%every == every/2 {
			all.Go(func() error { s.Kill(); return nil }) // somewhere in the midst of the batch
		}
		testkit.Eventually(t, func() bool {
			err := b.PublishBatch(t.Context(), batch)
			require.True(t, err == nil || errors.Is(err, bus.ErrStored) || errors.Is(err, bus.ErrRetry), "got %v", err)
			return !errors.Is(err, bus.ErrRetry)
		}, "batch published")
	}
	testkit.Eventually(t, func() bool { return a.count() >= len(want) }, "all applied")
	cancel()
	require.NoError(t, all.Wait())
	require.Equal(t, want, a.ids)
}

// killing delivers to a, and kills the server between delivery and effect each time that so many more have come.
func killing(s *Server, a *applied, every int) func(context.Context, []bus.Message) error {
	next := uint64(every)
	return func(ctx context.Context, run []bus.Message) error {
		if run[len(run)-1].Sequence > next {
			next += uint64(every)
			s.Kill()
		}
		return a.deliver(ctx, run)
	}
}

func partitions() []int {
	all := make([]int, bus.Partitions)
	for p := range all {
		all[p] = p
	}
	return all
}
