package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
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
func peak(pid int) (float64, bool) { return sized(pid, "VmHWM") }

// ticks is in which parts of a second the kernel tells the time of a processor: USER_HZ is 100 on every Linux that Go runs on.
const ticks = 100

// stat reads what the kernel says of a process behind its name, from the state on; nothing: there is none.
func stat(pid string) []string {
	text, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
}

// processor is how many seconds of a core a process has had, and those of its children that have ended; false: the system does not tell.
func processor(pid int) (float64, bool) {
	const user, system = 11, 12 // fields behind the name
	fields := stat(strconv.Itoa(pid))
	if len(fields) <= system {
		return 0, false
	}
	used, err := strconv.ParseFloat(fields[user], 64)
	kernel, failed := strconv.ParseFloat(fields[system], 64)
	return (used + kernel) / ticks, err == nil && failed == nil
}

// children are the processes that a process has started, and that run.
func children(pid int) []int {
	const parent = 1
	var found []int
	all, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well formed
	for _, dir := range all {
		fields := stat(filepath.Base(dir))
		if len(fields) > parent && fields[parent] == strconv.Itoa(pid) {
			if child, err := strconv.Atoi(filepath.Base(dir)); err == nil {
				found = append(found, child)
			}
		}
	}
	return found
}

// called tells whether a process is there under a name: a number that another machine gave may be anybody's here.
func called(pid int, name string) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	return err == nil && strings.TrimSpace(string(text)) == name
}

// holds is how many MiB a process holds now; false: the system does not tell.
func holds(pid int) (float64, bool) { return sized(pid, "VmRSS") }

// sized reads a size of a process in MiB.
func sized(pid int, key string) (float64, bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		var kib float64
		if n, err := fmt.Sscanf(line, key+": %g kB", &kib); n == 1 && err == nil {
			return kib / 1024, true
		}
	}
	return 0, false
}
