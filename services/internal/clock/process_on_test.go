//go:build fault

package clock_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/clock"
)

func TestATestBuildMovesItsClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it is midnight, 2000-01-01
		for text, want := range map[string][]time.Duration{
			"": {0, 0, 0}, "-2h": {-2 * time.Hour, -2 * time.Hour, -2 * time.Hour}, "10m/5s": {10 * time.Minute, -10 * time.Minute, 10 * time.Minute},
		} {
			t.Setenv(clock.OffsetVariable, text)
			c, err := clock.Process()
			require.NoError(t, err)
			for _, by := range want {
				require.Equal(t, by, c.Now().Sub(clock.System().Now()), text)
				<-time.After(5 * time.Second)
			}
			<-time.After(5 * time.Second)
		}
		for _, text := range []string{"two hours", "10m/", "10m/-5s"} {
			t.Setenv(clock.OffsetVariable, text)
			_, err := clock.Process()
			require.Error(t, err, text)
		}
	})
}
