//go:build !linux

package natsd

import "syscall"

// attributes give the child a process group of its own, so that Ctrl-C reaches it only through Stop.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// limitAddressSpace does nothing: other kernels do not keep such a limit. The soft one holds everywhere.
func limitAddressSpace(uint64) error { return nil }
