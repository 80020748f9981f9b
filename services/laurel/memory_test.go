package laurel

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestWhoUsesLittleMayHoldAsMuchAsAHouseAndWhoUsesMuchALittleMore(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ used, limit int64 }{{0, 224}, {100, 224}, {148, 224}, {200, 296}, {1000, 1416}} {
		require.Less(t, c.limit<<20-limit(uint64(c.used<<20)), int64(1<<20), "%d MiB are used", c.used) //nolint:gosec // not negative
		require.LessOrEqual(t, limit(uint64(c.used<<20)), c.limit<<20, "%d MiB are used", c.used)       //nolint:gosec // not negative
	}
}

// TestTheLimitFollowsWhatIsUsed, up and down again.
func TestTheLimitFollowsWhatIsUsed(t *testing.T) { //nolint:paralleltest // the collector is that of the whole process
	most, share := debug.SetMemoryLimit(-1), debug.SetGCPercent(100)
	t.Cleanup(func() { debug.SetMemoryLimit(most); debug.SetGCPercent(share) })
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	keepSmall()
	require.Equal(t, int64(heldMost), debug.SetMemoryLimit(-1))
	used := make([]byte, 400<<20)
	follows := func(is func(limit int64) bool, what string) {
		testkit.Eventually(t, func() bool { runtime.GC(); return is(debug.SetMemoryLimit(-1)) }, what)
	}
	follows(func(limit int64) bool { return limit > 400<<20*140/100 }, "there is room for more than is used")
	runtime.KeepAlive(used)
	used = nil
	follows(func(limit int64) bool { return limit == heldMost }, "it is as before")
	require.Nil(t, used)
}
