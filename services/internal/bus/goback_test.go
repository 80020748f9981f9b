package bus_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// requireWentBack runs a reader on the keeper's marks and returns what it found.
func requireWentBack(t *testing.T, b *bus.Bus, k *keeper, differs string) {
	t.Helper()
	before := k.count()
	err := b.Read(t.Context(), k.config())
	require.ErrorIs(t, err, reason.BusWentBack)
	var back *bus.WentBack
	require.ErrorAs(t, err, &back)
	require.Contains(t, back.Differs, differs)
	require.Equal(t, k.marks[back.Partition], back.Mark)
	require.Equal(t, bus.Events, back.Stream)
	require.Equal(t, before, k.count(), "nothing is delivered")
	require.Contains(t, err.Error(), back.Differs)
}

func TestMarkThatDoesNotMatchMeansTheBusWentBack(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	publish(t, b, orders("a", 20))
	good := readAll(t, b, 20)
	p := good.applied[7].Partition
	for _, c := range []struct {
		name    string
		alter   func(bus.Mark) bus.Mark
		differs string
	}{
		{"another id at the mark", func(m bus.Mark) bus.Mark { m.ID = "other"; return m }, `had id "other"`},
		{"another time at the mark", func(m bus.Mark) bus.Mark {
			m.Time = m.Time.Add(time.Millisecond)
			return m
		}, "was stored at"},
		{"another stream", func(m bus.Mark) bus.Mark {
			m.Created = m.Created.Add(-time.Hour)
			return m
		}, "the stream was made at"},
		{"a mark beyond the end", func(m bus.Mark) bus.Mark { m.Sequence = 21; return m }, "ends at sequence 20"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := newKeeper()
			k.marks = maps.Clone(good.marks)
			k.marks[p] = c.alter(k.marks[p])
			requireWentBack(t, b, k, c.differs)
		})
	}
}

// TestAMarkOfAnotherReplicaCountsAsWell: who reads other partitions would read on under sequences that were given out twice.
func TestAMarkOfAnotherReplicaCountsAsWell(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	publish(t, b, orders("a", 20))
	k := readAll(t, b, 20)
	p := k.applied[7].Partition
	others := k.marks[p]
	others.ID = "other"
	k.marks[p] = others
	config := k.config()
	config.Partitions = slices.DeleteFunc(partitions(bus.Partitions), func(own int) bool { return own == p })
	require.ErrorIs(t, b.Read(t.Context(), config), reason.BusWentBack)
}

func TestMarkOfAStoreThatKeepsMillisecondsMatches(t *testing.T) {
	t.Parallel()
	_, b := house(t)
	publish(t, b, orders("a", 20))
	k := readAll(t, b, 20)
	for p, m := range k.marks {
		require.Zero(t, m.Time.Nanosecond()%int(time.Millisecond))
		m.Time, m.Created = m.Time.Local().Add(999*time.Microsecond), m.Created.Local().Add(time.Microsecond)
		k.marks[p] = m
	}
	start(t, b.NewReader(k.config()))
	publish(t, b, orders("b", 1))
	k.awaitCount(t, 21)
}

func TestStreamDeletedAndRefilledPastTheMark(t *testing.T) {
	t.Parallel()
	server, b := house(t)
	publish(t, b, orders("a", 20))
	k := readAll(t, b, 20)
	require.NoError(t, raw(t, server).DeleteStream(t.Context(), bus.Events))
	requireWentBack(t, b, k, "the stream is gone")
	require.NoError(t, b.EnsureStreams(t.Context(), layout()))
	requireWentBack(t, b, k, "the stream was made at")
	publish(t, b, orders("b", 50))
	requireWentBack(t, b, k, "the stream was made at")
}

func TestStreamDeletedUnderTheReader(t *testing.T) {
	t.Parallel()
	server, b := house(t)
	publish(t, b, orders("a", 20))
	k := newKeeper()
	failed := make(chan error, 1)
	go func() { failed <- b.Read(t.Context(), k.config()) }()
	k.awaitCount(t, 20)
	require.NoError(t, raw(t, server).DeleteStream(t.Context(), bus.Events))
	require.ErrorIs(t, <-failed, reason.BusWentBack)
}

func TestMessageAtTheMarkIsGone(t *testing.T) {
	t.Parallel()
	server, b := house(t)
	publish(t, b, orders("a", 20))
	k := readAll(t, b, 20)
	stream, err := raw(t, server).Stream(t.Context(), bus.Events)
	require.NoError(t, err)
	require.NoError(t, stream.DeleteMsg(t.Context(), 20))
	requireWentBack(t, b, k, "") // the last message: the server may also say that the stream ends before it
}

// TestStoreFromABackup is a stream that truly goes back: same stream, same creation, sequences used twice.
func TestStoreFromABackup(t *testing.T) {
	t.Parallel()
	server, b := house(t)
	publish(t, b, orders("kept", 30))
	server.Kill(t)
	backup := t.TempDir()
	require.NoError(t, os.CopyFS(backup, os.DirFS(server.Dir)))
	server.Restart(t)
	testkit.Eventually(t, b.Connected, "connected")
	publish(t, b, orders("lost", 30))
	k := newKeeper()
	failed := make(chan error, 1)
	go func() { failed <- b.Read(t.Context(), k.config()) }()
	k.awaitCount(t, 60)

	server.Kill(t)
	store := filepath.Join(server.Dir, "jetstream")
	require.NoError(t, os.RemoveAll(store))
	require.NoError(t, os.CopyFS(store, os.DirFS(filepath.Join(backup, "jetstream"))))
	server.Restart(t)
	require.ErrorIs(t, <-failed, reason.BusWentBack, "noticed at the reconnect")
	requireWentBack(t, b, k, "ends at sequence 30")
	testkit.Eventually(t, b.Connected, "connected")
	publish(t, b, orders("new", 100))
	requireWentBack(t, b, k, "the message at the mark")
	require.Equal(t, 60, k.count())
}

func TestHoleAboveAMarkIsLoud(t *testing.T) {
	t.Parallel()
	server, b := house(t)
	publish(t, b, orders("a", 20))
	stream, err := raw(t, server).Stream(t.Context(), bus.Events)
	require.NoError(t, err)
	for _, gone := range []uint64{1, 2, 9, 10} {
		require.NoError(t, stream.DeleteMsg(t.Context(), gone))
	}
	var log logbook
	k := newKeeper()
	cfg := k.config()
	cfg.Logger = log.logger()
	start(t, b.NewReader(cfg))
	k.awaitCount(t, 16)
	require.Contains(t, log.String(), "level=ERROR")
	require.Contains(t, log.String(), "messages=4 from=1 to=10")
}

func TestHoleBelowTheMarksIsHistory(t *testing.T) {
	t.Parallel()
	server, b := house(t)
	batch := make([]bus.Outgoing, 20)
	for i, out := range orders("a", 20) {
		batch[i] = out
		batch[i].Subject = bus.OrderSubject("cdnow", "shop", "paid", "one")
	}
	publish(t, b, batch)
	k := newKeeper()
	var log logbook
	cfg := k.config()
	cfg.Partitions = []int{bus.Partition("cdnow", "one", bus.Partitions)}
	cfg.Logger = log.logger()
	stop := start(t, b.NewReader(cfg))
	k.awaitCount(t, 20)
	require.NoError(t, stop())
	stream, err := raw(t, server).Stream(t.Context(), bus.Events)
	require.NoError(t, err)
	require.NoError(t, stream.DeleteMsg(t.Context(), 3))
	start(t, b.NewReader(cfg))
	publish(t, b, []bus.Outgoing{{Subject: batch[0].Subject, ID: "next"}})
	k.awaitCount(t, 21)
	require.NotContains(t, log.String(), "level=ERROR")
}
