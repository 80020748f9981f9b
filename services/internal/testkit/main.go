package testkit

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// leftByNATS are goroutines that nats-server 2.15.2 does not end when it stops: those of the store that it makes for an
// atomic batch which is on its way just then.
func leftByNATS() []goleak.Option {
	const server = "github.com/nats-io/nats-server/v2/server"
	return []goleak.Option{
		goleak.IgnoreAnyFunction(server + ".(*msgBlock).flushLoop"),
		goleak.IgnoreAnyFunction(server + ".(*fileStore).flushStreamStateLoop"),
		goleak.IgnoreAnyFunction(server + "/ats.Register.func1"),
	}
}

// Main is what TestMain calls: it runs the tests, stops what they shared, and fails if a goroutine is left. It does
// not return.
func Main(m *testing.M, ignore ...goleak.Option) {
	shared.mu.Lock()
	shared.managed = true
	shared.mu.Unlock()
	code := m.Run()
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop the mongod of this test process:", err)
		code = max(code, 1)
	}
	if code == 0 {
		if err := goleak.Find(append(leftByNATS(), ignore...)...); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code) //nolint:revive // the last thing a TestMain does
}
