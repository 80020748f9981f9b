package faults

import (
	"path/filepath"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/faults/lossfs"
)

// disk is a disk whose power can be cut.
type disk struct {
	dir string
	fs  *lossfs.FS
}

// disk mounts one. Where there is no FUSE the trial is not run, and says so.
func (x *trial) disk() *disk {
	x.t.Helper()
	d := &disk{dir: filepath.Join(x.t.TempDir(), "disk")}
	var err error
	if d.fs, err = lossfs.Mount(d.dir); err != nil {
		x.t.Skipf("NOT RUN: it needs /dev/fuse and the right to mount: %v", err)
	}
	x.t.Cleanup(func() { require.NoError(x.t, d.fs.Unmount()) })
	return d
}

// on brings the power back, and returns how many writes are undone.
func (d *disk) on(x *trial) int {
	x.t.Helper()
	undone, err := d.fs.On()
	require.NoError(x.t, err)
	return undone
}
