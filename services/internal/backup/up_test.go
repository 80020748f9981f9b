package backup_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/backup"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/lease"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// TestNothingIsMendedWhileAServiceLives: it would write meanwhile. One that was killed a moment ago does not live.
func TestNothingIsMendedWhileAServiceLives(t *testing.T) {
	t.Parallel()
	s := newStores(t)
	require.NoError(t, s.house.Bus.EnsureStreams(t.Context(), bus.Layout{
		MaxBytesEvents: 64 * mebibyte, MaxBytesFacts: 64 * mebibyte, MaxBytesDead: 64 * mebibyte,
	}))
	tier, err := store.Open(t.Context(), s.house.MongoURI, s.db("tier").Name())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, tier.Close(context.WithoutCancel(t.Context()))) })
	require.NoError(t, tier.Ensure(t.Context(), store.PartitionsCollection()))
	live := func(address string) (*lease.Keeper, func()) {
		k, err := lease.New(t.Context(), tier, lease.Config{Address: address, Partitions: 2}, testkit.Logger(t), func() {})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = k.Run(ctx) })
		die := sync.OnceFunc(func() {
			cancel()
			running.Wait()
		})
		t.Cleanup(die)
		testkit.Eventually(t, func() bool { return len(k.Owned()) > 0 }, "it lives")
		return k, die
	}
	dir := filepath.Join(t.TempDir(), "mend")
	_, die := live("10.0.0.7:7400")
	_, err = backup.Mend(t.Context(), s.house, dir)
	var up *backup.ServiceUp
	require.ErrorAs(t, err, &up)
	require.Equal(t, backup.ServiceUp{Service: "tier", Address: "10.0.0.7:7400"}, *up)
	_, err = os.Stat(dir)
	require.ErrorIs(t, err, os.ErrNotExist, "nothing was begun")
	s.order("o-1") // and nothing is closed

	die() // without a word
	m, err := backup.Mend(t.Context(), s.house, dir)
	require.NoError(t, err)
	require.Empty(t, m.Streams)

	k, end := live("10.0.0.8:7400")
	end()
	require.NoError(t, k.Leave(t.Context()))
	_, err = backup.Mend(t.Context(), s.house, filepath.Join(t.TempDir(), "again"))
	require.NoError(t, err)
}
