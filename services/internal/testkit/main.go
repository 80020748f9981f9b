package testkit

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// Main is what TestMain calls: it runs the tests, stops what they shared, and fails if a goroutine is left. It does
// not return.
func Main(m *testing.M, ignore ...goleak.Option) {
	shared.mu.Lock()
	shared.managed = true
	shared.mu.Unlock()
	code := m.Run()
	if err := errors.Join(shared.stop(), program.remove()); err != nil {
		fmt.Fprintln(os.Stderr, "stop what this test process shared:", err)
		code = max(code, 1)
	}
	if code == 0 {
		if err := goleak.Find(ignore...); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code) //nolint:revive // the last thing a TestMain does
}
