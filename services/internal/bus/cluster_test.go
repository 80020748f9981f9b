package bus_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// TestStreamsOfAClusterKeepTheirReplicas: they are raised where a layout asks for more, never lowered by one that asks for
// less, as that of a service that knows nothing of the cluster; and closing EVENTS leaves them alone.
func TestStreamsOfAClusterKeepTheirReplicas(t *testing.T) {
	t.Parallel()
	cluster := testkit.Cluster(t, 3)
	b := ofCluster(t, cluster)
	for _, c := range []struct{ asked, kept int }{{0, 1}, {3, 3}, {0, 3}, {1, 3}} {
		l := layout()
		l.Replicas = c.asked
		require.NoError(t, b.EnsureStreams(t.Context(), l))
		for _, name := range []string{bus.Events, bus.Facts, bus.Dead} {
			stream, err := raw(t, cluster.Nodes[0]).Stream(t.Context(), name)
			require.NoError(t, err)
			require.Equal(t, c.kept, stream.CachedInfo().Config.Replicas, "%s after %d were asked for", name, c.asked)
		}
	}
	require.NoError(t, b.CloseEvents(t.Context()))
	require.NoError(t, b.OpenEvents(t.Context(), layout().MaxBytesEvents))
	stream, err := raw(t, cluster.Nodes[0]).Stream(t.Context(), bus.Events)
	require.NoError(t, err)
	require.Equal(t, 3, stream.CachedInfo().Config.Replicas)
}

// TestTheLeaderOfAStreamIsKilled: what is published while the stream has no leader is taken when it has one, and a reader
// reads on, each message once and in order.
func TestTheLeaderOfAStreamIsKilled(t *testing.T) {
	t.Parallel()
	cluster := testkit.Cluster(t, 3)
	b := ofCluster(t, cluster)
	l := layout()
	l.Replicas = 3
	require.NoError(t, b.EnsureStreams(t.Context(), l))
	first := publish(t, b, orders("first", 300))
	k := newKeeper()
	stop := start(t, b.NewReader(k.config()))
	k.awaitCount(t, len(first))
	cluster.Leader(t, bus.Events).Kill(t)
	second := orders("second", 300)
	testkit.Eventually(t, func() bool {
		err := b.PublishBatch(t.Context(), second)
		require.True(t, err == nil || errors.Is(err, bus.ErrRetry) || errors.Is(err, bus.ErrStored), "%v", err)
		return !errors.Is(err, bus.ErrRetry)
	}, "the batch is taken")
	k.awaitCount(t, len(first)+len(second))
	require.NoError(t, stop())
	require.Equal(t, ids(first, second), k.ids())
}

func ofCluster(t *testing.T, c *testkit.NATSCluster) *bus.Bus {
	t.Helper()
	b, err := bus.Connect(t.Context(), bus.Config{URL: c.URL(), Token: c.Token, Name: "test"}, testkit.Logger(t))
	require.NoError(t, err)
	t.Cleanup(b.Close)
	return b
}
