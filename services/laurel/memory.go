package laurel

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
)

// How much a house holds: garbage is not collected before heldMost is reached, and where more than that is in use, once there is so much beside it.
// The services share one process; mongod beside it makes better use of more.
const (
	heldMost  = 224 << 20
	gcPercent = 40
	noHeap    = 16 << 20 // stacks, and what the collector notes
)

// keepSmall has garbage collected by how much is held, unless the environment says how. With a fixed share of garbage, as Go has it, a house that
// uses little would spend a good part of its time on collecting, and one that uses much would hold too much (decision 0057).
func keepSmall() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(heldMost)
	afterEachCollection(func() {
		used := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(used)
		debug.SetMemoryLimit(limit(used[0].Value.Uint64()))
	})
}

// limit is from how many bytes on garbage is collected where so many are in use.
func limit(used uint64) int64 {
	const percent = 100
	return max(heldMost, noHeap+int64(used)*(percent+gcPercent)/percent) //nolint:gosec // far below 2^63
}

// afterEachCollection calls do whenever the garbage collector has been through: what nobody refers to is finalised then, and comes back.
func afterEachCollection(do func()) {
	type seen struct{ _ *seen }
	var again func(*seen)
	again = func(s *seen) {
		do()
		runtime.SetFinalizer(s, again)
	}
	runtime.SetFinalizer(new(seen), again)
}

// memory says how much this process has held at most, where the system tells; nothing elsewhere.
func memory() string {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(status)) {
		var kib int
		if n, err := fmt.Sscanf(line, "VmHWM: %d kB", &kib); n == 1 && err == nil {
			return fmt.Sprintf(" At most %d MiB resident.", kib/1024)
		}
	}
	return ""
}
