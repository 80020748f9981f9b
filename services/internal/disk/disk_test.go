package disk_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/disk"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestSpaceOfARealDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	space, err := disk.SpaceOf(dir)
	require.NoError(t, err)
	require.Positive(t, space.Total)
	require.LessOrEqual(t, space.Free, space.Total)
	require.Positive(t, space.Percent(), "a test machine with a full disk")
	require.LessOrEqual(t, space.Percent(), 100.0)

	_, err = disk.SpaceOf(filepath.Join(dir, "nothing"))
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "nothing")
}

func TestPercent(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 10, disk.Space{Free: 1 << 40, Total: 10 << 40}.Percent(), 0)
	require.InDelta(t, 0, disk.Space{Total: 1}.Percent(), 0)
	require.InDelta(t, 100, disk.Space{}.Percent(), 0)
}

// TestTheDiskIsLowUntilThereIsClearlyMoreRoom fills and empties a disk. What is told, and what readiness says, has
// hysteresis.
func TestTheDiskIsLowUntilThereIsClearlyMoreRoom(t *testing.T) {
	t.Parallel()
	var told []bool
	var free uint64
	w := &disk.Watch{
		Path: "/data", MinPercent: 10, Log: testkit.Logger(t),
		Space: func(path string) (disk.Space, error) {
			require.Equal(t, "/data", path)
			return disk.Space{Free: free, Total: 1000}, nil
		},
		Turned: func(_ context.Context, low bool) error {
			told = append(told, low)
			return nil
		},
	}
	require.NoError(t, w.Check(t.Context()), "not looked at yet")
	for _, step := range []struct {
		name string
		free uint64
		low  bool
		told []bool
	}{
		{name: "half empty", free: 500},
		{name: "at the limit", free: 100},
		{name: "below the limit", free: 99, low: true, told: []bool{true}},
		{name: "full", free: 0, low: true, told: []bool{true}},
		{name: "at the limit again", free: 100, low: true, told: []bool{true}},
		{name: "a little above it", free: 119, low: true, told: []bool{true}},
		{name: "clearly above it", free: 120, told: []bool{true, false}},
		{name: "just above the limit once more", free: 101, told: []bool{true, false}},
		{name: "below it a second time", free: 90, low: true, told: []bool{true, false, true}},
	} {
		free = step.free
		w.Look(t.Context())
		require.Equal(t, step.told, told, step.name)
		if step.low {
			require.ErrorContains(t, w.Check(t.Context()), "of the disk of /data is free; new work is refused below 10 %", step.name)
		} else {
			require.NoError(t, w.Check(t.Context()), step.name)
		}
	}
}

// TestWhoDidNotHearIsToldAgain has the disk become low while nobody can be told, and not answer at all.
func TestWhoDidNotHearIsToldAgain(t *testing.T) {
	t.Parallel()
	deaf, gone := errors.New("deaf"), error(nil)
	calls := 0
	w := &disk.Watch{
		MinPercent: 10, Log: testkit.Logger(t),
		Space: func(string) (disk.Space, error) { return disk.Space{Free: 1, Total: 100}, gone },
		Turned: func(_ context.Context, low bool) error {
			require.True(t, low)
			calls++
			return deaf
		},
	}
	w.Look(t.Context())
	w.Look(t.Context())
	require.Equal(t, 2, calls)
	require.Error(t, w.Check(t.Context()))
	gone = errors.New("gone")
	w.Look(t.Context())
	require.Equal(t, 2, calls, "a disk that does not answer changes nothing")
	require.Error(t, w.Check(t.Context()))
	gone, deaf = nil, nil
	w.Look(t.Context())
	w.Look(t.Context())
	require.Equal(t, 3, calls)
}

// TestReadinessWaitsUntilItIsToldThatThereIsRoom has room again while nobody can be told: work would still be refused.
func TestReadinessWaitsUntilItIsToldThatThereIsRoom(t *testing.T) {
	t.Parallel()
	free, deaf := uint64(1), error(nil)
	w := &disk.Watch{
		MinPercent: 10, Log: testkit.Logger(t),
		Space:  func(string) (disk.Space, error) { return disk.Space{Free: free, Total: 100}, nil },
		Turned: func(context.Context, bool) error { return deaf },
	}
	w.Look(t.Context())
	free, deaf = 90, errors.New("deaf")
	w.Look(t.Context())
	require.Error(t, w.Check(t.Context()))
	deaf = nil
	w.Look(t.Context())
	require.NoError(t, w.Check(t.Context()))
}

func TestAWatchThatIsOffDoesNotLook(t *testing.T) {
	t.Parallel()
	w := &disk.Watch{Log: testkit.Logger(t)}
	w.Look(t.Context())
	require.NoError(t, w.Check(t.Context()))
	ctx, stop := context.WithCancel(t.Context())
	stop()
	w.Run(ctx)
}
