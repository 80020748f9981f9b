package laurel

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
)

// gcPercent is how much garbage there may be beside what is held: less than Go's 100, because the whole house shares one
// process with little else to do, and mongod beside it makes better use of the memory.
const gcPercent = 60

// keepSmall collects garbage earlier than Go would, unless GOGC says how.
func keepSmall() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
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
