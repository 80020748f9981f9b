package testkit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// natsToken is what clients must show; the server listens on loopback only.
const natsToken = "token-of-the-test"

// natsProgram is built once by a test process that is not given one in LAUREL_NATSD; Main removes it.
type natsProgram struct {
	mu   sync.Mutex
	path string
}

var program natsProgram

// find returns the path of the program. It is that of a process of its own: inside the test's it would run under the race
// detector, which has nothing to find in it and takes most of the time, and nobody could kill it.
func (p *natsProgram) find(ctx context.Context) (string, error) {
	if path := os.Getenv("LAUREL_NATSD"); path != "" {
		_ = os.Getenv("LAUREL_NATSD_IS") // Go keeps results by what is asked for here, and knows nothing of programs
		return path, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.path != "" {
		return p.path, nil
	}
	dir, err := os.MkdirTemp("", "laurel-test-natsd-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "natsd")
	if err := Build(ctx, path, "github.com/laurel-loyalty/laurel/services/internal/testkit/natsd"); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	p.path = path
	return path, nil
}

func (p *natsProgram) remove() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.path == "" {
		return nil
	}
	err := os.RemoveAll(filepath.Dir(p.path))
	p.path = ""
	return err
}

// NATSServer is a nats-server of one test, a process of its own, with JetStream on disk and fsync before each ack, as in
// production. It is not safe for many.
type NATSServer struct {
	URL   string
	Token string
	Dir   string // the store; to be touched only while the server is stopped

	program string
	args    []string
	port    int
	said    *bytes.Buffer // of the latest process; to be read when it has ended
	process *exec.Cmd
	ended   chan struct{}
}

// NATS starts a nats-server with an empty store; it ends with the test.
func NATS(t testing.TB) *NATSServer {
	t.Helper()
	program, err := program.find(t.Context())
	require.NoError(t, err, "build the nats-server of tests")
	n := &NATSServer{Token: natsToken, Dir: t.TempDir(), program: program, port: Port(t)}
	n.URL = fmt.Sprint("nats://127.0.0.1:", n.port)
	n.args = []string{"--dir", n.Dir, "--port", strconv.Itoa(n.port)}
	require.NoError(t, os.WriteFile(filepath.Join(n.Dir, "token"), []byte(n.Token), 0o600))
	n.start(t)
	t.Cleanup(n.kill)
	return n
}

// Kill ends the server with SIGKILL, as a crash does; clients see their connections end.
func (n *NATSServer) Kill(t testing.TB) {
	t.Helper()
	n.kill()
}

// Restart starts the server again on the same port and store, killing it first if it runs.
func (n *NATSServer) Restart(t testing.TB) {
	t.Helper()
	n.kill()
	n.start(t)
}

// start returns when clients can connect: the server listens when its streams are recovered.
func (n *NATSServer) start(t testing.TB) {
	t.Helper()
	n.said = &bytes.Buffer{}
	n.process = exec.CommandContext(context.WithoutCancel(t.Context()), n.program, n.args...)
	n.process.Stderr = n.said
	_, err := n.process.StdinPipe() // its end tells the process that nobody needs it any more
	require.NoError(t, err)
	require.NoError(t, n.process.Start(), "start nats-server")
	ended, process := make(chan struct{}), n.process
	go func() {
		defer close(ended)
		_ = process.Wait() // how it ended is in what it said
	}()
	n.ended = ended
	var dialer net.Dialer
	Eventually(t, func() bool {
		select {
		case <-ended:
			require.Fail(t, "nats-server ended while it was starting", n.said.String())
		default:
		}
		conn, err := dialer.DialContext(t.Context(), "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(n.port)))
		return err == nil && conn.Close() == nil
	}, "nats-server listens")
}

func (n *NATSServer) kill() {
	_ = n.process.Process.Kill() // already gone is as good
	<-n.ended
}
