//go:build fault

package fault

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

var hits atomic.Int64

// Point kills the process with SIGKILL when LAUREL_FAULT is "<name>:<n>" and this is the n-th time that it is met.
func Point(name string) {
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
