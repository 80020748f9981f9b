// Package testkit starts what tests need for real (a mongod for each test process, a nats-server for each test),
// waits for what must come to pass, and logs into the test.
package testkit

import (
	"log/slog"
	"testing"
	"time"
)

// How Eventually polls. The limit is for a machine that does much else: a test that passes takes far less.
const (
	pollEvery   = 15 * time.Millisecond
	eventualMax = 3 * time.Minute
)

// Eventually waits until cond, which runs in the caller's goroutine, holds. It fails the test after 3 min, naming what
// did not come to pass.
func Eventually(t testing.TB, cond func() bool, what string) {
	t.Helper()
	end := time.NewTimer(eventualMax)
	defer end.Stop()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-end.C:
			t.Fatalf("after %v: not %s", eventualMax, what)
		}
	}
}

// Logger writes to the test's own output, which is shown when it fails.
func Logger(t testing.TB) *slog.Logger {
	t.Helper()
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}
