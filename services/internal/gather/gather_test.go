package gather_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/laurel-loyalty/laurel/services/internal/gather"
)

const patience = time.Minute

var errOdd = errors.New("odd")

// halves is work that each batch of even numbers survives, odd ones do not; it tells how long its batches were.
type halves struct {
	mu      sync.Mutex
	batches []int
	hold    chan struct{} // a batch ends when it is told to
	begun   chan struct{}
}

func (h *halves) do(_ context.Context, batch []int) []gather.Result[int] {
	h.begun <- struct{}{}
	<-h.hold
	h.mu.Lock()
	h.batches = append(h.batches, len(batch))
	h.mu.Unlock()
	results := make([]gather.Result[int], len(batch))
	for i, n := range batch {
		if results[i].Value = n / 2; n%2 != 0 {
			results[i].Err = errOdd
		}
	}
	return results
}

// TestWhatComesMeanwhileIsTheNextBatch: the first goes alone, the hundred that come meanwhile go together, in batches that are no
// larger than they may be, and each is told what became of its own.
func TestWhatComesMeanwhileIsTheNextBatch(t *testing.T) {
	t.Parallel()
	const many = 100
	h := &halves{hold: make(chan struct{}), begun: make(chan struct{}, many)}
	g := gather.New(64, patience, h.do)
	var group errgroup.Group
	ask := func(n int) {
		group.Go(func() error {
			half, err := g.Do(t.Context(), n)
			if n%2 != 0 {
				if !errors.Is(err, errOdd) {
					return errors.New("an odd number was let through")
				}
				return nil
			}
			if err == nil && half != n/2 {
				err = errors.New("an answer to another question")
			}
			return err
		})
	}
	ask(0)
	<-h.begun
	for n := 1; n <= many; n++ {
		ask(n)
	}
	require.Eventually(t, func() bool { return g.Waiting() == many }, patience, time.Millisecond)
	close(h.hold)
	require.NoError(t, group.Wait())
	require.Equal(t, []int{1, 64, 36}, h.batches)
}

// TestWhoHasLeftIsNotServed: whoever gives up before a batch begins has had no effect, and who comes after is served.
func TestWhoHasLeftIsNotServed(t *testing.T) {
	t.Parallel()
	h := &halves{hold: make(chan struct{}), begun: make(chan struct{}, 3)}
	g := gather.New(64, patience, h.do)
	var group errgroup.Group
	group.Go(func() error { _, err := g.Do(t.Context(), 2); return err })
	<-h.begun
	ctx, cancel := context.WithCancel(t.Context())
	group.Go(func() error {
		if _, err := g.Do(ctx, 4); !errors.Is(err, context.Canceled) {
			return errors.New("was served all the same")
		}
		return nil
	})
	require.Eventually(t, func() bool { return g.Waiting() == 1 }, patience, time.Millisecond)
	cancel()
	require.Eventually(t, func() bool { return g.Waiting() == 0 }, patience, time.Millisecond)
	close(h.hold)
	require.NoError(t, group.Wait())
	half, err := g.Do(t.Context(), 6)
	require.NoError(t, err)
	require.Equal(t, 3, half)
	require.Equal(t, []int{1, 1}, h.batches)
}
