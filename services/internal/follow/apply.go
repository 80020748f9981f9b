package follow

import (
	"context"
	"maps"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/lane"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// publishedMax bounds what one transaction puts into the outbox (design 5).
const publishedMax = 900

// compute has the batch decide on the items in order until it is full, and returns how many it took.
func (p *Poster) compute(ctx context.Context, b Batch, parts *Parts, items []lane.Item) (int, error) {
	for i, item := range items {
		if i > 0 && parts.published >= publishedMax {
			return i, nil
		}
		var err error
		if m, ok := item.Payload.(Message); ok {
			err = p.message(ctx, b, parts, m)
		} else {
			err = parts.within(item.Trace, func() error { return b.Work(ctx, item.Partition, item.Payload) })
		}
		if err != nil {
			return 0, err
		}
	}
	return len(items), nil
}

// message moves the mark and the clock over one message and has the batch decide on it.
func (p *Poster) message(ctx context.Context, b Batch, parts *Parts, m Message) error {
	part := parts.parts[m.Partition]
	switch {
	case m.Sequence <= part.Mark.Sequence:
		return nil // applied before
	case part.Mark.Sequence < m.After:
		// There is something between our mark and it: somebody restored an older store. It may not be applied.
		p.Log.ErrorContext(ctx, "a message does not follow on the mark, reading again from there",
			"partition", m.Partition, "mark", part.Mark.Sequence, "after", m.After)
		p.Reread()
		return nil
	}
	if part.Attempt.Poisoned(m.Sequence) {
		m.Refusal = reason.New(reason.PoisonEvent, "", "the process died %d times while it rated this event alone", store.DeathsMax)
	}
	if m.Opened != nil && !part.Opened {
		part.Opened, part.Events = true, m.Opened.Events // before any clock has moved
	}
	if part.Events {
		part.Clock = later(part.Clock, m.moves())
	} else {
		part.Clock = later(part.Clock, later(m.Time, m.Clock))
	}
	part.Mark = store.Mark{Sequence: m.Sequence, Time: m.Time, ID: m.ID, Created: m.Created}
	part.Attempt = part.Attempt.Passed(m.Sequence)
	parts.parts[m.Partition] = part
	parts.Touch(m.Partition)
	parts.read = append(parts.read, m.raw.Stored())
	switch {
	case m.Refusal != nil:
	case m.Opened != nil && part.Events != m.Opened.Events: // the first message has fixed it for ever
		m.Refusal = reason.New(reason.UnsupportedRevision, "clock_mode", "the house was opened with the other clock")
	case m.Revised != nil:
		m = parts.revised(m)
	}
	return parts.within(m.Trace, func() error { return b.Message(ctx, m) })
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func keysOf[V any](m map[string]V) func(func(string) bool) { return maps.Keys(m) }
