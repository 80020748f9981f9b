package bus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

var errNoStream = errors.New("stream is not there yet")

// checkMarks compares each mark with the message that the stream has there now, and returns when the stream was
// made. Numbers alone are blind: a stream that lost its end has often grown past the mark again.
func (r *Reader) checkMarks(ctx context.Context, marks map[int]Mark) (time.Time, error) {
	state, found, err := r.bus.streamState(ctx, r.cfg.Stream)
	if err != nil {
		return time.Time{}, err
	}
	for _, p := range slices.Sorted(maps.Keys(marks)) { // those of other replicas, too: nobody reads on beside one that must not
		mark := marks[p]
		if mark.Sequence == 0 {
			continue
		}
		differs := "the stream is gone"
		if found {
			differs, err = r.compare(ctx, mark, state)
		}
		if err != nil {
			return time.Time{}, err
		}
		if differs != "" {
			return time.Time{}, &WentBack{Stream: r.cfg.Stream, Partition: p, Mark: mark, Differs: differs}
		}
	}
	if !found {
		return time.Time{}, errNoStream
	}
	if err := r.checkArchived(state, marks); err != nil {
		return time.Time{}, err
	}
	r.reportHole(state, marks)
	return state.created, nil
}

// checkArchived refuses to begin behind what was taken out: who has read nothing yet would take the rest for the whole.
func (r *Reader) checkArchived(state streamState, marks map[int]Mark) error {
	if state.archived == 0 || r.cfg.Rest {
		return nil
	}
	for _, mark := range marks {
		if mark.Sequence > 0 {
			return nil
		}
	}
	return fatalError{fmt.Errorf("nothing of %s was read yet, and what stood up to sequence %d is in an archive: restore a backup with that archive",
		r.cfg.Stream, state.archived)}
}

// compare returns in words how the stream differs from a mark, or nothing.
func (r *Reader) compare(ctx context.Context, mark Mark, state streamState) (string, error) {
	if !millis(mark.Created).Equal(state.created) {
		return fmt.Sprintf("the stream was made at %s, now it is one made at %s",
			stamp(mark.Created), stamp(state.created)), nil
	}
	if mark.Sequence > state.last {
		return fmt.Sprintf("the stream ends at sequence %d", state.last), nil
	}
	s, found, err := r.bus.fetch(ctx, r.cfg.Stream, lookup{Sequence: mark.Sequence})
	if err != nil {
		return "", err
	}
	if !found {
		return "the message at the mark is gone", nil
	}
	if !s.time.Equal(millis(mark.Time)) {
		return fmt.Sprintf("the message at the mark was stored at %s, now it is one stored at %s",
			stamp(mark.Time), stamp(s.time)), nil
	}
	if id := s.header.Get(jetstream.MsgIDHeader); id != mark.ID {
		return fmt.Sprintf("the message at the mark had id %q, now it is one with id %q", mark.ID, id), nil
	}
	return "", nil
}

// reportHole is loud about messages above the lowest mark that the stream has lost: nothing of Laurel deletes any.
// Reading goes on, for what is still there must be applied; reconcile finds what is missing.
func (r *Reader) reportHole(state streamState, marks map[int]Mark) {
	lowest := marks[r.cfg.Partitions[0]].Sequence
	for _, p := range r.cfg.Partitions {
		lowest = min(lowest, marks[p].Sequence)
	}
	lowest = max(lowest, state.archived)
	var missing, from, to uint64
	count := func(first, last uint64) {
		if missing == 0 {
			from = first
		}
		missing += last - first + 1
		to = last
	}
	if state.first > lowest+1 {
		count(lowest+1, state.first-1)
	}
	for _, sequence := range state.deleted {
		if sequence > lowest {
			count(sequence, sequence)
		}
	}
	if missing > 0 {
		r.cfg.Logger.Error("stream has lost messages that were not applied",
			"stream", r.cfg.Stream, "messages", missing, "from", from, "to", to)
	}
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }
