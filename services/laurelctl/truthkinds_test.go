package laurelctl

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTwoGroupingsAreAsAlikeAsTheyAre: the same under other numbers, one for all, and one worked out by hand: of 6 in kinds of 3 and 3, clusters of
// 4 and 2 hold 3 + 0 and 1 + 2. Pairs together 3 + 1, by kinds 3 + 3, by clusters 6 + 1, of 15: (4 - 42/15) / (6.5 - 42/15).
func TestTwoGroupingsAreAsAlikeAsTheyAre(t *testing.T) {
	require.InDelta(t, 1, adjustedRand([][]int64{{0, 7}, {5, 0}}), 1e-12)
	require.InDelta(t, 0, adjustedRand([][]int64{{7, 0}, {5, 0}}), 1e-12)
	require.InDelta(t, (4-2.8)/(6.5-2.8), adjustedRand([][]int64{{3, 0}, {1, 2}}), 1e-12)
	require.Zero(t, adjustedRand(nil))
	require.Zero(t, adjustedRand([][]int64{{1}}))
}
