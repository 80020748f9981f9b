package faults

import (
	"maps"
	"slices"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"
)

// away is how long a server stays away.
const away = 2 * time.Second

// onlyTrouble asserts that no attempt failed otherwise than because nobody answered (X2), or with more codes.
func (l *load) onlyTrouble(more ...string) {
	l.w.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, code := range slices.Sorted(maps.Keys(l.calls.codes)) {
		require.Contains(l.w.t, append(more, "Unavailable", "DeadlineExceeded"), code, "attempts failed with %v", l.calls.codes)
	}
}

func mongodIsKilled(x *trial) {
	w := x.raise(ground{})
	x.mustFire("mongod was killed", x.times)
	l := w.load(x.volume)
	every := time.Duration(x.volume.seconds) * time.Second / time.Duration(x.times)
	for range x.times {
		pause(x.t.Context(), time.Duration(x.random.Int64N(int64(every/2))))
		w.mongod.Kill()
		x.fired("mongod was killed")
		pause(x.t.Context(), away)
		require.NoError(x.t, w.mongod.Restart(x.t.Context()))
		w.up(l, time.Now())
	}
	w.holds(l)
	l.onlyTrouble()
}

func mongodSleeps(x *trial) {
	const (
		sleep      = 15 * time.Second
		unreadyMax = 5 * time.Second
		overMax    = 500 * time.Millisecond
		growMax    = 50 << 20
	)
	w := x.raise(ground{})
	x.mustFire("mongod was stopped", 1)
	l := w.load(x.volume)
	pause(x.t.Context(), 3*time.Second)
	before := w.rss()
	require.NoError(x.t, w.mongod.Signal(syscall.SIGSTOP))
	x.fired("mongod was stopped")
	began, unready, grown := time.Now(), time.Duration(0), int64(0)
	for time.Since(began) < sleep {
		if unready == 0 && !w.ready() {
			unready = time.Since(began)
		}
		grown = max(grown, w.rss()-before)
		pause(x.t.Context(), loadTick)
	}
	require.NoError(x.t, w.mongod.Signal(syscall.SIGCONT))
	w.up(l, time.Now())
	w.holds(l)
	l.onlyTrouble("ResourceExhausted") // queues are bounded
	x.note("not ready after %.1f s, calls %.2f s beyond their deadline at most, memory +%d MiB", unready.Seconds(), l.calls.overrun.Seconds(), grown>>20)
	require.NotZero(x.t, unready, "readiness never said so")
	x.within(unreadyMax, unready, "readiness")
	x.within(overMax, l.calls.overrun, "a call beyond its deadline")
	if grown > growMax {
		x.t.Errorf("memory grew by %d MiB, at most %d", grown>>20, growMax>>20)
	}
}
