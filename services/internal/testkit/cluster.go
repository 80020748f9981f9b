package testkit

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
)

// NATSCluster is nodes that keep streams together, each a process of its own; they end with the test.
type NATSCluster struct {
	Nodes []*NATSServer
	Token string
}

// nodeConfig is a node's configuration: what Laurel's own server has (a token, fsync before each ack), and its cluster.
const nodeConfig = `server_name: node-%d
listen: 127.0.0.1:%d
max_payload: 1MB
authorization { token: %q }
jetstream { store_dir: %q, sync_interval: always }
cluster { name: laurel, listen: 127.0.0.1:%d, routes: [%s] }
`

// Cluster starts a NATS cluster of so many nodes, and returns when it keeps streams.
func Cluster(t testing.TB, nodes int) *NATSCluster {
	t.Helper()
	program, err := program.find(t.Context())
	require.NoError(t, err, "build the nats-server of tests")
	c := &NATSCluster{Token: natsToken}
	var ports []int
	var routes []string
	for range nodes {
		ports = append(ports, Port(t))
		routes = append(routes, fmt.Sprint("nats://127.0.0.1:", ports[len(ports)-1]))
	}
	for i, port := range ports {
		n := &NATSServer{Token: c.Token, Dir: t.TempDir(), program: program, port: Port(t)}
		n.URL = fmt.Sprint("nats://127.0.0.1:", n.port)
		file := filepath.Join(n.Dir, "nats.conf")
		text := fmt.Sprintf(nodeConfig, i, n.port, n.Token, n.Dir, port, strings.Join(routes, ", "))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		n.args = []string{"--config", file}
		n.start(t)
		t.Cleanup(n.kill)
		c.Nodes = append(c.Nodes, n)
	}
	c.js(t, func(ctx context.Context, js jetstream.JetStream) error {
		_, err := js.AccountInfo(ctx)
		return err
	}, "the cluster has a leader")
	return c
}

// URL names all nodes: clients connect to any of them.
func (c *NATSCluster) URL() string {
	urls := make([]string, len(c.Nodes))
	for i, n := range c.Nodes {
		urls[i] = n.URL
	}
	return strings.Join(urls, ",")
}

// Leader is the node that leads a stream now.
func (c *NATSCluster) Leader(t testing.TB, stream string) *NATSServer {
	t.Helper()
	leader := 0
	c.js(t, func(ctx context.Context, js jetstream.JetStream) error {
		s, err := js.Stream(ctx, stream)
		if err != nil {
			return err
		}
		_, err = fmt.Sscanf(s.CachedInfo().Cluster.Leader, "node-%d", &leader)
		return err
	}, stream+" has a leader")
	return c.Nodes[leader]
}

// js asks the cluster until f has an answer.
func (c *NATSCluster) js(t testing.TB, f func(ctx context.Context, js jetstream.JetStream) error, what string) {
	t.Helper()
	conn, err := nats.Connect(c.URL(), nats.Token(c.Token), nats.MaxReconnects(-1))
	require.NoError(t, err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	var last error
	defer func() {
		if last != nil {
			t.Log("the last answer was:", last)
		}
	}()
	Eventually(t, func() bool {
		last = f(t.Context(), js)
		return last == nil
	}, what)
}
