package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/mongod"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// TestANodeOfEachServerIsKilled runs two replicas of each service on a NATS cluster of three nodes and a MongoDB replica set
// of three members. In the midst of the load the node that leads EVENTS is killed, then the one that leads FACTS, then the
// primary. What was acknowledged is there: the books are those of a run on one node of each, to the last hash.
func TestANodeOfEachServerIsKilled(t *testing.T) {
	t.Parallel()
	buildServices(t)
	m, err := mongod.Start(t.Context(), mongod.Options{Dir: t.TempDir(), Logger: warnings(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Stop()) })
	plot := newPlot(t, random(t))
	want := plot.play(t, m.URI(), way{lanes: 2, batch: 512}, nil)

	cluster, members := testkit.Cluster(t, 3), testkit.Members(t, 3)
	third := len(plot.groups) / 3
	var node *testkit.NATSServer
	var again func()
	got := plot.play(t, members.URI(), way{lanes: 2, batch: 64, replicas: 2, cluster: cluster, meanwhile: func(order int) {
		switch order {
		case third:
			node = cluster.Leader(t, bus.Events)
			node.Kill(t)
		case third + third/2:
			node.Restart(t)
			cluster.Leader(t, bus.Facts).Kill(t)
		case 2 * third:
			again = members.KillPrimary(t)
		case 2*third + third/2:
			again()
		}
	}}, nil)
	for service, b := range want {
		b.requireSame(t, service, got[service])
	}
	o := newHouse(t).run(programs.laurel, "setup", "--clock", "events", "--nats-url", cluster.URL(), "--nats-token", cluster.Token, "--replicas", "3").wait()
	require.Zero(t, o.code, "a house that is open is set up again, with two nodes of three: %v", o)
}
