package faults

import (
	"time"

	"github.com/stretchr/testify/require"
)

// natsIsKilled: the keeper of nats-server starts it again on its store.
func natsIsKilled(x *trial) {
	const reconnectMax = 5 * time.Second
	w := x.raise(ground{})
	x.mustFire("nats-server was killed", x.times)
	l := w.load(x.volume)
	every := time.Duration(x.volume.seconds) * time.Second / time.Duration(x.times)
	longest := time.Duration(0)
	for range x.times {
		pause(x.t.Context(), time.Duration(x.random.Int64N(int64(every/2)))+every/4)
		was := w.nats.PID()
		w.nats.Kill()
		x.fired("nats-server was killed")
		back := w.natsIsBack(was)
		w.reconnected(l)
		longest = max(longest, time.Since(back))
		w.up(l, back)
	}
	x.within(reconnectMax, longest, "the reconnection")
	w.holds(l)
	if x.times > 1 { // once, it may hit the moment between two batches
		require.Positive(x.t, l.oracle.surfaced, "publishers were told")
	}
	x.note("publishers were told %d times, connected again %.1f s after it was back", l.oracle.surfaced, longest.Seconds())
}

// natsIsBack waits until another nats-server serves.
func (w *world) natsIsBack(was int) time.Time {
	tick := time.NewTicker(loadTick / 10)
	defer tick.Stop()
	for w.nats.PID() == was {
		<-tick.C
	}
	return time.Now()
}

// reconnected waits until the bus takes what producers send.
func (w *world) reconnected(l *load) {
	l.mu.Lock()
	before := l.oracle.events
	l.mu.Unlock()
	tick := time.NewTicker(loadTick / 10)
	defer tick.Stop()
	for l.running() {
		l.mu.Lock()
		more := l.oracle.events > before
		l.mu.Unlock()
		if more {
			return
		}
		<-tick.C
	}
}
