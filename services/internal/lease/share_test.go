package lease

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestEachPartitionHasOneReplicaAndSharesDifferByOne, whoever lives.
func TestEachPartitionHasOneReplicaAndSharesDifferByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		partitions := rapid.IntRange(1, 64).Draw(t, "partitions")
		live := rapid.SliceOfNDistinct(rapid.StringMatching("[a-z]{1,8}"), 1, 6, rapid.ID[string]).Draw(t, "live")
		wanted, has := share(live, partitions), map[string]int{}
		for p := range partitions {
			require.Contains(t, live, wanted[p])
			has[wanted[p]]++
		}
		for _, replica := range live {
			require.GreaterOrEqual(t, has[replica], partitions/len(live))
			require.LessOrEqual(t, has[replica], (partitions+len(live)-1)/len(live))
		}
		swapped := append([]string{live[len(live)-1]}, live[:len(live)-1]...)
		require.Equal(t, wanted, share(swapped, partitions), "the order in which they are seen")
	})
}

func TestWhoGoesMovesLittleMoreThanTheirOwn(t *testing.T) {
	live := []string{"a", "b", "c", "d"}
	moved, own := 0, 0
	for n := range 50 {
		names := make([]string, len(live))
		for i, name := range live {
			names[i] = fmt.Sprint(name, n)
		}
		before, after := share(names, 16), share(names[1:], 16)
		for p := range 16 {
			switch {
			case before[p] == names[0]:
				own++
			case before[p] != after[p]:
				moved++
			}
		}
	}
	require.Equal(t, 200, own, "a fourth of all")
	require.Less(t, moved, own, "of the others")
}

func TestNobodyLives(t *testing.T) {
	require.Empty(t, share(nil, 16))
}
