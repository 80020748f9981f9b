package parts_test

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus/natsd"
	"github.com/laurel-loyalty/laurel/services/internal/disk"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/parts"
)

// TestMain runs the tests; called as the child that a house starts, this binary is nats-server.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == natsd.Command {
		os.Exit(natsd.Main(os.Args[2:]))
	}
	testkit.Main(m)
}

// TestALowDiskClosesTheHouseForNewWork lets the disk of a house fill and empty while it runs. What is new is refused
// with a reason, readiness says why, and both end by themselves.
func TestALowDiskClosesTheHouseForNewWork(t *testing.T) {
	t.Parallel()
	var free atomic.Uint64
	free.Store(9)
	h, err := parts.Build(t.Context(), parts.Options{
		Dir: t.TempDir(), Listen: "127.0.0.1:0", Lanes: 1, Batch: 64, Log: testkit.Logger(t), Stage: t.Logf, MinFreeDisk: 10,
		Space: func(string) (disk.Space, error) { return disk.Space{Free: free.Load(), Total: 100}, nil },
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close(context.WithoutCancel(t.Context()))) })
	err = h.Open(t.Context(), controlv1.ClockMode_CLOCK_MODE_EVENTS)
	require.ErrorIs(t, err, reason.DiskLow, "a house that starts on a low disk takes nothing")

	h.Run(t.Context())
	testkit.Eventually(t, func() bool { return !ready(h) }, "readiness says that the disk is low")
	free.Store(50)
	testkit.Eventually(t, func() bool { return ready(h) }, "the house is ready")
	require.NoError(t, h.Open(t.Context(), controlv1.ClockMode_CLOCK_MODE_EVENTS))
	require.NoError(t, h.PassClock(t.Context(), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)))

	free.Store(9)
	testkit.Eventually(t, func() bool { return !ready(h) }, "readiness says that the disk is low again")
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	testkit.Eventually(t, func() bool {
		day = day.AddDate(0, 0, 1) // what the bus knows it acknowledges, also while it is closed
		return errors.Is(h.PassClock(t.Context(), day), reason.DiskLow)
	}, "what is new is refused")
	testkit.Eventually(t, func() bool {
		p, err := h.Progress(t.Context())
		return err == nil && p.Drained()
	}, "what was taken is worked off")
}

// ready tells what the house's readiness says of the disk.
func ready(h *parts.House) bool {
	for _, s := range h.Health.States() {
		if s.Name == "disk" {
			return s.Ready
		}
	}
	return false
}
