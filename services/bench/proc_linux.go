package bench

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// attributes end a program when this process dies without stopping it.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} }

// forgetPeak makes peak begin anew.
func forgetPeak(pid int) {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0) // else it is the peak since the start: more, never less
}

// peak is how many MiB a process held at most since forgetPeak; false: the system does not tell.
func peak(pid int) (float64, bool) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(status)) {
		var kib float64
		if n, err := fmt.Sscanf(line, "VmHWM: %g kB", &kib); n == 1 && err == nil {
			return kib / 1024, true
		}
	}
	return 0, false
}
