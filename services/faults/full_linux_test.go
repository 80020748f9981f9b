package faults

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
)

// smallDisk mounts a disk in memory. Where that is not allowed the trial is not run, and says so.
func (x *trial) smallDisk(bytes string) string {
	x.t.Helper()
	dir := filepath.Join(x.t.TempDir(), "small")
	require.NoError(x.t, os.MkdirAll(dir, 0o700))
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+bytes); err != nil {
		x.t.Skipf("NOT RUN: it needs the right to mount: %v", err)
	}
	x.t.Cleanup(func() { require.NoError(x.t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	return dir
}

// fill leaves so many percent of a disk free, and returns what makes room again.
func (x *trial) fill(dir string, leave uint64) func() {
	x.t.Helper()
	var space syscall.Statfs_t
	require.NoError(x.t, syscall.Statfs(dir, &space))
	size, wanted := int64(0), int64((space.Bavail-space.Blocks*leave/100)*uint64(space.Bsize)) //nolint:gosec // sizes of disks
	path := filepath.Join(dir, "filler")
	file, err := os.Create(path)
	require.NoError(x.t, err)
	block := make([]byte, 1<<20)
	for leave == 0 || size < wanted {
		n, err := file.Write(block)
		size += int64(n)
		if errors.Is(err, syscall.ENOSPC) {
			break
		}
		require.NoError(x.t, err)
	}
	require.NoError(x.t, file.Close())
	return func() { require.NoError(x.t, os.Remove(path)) }
}

// diskIsFull fills the disk that the house and its own servers stand on: first so far that it notices, then to its end; and lets
// EVENTS and FACTS reach their limits.
func diskIsFull(x *trial) {
	const (
		backMax = 30 * time.Second
		low     = 5 // percent free; the house wants 10
		stays   = 10 * time.Second
	)
	disk := x.smallDisk("5g") // the streams of a house may hold 3.5 GiB, and nats-server wants three quarters of the disk for that at most
	for _, what := range []string{"the disk was low", "the disk was full", "EVENTS was full", "FACTS was full"} {
		x.mustFire(what, 1)
	}
	w := x.raise(ground{own: disk})
	v := x.volume
	v.perSecond, v.seconds = v.perSecond/3, 3600 // until it is told to end
	l := w.load(v)

	room := x.fill(disk, low)
	require.Eventually(x.t, func() bool { return strings.Contains(w.readiness(), "disk") }, backMax, loadTick, "readiness names the disk")
	surfaced := l.surfaces()
	require.Eventually(x.t, func() bool { return l.surfaces() > surfaced }, backMax, loadTick, "publishers are told")
	x.fired("the disk was low")
	room()
	back := w.backWithin(l, backMax)
	x.note("low: taken again %.1f s after there was room", back.Seconds())

	room = x.fill(disk, 0)
	surfaced = l.surfaces()
	require.Eventually(x.t, func() bool { return l.surfaces() > surfaced }, backMax, loadTick, "publishers are told")
	pause(x.t.Context(), stays)
	x.fired("the disk was full")
	room()
	back = w.backWithin(l, backMax)
	x.note("full: taken again %.1f s after there was room", back.Seconds())

	for _, stream := range []string{bus.Events, bus.Facts} {
		w.streamIsFull(l, stream, stays)
		x.fired(stream + " was full")
		back = w.backWithin(l, backMax)
		x.note("%s full: taken again after %.1f s", stream, back.Seconds())
	}
	l.enough()
	w.holds(l)
}

// surfaces is how often a publisher was told that the bus does not take it.
func (l *load) surfaces() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.oracle.surfaced
}

// backWithin waits until the bus takes events and the house is up, and holds how long that takes to a limit.
func (w *world) backWithin(l *load, limit time.Duration) time.Duration {
	w.t.Helper()
	began := time.Now()
	l.mu.Lock()
	before := l.oracle.events
	l.mu.Unlock()
	taken := func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.oracle.events > before
	}
	for !taken() || !w.ready() {
		w.laurel.stillRuns()
		if time.Since(began) > drainMax {
			w.t.Fatalf("not back %s after there was room: events are taken: %v, readiness: %s\n%s", drainMax, taken(), w.readiness(), w.laurel.lastWords())
		}
		pause(w.t.Context(), loadTick)
	}
	took := time.Since(began)
	w.within(limit, took, "to take work again")
	return took
}

// streamIsFull has a stream take no more than it holds, for a while.
func (w *world) streamIsFull(l *load, name string, stays time.Duration) {
	w.t.Helper()
	conn, err := nats.Connect(w.busURL(), nats.Token(w.busToken()))
	require.NoError(w.t, err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	require.NoError(w.t, err)
	stream, err := js.Stream(w.t.Context(), name)
	require.NoError(w.t, err)
	config, narrow := stream.CachedInfo().Config, stream.CachedInfo().Config
	narrow.MaxBytes = int64(stream.CachedInfo().State.Bytes) + 1 //nolint:gosec // far from it
	_, err = js.UpdateStream(w.t.Context(), narrow)
	require.NoError(w.t, err)
	if name == bus.Events {
		surfaced := l.surfaces()
		require.Eventually(w.t, func() bool { return l.surfaces() > surfaced }, stays, loadTick, "publishers are told")
	} else {
		b := w.books()
		defer b.close()
		require.Eventually(w.t, func() bool { n, err := b.outbox(); return err == nil && n > 0 }, stays, loadTick, "facts wait in MongoDB")
	}
	pause(w.t.Context(), stays)
	_, err = js.UpdateStream(w.t.Context(), config)
	require.NoError(w.t, err)
}
