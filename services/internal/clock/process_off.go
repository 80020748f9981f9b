//go:build !fault

package clock

import (
	"fmt"
	"os"
)

// Process returns the clock of a process: the machine's. It refuses to be moved in this build.
func Process() (Clock, error) {
	if os.Getenv(OffsetVariable) != "" {
		return nil, fmt.Errorf("%s is set: a clock is moved in test builds alone (-tags fault)", OffsetVariable)
	}
	return System(), nil
}
