//go:build fault

package fault

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

var hits atomic.Int64

// Point kills the process with SIGKILL when LAUREL_FAULT is "<name>:<n>" and this is the n-th time that it is met. When LAUREL_FAULT_SLOW
// is "<name>:<duration>" it waits so long each time, and says so.
func Point(name string) {
	linger(name)
	want, count, _ := strings.Cut(os.Getenv("LAUREL_FAULT"), ":")
	if want != name {
		return
	}
	n, err := strconv.ParseInt(count, 10, 64)
	if err != nil {
		n = 1
	}
	if hits.Add(1) != n {
		return
	}
	fmt.Fprintf(os.Stderr, "fault point %s, hit %d: kill -9\n", name, n)
	if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
		panic(err)
	}
	select {}
}

// linger panics on a duration that is none: a fault that does not happen would prove nothing.
func linger(name string) {
	want, text, _ := strings.Cut(os.Getenv("LAUREL_FAULT_SLOW"), ":")
	if want != name {
		return
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		panic(fmt.Sprintf("LAUREL_FAULT_SLOW: %s", err))
	}
	<-time.NewTimer(d).C
	fmt.Fprintf(os.Stderr, "fault point %s: waited %s\n", name, d)
}
