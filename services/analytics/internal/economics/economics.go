// Package economics knows what orders bring and cost by the word of the programme: it reads the latest revision of a
// programme from EVENTS, where it stands for every service alike, whenever a report asks.
package economics

import (
	"context"
	"fmt"
	"sync"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

// partition is the one that is read: control events of a programme stand in all of them.
const partition = 0

// Reader is safe for many goroutines.
type Reader struct {
	bus     *bus.Bus
	decoder *follow.Decoder

	mu     sync.Mutex // guards what follows
	read   uint64     // up to where EVENTS is read
	latest map[string]program.Known
}

// New returns a reader that knows nothing yet.
func New(b *bus.Bus) (*Reader, error) {
	decoder, err := follow.NewDecoder()
	if err != nil {
		return nil, fmt.Errorf("prepare reading revisions: %w", err)
	}
	return &Reader{bus: b, decoder: decoder, latest: map[string]program.Known{}}, nil
}

// Known is what a revision says. Economics is never nil; Revision is 0 where the log has no programme of that name.
type Known struct {
	Revision  int
	Economics *program.Economics
}

// Of returns what the latest revision of a programme says, whether it is in force yet or not. The error is trouble with the bus.
func (r *Reader) Of(ctx context.Context, programID string) (Known, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	messages, err := r.bus.ControlEvents(ctx, partition, "revised", r.read)
	if err != nil {
		return Known{}, fmt.Errorf("read the revisions of %s from EVENTS: %w", programID, err)
	}
	for _, raw := range messages {
		r.read = raw.Sequence
		m := r.decoder.Decode(raw)
		if m.Refusal != nil || m.Revised == nil {
			continue // what every service refuses
		}
		latest := r.latest[m.Program]
		next := program.Known{Revision: m.Revised.Number, Program: m.Revised.Program}
		if next.Revision > latest.Revision && next.Follows(latest) == nil {
			r.latest[m.Program] = next
		}
	}
	latest := r.latest[programID]
	if latest.Program == nil || latest.Program.Economics == nil {
		return Known{latest.Revision, &program.Economics{}}, nil
	}
	return Known{latest.Revision, latest.Program.Economics}, nil
}

// Costs returns what Of says of costs, for whoever need not say which revision it was.
func (r *Reader) Costs(ctx context.Context, programID string) (*program.Economics, error) {
	known, err := r.Of(ctx, programID)
	return known.Economics, err
}
