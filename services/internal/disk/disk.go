// Package disk watches how much of a file system is free, so that a house stops taking work while its servers still have
// room to finish what they were given: on a full disk nats-server goes deaf and mongod aborts. What is closed then, and
// who is told, is left to the caller.
package disk

import (
	"fmt"
	"syscall"
)

// Space is what a file system holds, in bytes, as its users see it: what is reserved for root counts as neither.
type Space struct{ Free, Total uint64 }

// SpaceOf asks the file system on which a path is.
func SpaceOf(path string) (Space, error) {
	var s syscall.Statfs_t
	for {
		err := syscall.Statfs(path, &s)
		if err == nil {
			break
		}
		if err != syscall.EINTR {
			return Space{}, fmt.Errorf("look how much of the disk of %s is free: %w", path, err)
		}
	}
	block := uint64(s.Bsize) //nolint:gosec // int64 on Linux, uint32 on macOS; above 0
	return Space{Free: s.Bavail * block, Total: (s.Blocks - s.Bfree + s.Bavail) * block}, nil
}

// Percent is how much is free; an empty file system has everything free.
func (s Space) Percent() float64 {
	if s.Total == 0 {
		return 100
	}
	return 100 * float64(s.Free) / float64(s.Total)
}
