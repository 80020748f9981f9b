package natsd

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAPrivateServerSyncsBeforeItAcknowledges: an ack before the sync would be a promise that a power cut breaks; and nobody
// but this machine, with the token, comes in.
func TestAPrivateServerSyncsBeforeItAcknowledges(t *testing.T) {
	t.Parallel()
	o := options("/data", 0, "secret")
	require.True(t, o.SyncAlways)
	require.True(t, o.JetStream)
	require.Equal(t, "/data", o.StoreDir)
	require.Equal(t, "127.0.0.1", o.Host)
	require.Equal(t, "secret", o.Authorization)
}
