package lane_test

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/lane"
)

// TestEveryItemIsPostedOnceAndInOrder submits from one goroutine per partition to a poster to which anything happens:
// lost races, cut-off commits that were written or were not, trouble, batches posted in part.
func TestEveryItemIsPostedOnceAndInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// rapid would ask for the test's deadline, which a bubble's own time does not have.
		rapid.Check(struct{ testing.TB }{t}, func(rt *rapid.T) {
			partitions := rapid.IntRange(1, 5).Draw(rt, "partitions")
			weights := make([][]int, partitions)
			total := 0
			for i := range weights {
				weights[i] = rapid.SliceOfN(rapid.IntRange(0, 60), 0, 80).Draw(rt, "bytes of the items")
				total += len(weights[i])
			}
			if total == 0 {
				rt.Skip("nothing to do")
			}
			var script []outcome
			for _, o := range rapid.SliceOfN(rapid.IntRange(0, int(outcomes)-1), 0, 60).Draw(rt, "outcomes") {
				script = append(script, outcome(o)) //nolint:gosec // small
			}
			p := newPoster(total, script...)
			p.limits = lane.Limits{
				BatchItems: rapid.IntRange(1, 40).Draw(rt, "items in a batch"),
				BatchBytes: rapid.IntRange(1, 400).Draw(rt, "bytes in a batch"),
				QueueItems: rapid.IntRange(0, 50).Draw(rt, "items in the queue"),
				Idle:       2 * time.Millisecond,
			}
			l := lane.New(p, p.limits, slog.New(slog.DiscardHandler), lane.Stats{})
			stop := start(t.Context(), l)
			for partition, list := range weights {
				go func() {
					for i, bytes := range list {
						if l.Submit(t.Context(), lane.Item{Partition: partition, Bytes: bytes, Payload: i}) != nil {
							return
						}
					}
				}()
			}
			<-p.done
			require.NoError(rt, stop())
			require.Empty(rt, p.faults)
			for partition, list := range weights {
				require.Len(rt, p.written[partition], len(list))
				for i, number := range p.written[partition] {
					require.Equal(rt, i, number, "partition %d", partition)
				}
			}
		})
	})
}
