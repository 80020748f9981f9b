package follow

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"time"

	typev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/type/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const (
	// afterMax is how long a read waits whose call has no end.
	afterMax = 10 * time.Second
	// afterSpare is left of a call's time for the answer, and for telling that the wait was in vain.
	afterSpare = 100 * time.Millisecond
	// afterEvery is how often the store is asked: another replica may be the one that applies a partition.
	afterEvery = 250 * time.Millisecond
)

// Account names an account; its partition follows.
type Account struct{ Program, ID string }

// After returns once what stands up to a position of the stream is applied to the accounts; without an account, to all of
// them. Without a position it returns at once. It waits as long as the call may last, and refuses with NOT_YET_APPLIED
// when that was too short, with POSITION_UNKNOWN when the stream has not come that far. A retry is safe.
func (f *Follower) After(ctx context.Context, to *typev1.Position, accounts ...Account) error {
	if to == nil {
		return nil
	}
	if stream := cmp.Or(to.GetStream(), bus.Events); stream != f.cfg.Stream {
		return reason.New(reason.InvalidArgument, "after.stream", "%s follows %s, not %s", f.cfg.Service, f.cfg.Stream, stream)
	}
	w := wait{sequence: to.GetSequence(), need: map[int]uint64{}}
	for _, a := range accounts {
		w.need[bus.Partition(a.Program, a.ID, f.cfg.Partitions)] = w.sequence
	}
	if len(accounts) == 0 {
		for _, p := range f.Partitions() {
			w.need[p] = w.sequence
		}
	}
	if w.pass(f.Applied()) {
		return nil
	}
	wait, cancel := limited(ctx)
	defer cancel()
	err := f.bound(wait, w)
	if err == nil {
		err = f.await(wait, w)
	}
	// The driver gives up a little before the time is over, when it sees that it will not be enough.
	late := wait.Err() != nil || errors.Is(err, context.DeadlineExceeded)
	if _, refused := reason.Of(err); err != nil && !refused && late {
		refusal := reason.New(reason.NotYetApplied, "after", "%s %d is not applied yet; give the call more time, or ask again",
			f.cfg.Stream, w.sequence)
		return refusal.With("stream", f.cfg.Stream).With("sequence", w.sequence)
	}
	return err
}

// Reached returns once partitions are applied through sequences of the stream, each through its own; one that holds nothing more up
// to the last of them is. It refuses with NOT_READY when the service has stopped applying.
func (f *Follower) Reached(ctx context.Context, through map[int]uint64) error {
	w := wait{need: maps.Clone(through)}
	for _, sequence := range through {
		w.sequence = max(w.sequence, sequence)
	}
	return f.await(ctx, w)
}

// limited leaves some of the call's time unused.
func limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok {
		return context.WithDeadline(ctx, deadline.Add(-afterSpare))
	}
	return context.WithTimeout(ctx, afterMax)
}

// wait is what a read waits for: by partition, the sequence that must be applied. A partition that has nothing more of it
// is taken out.
type wait struct {
	sequence uint64
	need     map[int]uint64
}

// pass takes out the partitions that are applied far enough, and tells if none is left.
func (w wait) pass(applied map[int]uint64) bool {
	maps.DeleteFunc(w.need, func(p int, sequence uint64) bool { return applied[p] >= sequence })
	return len(w.need) == 0
}

// bound brings the wait down to what the partitions hold: to nothing where nothing stands between what is applied and the position, and
// to the last message where that stands before it. Mostly that is one question, for the position is the next message of its partition:
// the last one of each partition took nats-server half a second in a house of a million accounts.
func (f *Follower) bound(ctx context.Context, w wait) error {
	applied := f.Applied()
	if w.pass(applied) {
		return nil
	}
	known, more := false, []int(nil)
	for p := range w.need {
		next, err := f.deps.Bus.Next(ctx, f.cfg.Stream, p, applied[p])
		if err != nil {
			return err
		}
		known = known || next >= w.sequence
		switch {
		case next == 0 || next > w.sequence:
			delete(w.need, p)
		case next < w.sequence:
			more = append(more, p)
		}
	}
	if !known {
		if err := f.holds(ctx, w.sequence); err != nil {
			return err
		}
	}
	for _, p := range more {
		last, err := f.deps.Bus.LastSequence(ctx, f.cfg.Stream, p)
		if err != nil {
			return err
		}
		w.need[p] = min(w.sequence, last)
	}
	return nil
}

// holds refuses a position that the stream has not come to.
func (f *Follower) holds(ctx context.Context, sequence uint64) error {
	end, err := f.deps.Bus.End(ctx, f.cfg.Stream)
	if err != nil {
		return err
	}
	if end < sequence {
		refusal := reason.New(reason.PositionUnknown, "after", "%s ends at %d: it holds no %d", f.cfg.Stream, end, sequence)
		return refusal.With("stream", f.cfg.Stream).With("end", end)
	}
	return nil
}

// skip takes out the partitions that have nothing between what is applied and the position.
func (f *Follower) skip(ctx context.Context, w wait, applied map[int]uint64) error {
	if w.pass(applied) {
		return nil
	}
	for p := range w.need {
		next, err := f.deps.Bus.Next(ctx, f.cfg.Stream, p, applied[p])
		if err != nil {
			return err
		}
		if next == 0 || next > w.sequence {
			delete(w.need, p)
		}
	}
	return nil
}

// await returns once the wait is over. Commits of this process wake it; for those of others it asks the store.
func (f *Follower) await(ctx context.Context, w wait) error {
	tick := time.NewTicker(afterEvery)
	defer tick.Stop()
	for {
		moved := f.changes()
		if w.pass(f.Applied()) {
			return nil
		}
		if err := f.Broken(); err != nil {
			return reason.New(reason.NotReady, "after", "%s has stopped applying; an operator must look", f.cfg.Service)
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			marks, err := f.marks(ctx)
			if err != nil {
				return err
			}
			applied := make(map[int]uint64, len(marks))
			for p, m := range marks {
				applied[p] = m.Sequence
			}
			if err := f.skip(ctx, w, applied); err != nil {
				return err
			}
		}
	}
}

// changes is closed with the next commit, or when the service breaks.
func (f *Follower) changes() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.moved == nil {
		f.moved = make(chan struct{})
	}
	return f.moved
}

// wake tells those who wait; f.mu is held.
func (f *Follower) wake() {
	if f.moved != nil {
		close(f.moved)
		f.moved = nil
	}
}
