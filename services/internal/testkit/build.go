package testkit

import (
	"context"
	"fmt"
	"os/exec"
)

// Build compiles programs of this repository as they are shipped, without the race detector, under which a process takes
// most of a second to begin. Out is a file, or with a slash at its end a directory; args are flags and packages as `go
// build` takes them. A test imports what it builds, so that a change there makes a cached result stale.
func Build(ctx context.Context, out string, args ...string) error {
	args = append([]string{"build", "-ldflags=-s -w", "-o", out}, args...) // nobody debugs them: half the time to link
	if said, err := exec.CommandContext(ctx, "go", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("go %v: %w\n%s", args, err, said)
	}
	return nil
}
