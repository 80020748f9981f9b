package outbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/fault"
)

// load collects the chunks of one round that leave together: the server makes a store of its own for each atomic batch
// and waits for the disk at its end, so that a batch of many chunks costs hardly more than one of a single chunk.
type load struct {
	relay    *Relay
	chunks   []Chunk // of one or several partitions, each partition's in their order
	messages int
	bytes    int
	sent     []string     // chunks that have left: to be removed
	held     map[int]bool // partitions of which a chunk could not leave
}

// take takes a chunk along, unless one before it in its partition could not leave; what is full leaves at once.
func (l *load) take(ctx context.Context, c Chunk) error {
	bytes := 0
	for _, m := range c.Messages {
		bytes += m.size()
	}
	var failed error
	if l.messages+len(c.Messages) > bus.BatchMessagesMax || l.messages > 0 && l.bytes+bytes > chunkBytesMax {
		if failed = l.leave(ctx); failed != nil && !errors.Is(failed, errChunk) {
			return failed
		}
	}
	if l.held[c.Partition] {
		return failed
	}
	known, err := l.relay.known(ctx, c)
	switch {
	case err != nil:
		l.hold(c)
		return errors.Join(failed, err)
	case known: // the chunk behind a known one may have left too
		l.sent = append(l.sent, c.ID)
	default:
		l.chunks, l.messages, l.bytes = append(l.chunks, c), l.messages+len(c.Messages), l.bytes+bytes
	}
	return failed
}

// leave publishes what was collected as one atomic batch.
func (l *load) leave(ctx context.Context) error {
	chunks := l.chunks
	l.chunks, l.messages, l.bytes = nil, 0, 0
	switch len(chunks) {
	case 0:
		return nil
	case 1:
		return l.alone(ctx, chunks[0])
	}
	err := l.relay.publish(ctx, chunks...)
	if err == nil {
		for _, c := range chunks {
			l.sent = append(l.sent, c.ID)
		}
		return nil
	}
	for _, c := range chunks {
		delete(l.relay.asked, c.Partition)
	}
	if errors.Is(err, bus.ErrRetry) || errors.Is(err, bus.ErrFull) {
		l.hold(chunks...)
		return err
	}
	return l.apart(ctx, chunks)
}

// hold keeps back what stands behind chunks that did not leave: a later chunk in the stream would say that they had.
func (l *load) hold(chunks ...Chunk) {
	for _, c := range chunks {
		l.held[c.Partition] = true
	}
}

// apart publishes chunks one by one, because the batch of all was refused: it holds a chunk that is stored already, or
// one that no bus takes, which holds up its partition alone.
func (l *load) apart(ctx context.Context, chunks []Chunk) error {
	var failed error
	for i, c := range chunks {
		if l.held[c.Partition] {
			continue
		}
		known, err := l.relay.known(ctx, c)
		switch {
		case err == nil && known:
			l.sent = append(l.sent, c.ID)
		case err == nil:
			err = l.alone(ctx, c)
		}
		if err != nil {
			l.hold(c)
			failed = errors.Join(failed, err)
		}
		if err != nil && !errors.Is(err, errChunk) {
			l.hold(chunks[i:]...)
			break
		}
	}
	return failed
}

// alone publishes one chunk.
func (l *load) alone(ctx context.Context, c Chunk) error {
	err := l.relay.publish(ctx, c)
	// ErrStored is the bus's word that it knows the batch: a chunk is always cut alike, so it knows the whole.
	if err != nil && !errors.Is(err, bus.ErrStored) {
		delete(l.relay.asked, c.Partition)
		l.hold(c)
		return err
	}
	l.sent = append(l.sent, c.ID)
	return nil
}

// publish publishes chunks as one atomic batch. Errors: those of [bus.Bus.PublishBatch], marked with errChunk where the
// bus will not take them later either.
func (r *Relay) publish(ctx context.Context, chunks ...Chunk) error {
	var batch []bus.Outgoing
	for _, c := range chunks {
		batch = append(batch, c.outgoing()...)
	}
	fault.Point(fault.BeforeOutboxPublish)
	if err := r.Bus.PublishBatch(ctx, batch); err != nil {
		err = fmt.Errorf("publish %d chunks from %s on: %w", len(chunks), chunks[0].ID, err)
		if errors.Is(err, bus.ErrStored) || errors.Is(err, bus.ErrRetry) || errors.Is(err, bus.ErrFull) {
			return err
		}
		return fmt.Errorf("%w: %w", errChunk, err)
	}
	fault.Point(fault.AfterOutboxPublish)
	if r.Published != nil {
		r.Published(len(batch))
	}
	return nil
}

// known tells whether a chunk has left before. Once a partition's chunk was not found in the stream, those behind it are
// not asked for.
func (r *Relay) known(ctx context.Context, c Chunk) (bool, error) {
	if r.asked[c.Partition] {
		return false, nil
	}
	known, err := r.stored(ctx, c)
	if err == nil && !known {
		r.asked[c.Partition] = true
	}
	return known, err
}
