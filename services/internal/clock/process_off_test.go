//go:build !fault

package clock_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/clock"
)

func TestAnOrdinaryBuildRefusesAMovedClock(t *testing.T) {
	c, err := clock.Process()
	require.NoError(t, err)
	require.Equal(t, clock.System(), c)
	t.Setenv(clock.OffsetVariable, "-2h")
	_, err = clock.Process()
	require.ErrorContains(t, err, "test builds alone")
}
