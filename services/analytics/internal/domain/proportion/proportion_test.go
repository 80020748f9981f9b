package proportion_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/proportion"
)

// TestIntervalsThatArePublished: Newcombe 1998 (Statistics in Medicine 17, pages 857 and 873) gives 81/263 as 0.2553 to 0.3662
// by score, and 56/70 − 48/80 as 0.0524 to 0.3339 by method 10.
func TestIntervalsThatArePublished(t *testing.T) {
	one := proportion.Of(81, 263)
	require.InDelta(t, 0.2553, one.Low, 5e-5)
	require.InDelta(t, 0.3662, one.High, 5e-5)
	two := proportion.Difference(56, 70, 48, 80)
	require.InDelta(t, 0.0524, two.Low, 5e-5)
	require.InDelta(t, 0.3339, two.High, 5e-5)
}

func TestIntervalsOfNobody(t *testing.T) {
	low, high := proportion.Of(0, 0).Texts()
	require.Empty(t, low+high)
	low, high = proportion.Difference(1, 1, 0, 0).Texts()
	require.Empty(t, low+high)
	low, high = proportion.Of(1, 1).Texts()
	require.Equal(t, "1.000000000", high)
	require.Equal(t, "0.206549314", low)
}

func TestIntervalsHoldTheirShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, m := rapid.Int64Range(1, 1<<40).Draw(t, "n"), rapid.Int64Range(1, 1<<40).Draw(t, "m")
		k, l := rapid.Int64Range(0, n).Draw(t, "k"), rapid.Int64Range(0, m).Draw(t, "l")
		one, two := proportion.Of(k, n), proportion.Difference(k, n, l, m)
		part := float64(k) / float64(n)
		require.True(t, 0 <= one.Low && one.Low <= part+1e-12 && part-1e-12 <= one.High && one.High <= 1, one)
		require.True(t, -1-1e-12 <= two.Low && two.Low <= part-float64(l)/float64(m)+1e-12 && two.High <= 1+1e-12, two)
	})
}
