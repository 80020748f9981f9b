package follow

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/lease"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
)

// Counts are what this process has done since it began.
type Counts struct {
	Messages   int64 // that the marks have passed
	Commits    int64
	Committing time.Duration // spent in commits, over all lanes
}

// Counts tells what this process has done since it began.
func (f *Follower) Counts() Counts {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counts
}

// committed is told of each commit by the lanes.
func (f *Follower) committed(o Outcome) {
	f.metrics.commit.Observe(o.Took.Seconds())
	f.mu.Lock()
	f.counts.Commits++
	f.counts.Committing += o.Took
	f.counts.Messages += int64(o.Messages)
	for _, p := range o.Partitions {
		f.parts[p.ID] = p
	}
	f.wake()
	f.mu.Unlock()
	for _, r := range f.relays {
		if slices.Contains(o.Streams, r.Stream) {
			r.Wake()
		}
	}
}

func (f *Follower) leaseCounts() lease.Counts {
	if f.leases == nil {
		return lease.Counts{}
	}
	return f.leases.Counts()
}

// askReread makes the reader begin again behind the marks.
func (f *Follower) askReread() {
	select {
	case f.reread <- struct{}{}:
	default:
	}
}

// note is told of partition documents as they stand in the store: the sweeps and those who wait go by them.
func (f *Follower) note(parts map[int]store.Partition) {
	f.mu.Lock()
	defer f.mu.Unlock()
	maps.Copy(f.parts, parts)
	f.wake()
}

// Clocks tells how far the clock of each partition of this replica has come, as this process knows.
func (f *Follower) Clocks() map[int]time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	clocks := make(map[int]time.Time, len(f.parts))
	for id, p := range f.parts {
		if f.owns(id) {
			clocks[id] = p.Clock
		}
	}
	return clocks
}

// Applied tells up to which sequence of the stream each partition is applied, as this process knows.
func (f *Follower) Applied() map[int]uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	applied := make(map[int]uint64, len(f.parts))
	for id, p := range f.parts {
		applied[id] = p.Mark.Sequence
	}
	return applied
}

// Behind tells whether a partition's clock has not come to a time.
func (f *Follower) Behind(t time.Time) bool {
	for _, clock := range f.Clocks() {
		if clock.Before(t) {
			return true
		}
	}
	return false
}

// mended turns the service green again, if nothing else than this has broken it.
func (f *Follower) mended(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken == err { //nolint:errorlint // this very one
		f.broken = nil
		f.deps.Log.Warn("the bus holds again what was read of it: the service goes on", "service", f.cfg.Service)
	}
	f.wake()
}

// breakOn turns the service red: an invariant does not hold, which is for good, or the bus went back.
func (f *Follower) breakOn(err error) {
	if err == nil {
		return
	}
	f.deps.Log.Error("the service stops applying; an operator must look", "service", f.cfg.Service, "error", err)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken == nil {
		f.broken = err
	}
	f.wake()
}

// Broken is why the service does not go on, nil while it does.
func (f *Follower) Broken() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.broken
}

func (f *Follower) addChecks() {
	f.deps.Health.Add(f.cfg.Service+" store", f.deps.Store.Ping)
	f.deps.Health.Add(f.cfg.Service+" bus", func(context.Context) error {
		if f.leases != nil && len(f.leases.Owned()) == 0 {
			return f.metrics.connected(f.deps.Bus) // a replica with nothing to read is ready to take over
		}
		return f.metrics.busHealth(f.cfg.Stream)
	})
	f.deps.Health.Add(f.cfg.Service+" state", func(context.Context) error {
		if err := f.Broken(); err != nil {
			return telemetry.Grave{Err: err}
		}
		return nil
	})
}

// Progress is how far the service has come.
type Progress struct {
	Behind int64 // partitions whose last message is not applied
	Due    int64 // things that are due up to their partition's clock
	Outbox int64 // chunks not published yet
}

// Drained tells whether nothing is left to do for now.
func (p Progress) Drained() bool { return p.Behind == 0 && p.Due == 0 && p.Outbox == 0 }

// Progress asks the bus and the store. Due counts what is due up to the partitions' clocks; nil: nothing ever is.
func (f *Follower) Progress(ctx context.Context, due func(ctx context.Context, clocks map[int]time.Time) (int64, error)) (Progress, error) {
	parts, err := f.deps.Store.ReadPartitions(ctx, f.Partitions())
	if err != nil {
		return Progress{}, err
	}
	var p Progress
	clocks := map[int]time.Time{}
	for _, id := range f.Partitions() { // one that nobody has begun has no document yet
		clocks[id] = parts[id].Clock
	}
	if due != nil {
		if p.Due, err = due(ctx, clocks); err != nil {
			return Progress{}, err
		}
	}
	if p.Outbox, err = outbox.Waiting(ctx, f.deps.Store); err != nil {
		return Progress{}, err
	}
	// The stream is asked last: what a service has published to the stream that it follows is part of what it has to do.
	for _, id := range f.Partitions() {
		next, err := f.deps.Bus.Next(ctx, f.cfg.Stream, id, parts[id].Mark.Sequence)
		if err != nil {
			return Progress{}, err
		}
		if next > 0 {
			p.Behind++
		}
	}
	return p, nil
}
