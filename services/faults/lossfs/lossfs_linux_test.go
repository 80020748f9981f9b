package lossfs_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/faults/lossfs"
)

// TestWhatIsNotSyncedIsForgotten writes, renames and removes, cuts the power, and looks what is there.
func TestWhatIsNotSyncedIsForgotten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "disk")
	disk, err := lossfs.Mount(dir)
	if err != nil {
		t.Skipf("NOT RUN: there is no FUSE here: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, disk.Unmount()) })
	at := func(name string) string { return filepath.Join(dir, name) }
	put := func(name, text string, sync bool) {
		t.Helper()
		file, err := os.OpenFile(at(name), os.O_CREATE|os.O_WRONLY, 0o600)
		require.NoError(t, err)
		_, err = file.WriteString(text)
		require.NoError(t, err)
		if sync {
			require.NoError(t, file.Sync())
		}
		require.NoError(t, file.Close())
	}
	has := func(name, text string) {
		t.Helper()
		raw, err := os.ReadFile(at(name))
		require.NoError(t, err)
		require.Equal(t, text, string(raw), name)
	}

	put("removed", "removed", false)
	put("old", "old", false)
	put("target", "target", false)
	put("shrunk", "shrunk", true)
	put("removed", "removed", true)
	put("old", "old", true)
	put("target", "target", true)
	put("kept", "kept, and synced", true)
	put("kept", "KEPT", false)
	put("shrunk", "SHRUNK and grown", false)
	require.NoError(t, os.Truncate(at("shrunk"), 2))
	put("new", "new", false)
	require.NoError(t, os.Remove(at("removed")))
	require.NoError(t, os.Rename(at("old"), at("target")))
	has("target", "old")
	has("kept", "KEPT, and synced")

	open, err := os.OpenFile(at("kept"), os.O_WRONLY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = open.Close() }) // or a failure would wait for ever for the disk to be taken away
	disk.Off()
	_, err = os.Create(at("late"))
	require.Error(t, err, "the power is off")
	_, err = open.WriteString("too late")
	require.Error(t, err, "the power is off")
	require.Error(t, open.Sync())
	require.NoError(t, open.Close())
	undone, err := disk.On()
	require.NoError(t, err)
	require.GreaterOrEqual(t, undone, 6)
	has("kept", "kept, and synced")
	has("shrunk", "shrunk")
	has("removed", "removed")
	has("old", "old")
	has("target", "target")
	require.NoFileExists(t, at("new"))

	put("kept", "KEPT", true)
	disk.Off()
	_, err = disk.On()
	require.NoError(t, err)
	has("kept", "KEPT, and synced")
}
