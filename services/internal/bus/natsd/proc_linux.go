package natsd

import (
	"fmt"
	"syscall"
)

// attributes give the child a process group of its own, so that Ctrl-C reaches it only through Stop, and kill it when
// the thread that started it dies with this process. A kill is safe: what was acknowledged is synced.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// limitAddressSpace makes this process die, instead of the machine, when it wants more.
func limitAddressSpace(bytes uint64) error {
	limit := syscall.Rlimit{Cur: bytes, Max: bytes}
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &limit); err != nil {
		return fmt.Errorf("limit the address space to %d bytes: %w", bytes, err)
	}
	return nil
}
