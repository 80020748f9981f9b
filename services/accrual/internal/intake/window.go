package intake

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
)

const (
	// standsStill is after how long without getting on a partition counts as one that stands still: longer than another replica takes to
	// take it over.
	standsStill = 10 * time.Second
	// askedFor is how long it is asked of a single partition whether it has come so far: a little longer than until the store is asked.
	askedFor = 400 * time.Millisecond
)

// window is what was taken and may not be applied yet. A partition that stands still holds nobody up: it is not waited for until it has
// come to where it was waited for.
type window struct {
	reached func(ctx context.Context, through map[int]uint64) error
	room    int // in messages
	log     *slog.Logger
	clock   clock.Clock

	turns  []span // oldest first
	count  int
	still  map[int]uint64 // partitions that stand still, and where they were waited for
	looked time.Time      // when these were asked last
}

// span is how far a turn reaches: by partition, the sequence of its last message.
type span struct {
	through map[int]uint64
	count   int
}

// await returns once there is room for so many messages more, or nothing of what was taken is left to wait for, or ctx ends.
func (w *window) await(ctx context.Context, count int) {
	if len(w.still) > 0 && w.clock.Now().Sub(w.looked) > standsStill {
		w.still, w.looked = w.behind(ctx, w.still), w.clock.Now()
	}
	for len(w.turns) > 0 && w.count+count > w.room {
		w.pass(ctx, w.turns[0])
		if ctx.Err() != nil {
			return
		}
		w.count -= w.turns[0].count
		w.turns = w.turns[1:]
	}
}

// pass waits for a turn that was taken.
func (w *window) pass(ctx context.Context, s span) {
	maps.DeleteFunc(s.through, func(partition int, _ uint64) bool { return w.still[partition] > 0 })
	wait, cancel := context.WithTimeout(ctx, standsStill)
	defer cancel()
	err := w.reached(wait, s.through)
	if err == nil || ctx.Err() != nil {
		return
	}
	w.looked = w.clock.Now()
	if found := w.behind(ctx, s.through); len(found) > 0 {
		w.log.WarnContext(ctx, "partitions stand still, and are not waited for", "partitions", slices.Sorted(maps.Keys(found)), "error", err)
		if w.still == nil {
			w.still = map[int]uint64{}
		}
		maps.Copy(w.still, found)
	}
}

// behind are the partitions that have not come so far.
func (w *window) behind(ctx context.Context, through map[int]uint64) map[int]uint64 {
	found := map[int]uint64{}
	for partition, sequence := range through {
		asked, cancel := context.WithTimeout(ctx, askedFor)
		if w.reached(asked, map[int]uint64{partition: sequence}) != nil {
			found[partition] = sequence
		}
		cancel()
	}
	return found
}

// note adds a turn: places are the sequences of its messages.
func (w *window) note(messages []bus.Message, places []uint64) {
	s := span{map[int]uint64{}, len(messages)}
	for i, m := range messages {
		s.through[m.Partition] = max(s.through[m.Partition], places[i])
	}
	w.turns, w.count = append(w.turns, s), w.count+s.count
}
