package testkit

import (
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"
)

// natsToken is what clients must show; the server listens on loopback only.
const natsToken = "token-of-the-test"

// natsReadyMax is how long an embedded server may take to start, on a busy machine.
const natsReadyMax = 3 * time.Minute

// NATSServer is a nats-server of one test, inside the test's process, with JetStream on disk and fsync before each
// ack, as in production. It is not safe for many.
type NATSServer struct {
	URL   string
	Token string
	Dir   string // the store; to be touched only while the server is stopped

	opts   *server.Options
	server *server.Server
}

// NATS starts a nats-server with an empty store; it ends with the test.
func NATS(t testing.TB) *NATSServer {
	t.Helper()
	n := &NATSServer{Token: natsToken, Dir: t.TempDir()}
	n.opts = &server.Options{
		ServerName: "testkit", Host: "127.0.0.1", Port: Port(t), Authorization: n.Token,
		NoLog: true, NoSigs: true, JetStream: true, StoreDir: n.Dir, SyncAlways: true, MaxPayload: 1 << 20,
		DisableJetStreamBanner: true,
	}
	n.start(t)
	n.URL = n.server.ClientURL()
	t.Cleanup(n.stop)
	return n
}

// Kill stops the server; clients see their connections end. Inside one process this cannot be a kill -9: tests that
// need one use the child process of bus/natsd.
func (n *NATSServer) Kill(t testing.TB) {
	t.Helper()
	n.stop()
}

// Restart starts the server again on the same port and store, stopping it first if it runs.
func (n *NATSServer) Restart(t testing.TB) {
	t.Helper()
	n.stop()
	n.start(t)
}

func (n *NATSServer) start(t testing.TB) {
	t.Helper()
	opts := n.opts.Clone()
	s, err := server.NewServer(opts)
	require.NoError(t, err, "make a nats-server")
	s.Start()
	require.True(t, s.ReadyForConnections(natsReadyMax), "nats-server is not ready after %v", natsReadyMax)
	n.server = s
}

func (n *NATSServer) stop() {
	n.server.Shutdown()
	n.server.WaitForShutdown()
}
