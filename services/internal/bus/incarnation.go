package bus

import (
	"context"
	"errors"
	"fmt"
)

// incarnation reads until something interrupts it, and tells whether it got so far as to deliver.
func (r *Reader) incarnation(ctx context.Context) (bool, error) {
	delivered := false
	lost := r.bus.loss() // taken first, so that no loss from here on is missed
	marks, err := r.cfg.Marks(ctx)
	if err != nil {
		return false, fmt.Errorf("read marks: %w", err)
	}
	behind, err := r.begin(ctx, marks)
	if err != nil {
		return false, err
	}
	// The check stands behind the making of the consumer: from then on the consumer is bound to this very stream.
	p, openErr := r.bus.openPull(ctx, r.cfg.Stream, r.cfg.Partitions, behind)
	if openErr == nil {
		p.silence = r.silence
		defer p.close()
	}
	created, err := r.checkMarks(ctx, marks)
	if err := errors.Join(err, openErr); err != nil {
		return false, err
	}
	before := make(map[int]uint64, len(r.cfg.Partitions)) // last sequence of each partition, delivered or passed over
	for _, partition := range r.cfg.Partitions {
		before[partition] = min(behind, marks[partition].Sequence)
	}
	r.pending.Store(int64(p.pending))
	r.healthy.Store(true)
	for {
		run, err := p.run(ctx, lost)
		if err != nil {
			return delivered, err
		}
		r.healthy.Store(true)
		r.pending.Store(int64(p.pending))
		if len(run) == 0 {
			continue
		}
		for i := range run {
			run[i].After, run[i].Created = before[run[i].Partition], created
			before[run[i].Partition] = run[i].Sequence
		}
		if err := r.deliver(ctx, run); err != nil {
			return delivered, err
		}
		delivered = true
	}
}

// deliver hands a run on once it is on the server's disk.
func (r *Reader) deliver(ctx context.Context, run []Message) error {
	r.taken.Store(int64(len(run)))
	defer r.taken.Store(0)
	if err := r.settled(ctx, run[len(run)-1]); err != nil {
		return err
	}
	err := r.cfg.Deliver(ctx, run)
	if err != nil && !errors.Is(err, ErrReread) && !errors.Is(err, context.Canceled) {
		return fatalError{fmt.Errorf("deliver %d messages from sequence %d: %w", len(run), run[0].Sequence, err)}
	}
	return err
}

// settled waits until the server has a message on disk. A consumer is given the messages of an atomic batch before the
// batch is synced and acknowledged; were they applied then, a power cut at that moment would take them from the bus,
// and it would have gone back behind our mark. A lookup is answered behind the sync (see fetch).
func (r *Reader) settled(ctx context.Context, last Message) error {
	s, found, err := r.bus.fetch(ctx, r.cfg.Stream, lookup{Sequence: last.Sequence})
	if err != nil {
		return err
	}
	if !found || !s.time.Equal(last.Time) {
		return fmt.Errorf("message %d was delivered, but is not in stream %s", last.Sequence, r.cfg.Stream)
	}
	return nil
}

// begin returns the sequence behind which to read: the lowest mark of a partition that has something beyond its mark,
// or the stream's end. So a partition in which little happens does not make all the others' messages come again at
// each reconnect. The end is taken first: what comes into a partition after it was found drained lies beyond it.
func (r *Reader) begin(ctx context.Context, marks map[int]Mark) (uint64, error) {
	state, found, err := r.bus.streamState(ctx, r.cfg.Stream)
	if err != nil || !found {
		return 0, err
	}
	behind := state.last
	for _, p := range r.cfg.Partitions {
		last, found, err := r.bus.fetch(ctx, r.cfg.Stream, lookup{LastOn: partitionFilter(r.cfg.Stream, p)})
		if err != nil {
			return 0, err
		}
		if found && last.sequence > marks[p].Sequence {
			behind = min(behind, marks[p].Sequence)
		}
	}
	return behind, nil
}
