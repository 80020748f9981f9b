package clock_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/clock"
)

func TestSystemTellsUTCInMilliseconds(t *testing.T) {
	before := time.Now().Add(-time.Millisecond)
	now := clock.System().Now()
	require.Equal(t, time.UTC, now.Location())
	require.Zero(t, now.Nanosecond()%int(time.Millisecond))
	require.False(t, now.Before(before.Truncate(time.Millisecond)), "got %v, want not before %v", now, before)
}

func TestManualStandsUntilMoved(t *testing.T) {
	noon := time.Date(1997, 1, 1, 12, 0, 0, 1_234_567, time.FixedZone("CET", 3600))
	c := clock.At(noon)
	require.Equal(t, time.Date(1997, 1, 1, 11, 0, 0, 1_000_000, time.UTC), c.Now())
	before := c.Now()
	require.Equal(t, before, c.Now())
	require.Equal(t, before.Add(time.Hour), c.Advance(time.Hour))
	c.Set(noon.Add(-24 * time.Hour))
	require.Equal(t, time.Date(1996, 12, 31, 11, 0, 0, 1_000_000, time.UTC), c.Now())
}

func TestManualIsSafeForMany(t *testing.T) {
	const movers, steps = 8, 100
	start := time.Date(1997, 1, 1, 0, 0, 0, 0, time.UTC)
	c := clock.At(start)
	var wg sync.WaitGroup
	for range movers {
		wg.Go(func() {
			for range steps {
				c.Advance(time.Second)
			}
		})
	}
	wg.Wait()
	require.Equal(t, start.Add(movers*steps*time.Second), c.Now())
}
