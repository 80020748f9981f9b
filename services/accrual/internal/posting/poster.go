package posting

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/fault"
	"github.com/laurel-loyalty/laurel/services/internal/lane"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Poster posts for one lane. One goroutine at a time.
type Poster struct {
	Deps
	parts  map[int]store.Partition // nil: to be read
	opened bool                    // the attempts of an earlier process have been looked at
	// tried holds the partitions of which this process has computed and committed a run: it does not die on them.
	tried map[int]bool
}

// Deps are what a poster stands on, and who is told what happened.
type Deps struct {
	Storage    *storage.Storage
	Programs   *Programs
	Clock      clock.Clock
	Log        *slog.Logger
	Partitions []int // of its lane
	// Committed is called after each commit.
	Committed func(Outcome)
	// Reread asks the bus to deliver again from the marks.
	Reread func()
}

// Outcome is what one commit did.
type Outcome struct {
	Partitions []store.Partition
	Messages   int // of EVENTS that the marks have passed
	Entries    int
	Duplicates int
	Refusals   map[string]int // by reason
	Facts      int
	Took       time.Duration // of the commit alone
}

// New makes a poster.
func New(deps Deps) *Poster { return &Poster{Deps: deps, tried: map[int]bool{}} }

// Reset makes the next Post read the partition documents again.
func (p *Poster) Reset() { p.parts = nil }

// Post implements lane.Poster.
func (p *Poster) Post(ctx context.Context, items []lane.Item) ([]lane.Item, error) {
	if err := p.open(ctx); err != nil {
		return items, err
	}
	items, rest := p.choose(items)
	attempting, err := p.beginAttempt(ctx, items)
	if err != nil {
		return items, err
	}
	b, err := p.load(ctx, items)
	if err != nil {
		return items, err
	}
	fault.Point(fault.AfterRead)
	taken, err := b.compute(ctx, items)
	if err != nil {
		return items, stopIfBroken(err)
	}
	if attempting {
		if err := p.endAttempt(ctx, items); err != nil {
			return items, err
		}
	}
	fault.Point(fault.AfterCompute)
	if err := p.commit(ctx, b); err != nil {
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
	if p.parts != nil {
		return nil
	}
	parts, err := p.Storage.Store().LoadPartitions(ctx, p.Partitions)
	if err != nil {
		return err
	}
	for id, part := range parts {
		if err := p.Programs.Load(ctx, part.Revisions); err != nil {
			return err
		}
		if !p.opened {
			part.Attempt = part.Attempt.Found()
			parts[id] = part
		}
	}
	p.parts, p.opened = parts, true
	return nil
}

// commit writes the batch, unless it changes nothing.
func (p *Poster) commit(ctx context.Context, b *batch) error {
	w := b.writes()
	if len(w.Partitions) == 0 {
		return nil
	}
	begun := p.Clock.Now()
	fault.Point(fault.BeforeCommit)
	if err := p.Storage.Commit(ctx, w); err != nil {
		return fmt.Errorf("commit %d entries: %w", len(w.Entries), err)
	}
	fault.Point(fault.AfterCommit)
	outcome := b.outcome
	outcome.Took = p.Clock.Now().Sub(begun)
	for _, part := range w.Partitions {
		part.Version++
		p.parts[part.ID] = part
		p.tried[part.ID] = true
		outcome.Partitions = append(outcome.Partitions, part)
	}
	p.Committed(outcome)
	return nil
}

// stopIfBroken ends the lane on a broken invariant; trouble and conflicts go through.
func stopIfBroken(err error) error {
	if _, broken := errors.AsType[*ledger.BrokenError](err); broken {
		return &lane.Stop{Err: err}
	}
	return err
}
