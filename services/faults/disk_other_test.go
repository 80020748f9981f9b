//go:build !linux

package faults

// disk is a disk whose power can be cut: on Linux alone.
type disk struct {
	dir string
	fs  interface{ Off() }
}

func (x *trial) disk() *disk {
	x.t.Skip("NOT RUN: power cuts need the FUSE of Linux")
	return nil
}

func (*disk) on(*trial) int { return 0 }
