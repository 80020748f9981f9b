package follow

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/codes"

	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/fault"
	"github.com/laurel-loyalty/laurel/services/internal/journal"
	"github.com/laurel-loyalty/laurel/services/internal/lane"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
)

// Poster posts for one lane: it implements lane.Poster with what a Handler decides. One goroutine at a time.
type Poster struct {
	PosterDeps
	turn  chan struct{}           // full while it posts, and while its partitions change: the fields below, and Partitions
	parts map[int]store.Partition // nil: to be read
	stale atomic.Bool             // somebody else has moved them: to be read again
	found map[int]bool            // whose attempts of an earlier owner have been looked at
	// tried holds the partitions of which this process has computed and committed a run: it does not die on them.
	tried map[int]bool
	watch watch
}

// PosterDeps are what a poster stands on, and who is told what happened.
type PosterDeps struct {
	Store      *store.Store
	Handler    Handler
	Programs   *Programs
	Clock      clock.Clock
	Log        *slog.Logger
	Partitions []int // of its lane, to begin with
	// Replica is the owner whose partitions are worked on; empty: all are, whoever owns them.
	Replica string
	// Committed is called after each commit.
	Committed func(Outcome)
	// Spent is called with what each phase took; nil: nobody asks.
	Spent func(Phase, time.Duration)
	// Read is called with partition documents as they stand in the store. They may be ahead of what was committed here: by
	// another writer, or by a commit whose answer was lost.
	Read func(map[int]store.Partition)
	// Reread asks the bus to deliver again from the marks.
	Reread func()
	// Tracing makes a span of each batch, named after Service.
	Tracing telemetry.Tracing
	Service string
}

// NewPoster makes a poster.
func NewPoster(deps PosterDeps) *Poster {
	return &Poster{
		PosterDeps: deps, turn: make(chan struct{}, 1), tried: map[int]bool{}, found: map[int]bool{},
		watch: watch{now: deps.Clock.Now, spent: deps.Spent},
	}
}

// Reset makes the next Post read the partition documents again.
func (p *Poster) Reset() { p.parts = nil }

// Post implements lane.Poster.
func (p *Poster) Post(ctx context.Context, items []lane.Item) ([]lane.Item, error) {
	p.watch.ended(PhaseWait)
	if err := p.hold(ctx); err != nil {
		return items, err
	}
	defer p.release()
	if !p.Tracing.On() {
		return p.post(ctx, items)
	}
	ctx, span := p.span(ctx, items)
	defer span.End()
	left, err := p.post(ctx, items)
	if err != nil {
		span.SetStatus(codes.Error, "the batch was not committed") // an error's text may name accounts
	}
	return left, err
}

func (p *Poster) post(ctx context.Context, items []lane.Item) ([]lane.Item, error) {
	if err := p.open(ctx); err != nil {
		return items, err
	}
	if left := p.ours(items); len(left) < len(items) {
		return left, nil // by itself, so that nobody is told again when the others fail
	}
	items, rest := p.choose(items)
	attempting, err := p.beginAttempt(ctx, items)
	if err != nil {
		return items, err
	}
	parts := newParts(p.Programs, p.parts)
	b, err := p.Handler.Load(ctx, items, parts)
	if err != nil {
		return items, err
	}
	p.watch.ended(PhaseLoad)
	fault.Point(fault.AfterRead)
	taken, err := p.compute(ctx, b, parts, items)
	if err != nil {
		return items, err
	}
	if attempting {
		if err := p.endAttempt(ctx, items); err != nil {
			return items, err
		}
	}
	p.watch.ended(PhaseCompute)
	fault.Point(fault.AfterCompute)
	if err := p.commit(ctx, b, parts); err != nil {
		return items, err
	}
	for _, item := range items[:taken] {
		if item.Done != nil {
			item.Done()
		}
	}
	return append(items[taken:len(items):len(items)], rest...), nil
}

// open reads the fence, and the programmes that it has passed.
func (p *Poster) open(ctx context.Context) error {
	if p.parts != nil && !p.stale.Load() {
		return nil
	}
	p.stale.Store(false)
	parts, err := p.Store.LoadPartitions(ctx, p.Partitions)
	if err != nil {
		return err
	}
	for id, part := range parts {
		if err := p.Programs.Load(ctx, part.Revisions); err != nil {
			return err
		}
		if !p.owns(part) {
			delete(p.found, id)
		} else if !p.found[id] {
			part.Attempt = part.Attempt.Found()
			parts[id], p.found[id] = part, true
		}
	}
	p.parts = parts
	p.Read(parts)
	return nil
}

func (p *Poster) owns(part store.Partition) bool { return p.Replica == "" || part.Owner == p.Replica }

// ours drops what is another replica's or, by now, another lane's: messages are read there, and whoever submitted something is told.
func (p *Poster) ours(items []lane.Item) []lane.Item {
	if p.Replica == "" {
		return items
	}
	return slices.DeleteFunc(slices.Clone(items), func(item lane.Item) bool {
		if p.owns(p.parts[item.Partition]) {
			return false
		}
		if item.Lost != nil {
			item.Lost()
		}
		return true
	})
}

// commit writes the batch, unless it changes nothing.
func (p *Poster) commit(ctx context.Context, b Batch, parts *Parts) error {
	begun := p.Clock.Now()
	moved, chunks := parts.changed(p.parts, begun)
	if len(moved) == 0 {
		return nil
	}
	pages := journal.Pack(parts.read)
	write := b.Finish(func(partition int) time.Time { return recorded(p.parts[partition], begun) })
	begun = p.Clock.Now()
	p.watch.ended(PhasePack)
	fault.Point(fault.BeforeCommit)
	err := p.Store.Commit(ctx, func(ctx context.Context) error {
		if err := p.Store.MovePartitions(ctx, moved); err != nil {
			return err
		}
		if err := journal.Insert(ctx, p.Store, pages); err != nil {
			return err
		}
		if err := p.Programs.Insert(ctx, parts.revisions); err != nil {
			return err
		}
		if err := write(ctx); err != nil {
			return err
		}
		return outbox.Insert(ctx, p.Store, chunks)
	})
	p.watch.ended(PhaseCommit)
	if err != nil {
		return fmt.Errorf("commit %d messages: %w", len(parts.read), err)
	}
	fault.Point(fault.AfterCommit)
	o := Outcome{Messages: len(parts.read), Took: p.Clock.Now().Sub(begun)}
	for _, c := range chunks {
		if !slices.Contains(o.Streams, c.Stream) {
			o.Streams = append(o.Streams, c.Stream)
		}
	}
	for _, part := range moved {
		part.Version++
		p.parts[part.ID] = part
		p.tried[part.ID] = true
		o.Partitions = append(o.Partitions, part)
	}
	b.Committed(o)
	p.Committed(o)
	return nil
}
