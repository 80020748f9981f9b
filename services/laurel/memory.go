package laurel

import (
	"fmt"
	"os"
	"strings"
)

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
