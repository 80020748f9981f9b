// Package applying makes asks revisions: it lets the registry's rules decide, keeps what they allow, and waits until it is
// published. Of two who apply at once the store lets one through; a repeated ask finds what it has made.
package applying

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/fault"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/programme/internal/domain/registry"
	"github.com/laurel-loyalty/laurel/services/programme/internal/publishing"
	"github.com/laurel-loyalty/laurel/services/programme/internal/storage"
)

const (
	// awaitMax is how long an ask waits for the bus; it is kept by then, and so it will be published.
	awaitMax = 5 * time.Second
	// triesMax is how often an ask looks again after somebody was faster.
	triesMax = 3
)

// Applier applies. Safe for many goroutines.
type Applier struct {
	Storage   *storage.Storage
	Publisher *publishing.Publisher
	Clock     clock.Clock
}

// Outcome is what an ask has come to.
type Outcome struct {
	Revision registry.Revision
	// Unchanged: no revision was made, the newest is what was asked for.
	Unchanged bool
}

// Apply makes an ask, whose files say this, the next revision. A retry with the same key is safe, and waits again until the
// revision is published.
func (a *Applier) Apply(ctx context.Context, ask registry.Ask, says *program.Program) (Outcome, error) {
	if err := a.Publisher.Ready(); err != nil {
		return Outcome{}, err
	}
	for try := 1; ; try++ {
		out, err := a.keep(ctx, ask, says)
		if errors.Is(err, store.ErrConflict) && try < triesMax {
			continue // somebody was faster: it was this very ask, or this one is outdated now
		}
		if err != nil || out.Revision.Published {
			return out, err
		}
		out.Revision.Published, err = a.await(ctx, out.Revision)
		return out, err
	}
}

func (a *Applier) keep(ctx context.Context, ask registry.Ask, says *program.Program) (Outcome, error) {
	made, found, err := a.Storage.ByKey(ctx, ask)
	if err != nil {
		return Outcome{}, err
	}
	if found {
		return Outcome{Revision: made}, made.Answers(ask)
	}
	newest, err := a.Newest(ctx, ask.Program)
	if err != nil {
		return Outcome{}, err
	}
	next, unchanged, err := newest.Next(ask, says, a.now())
	if err != nil || unchanged {
		return Outcome{next, unchanged}, err
	}
	if err := a.Storage.Insert(ctx, next); err != nil {
		return Outcome{}, err
	}
	fault.Point(fault.AfterRevisionInsert)
	return Outcome{Revision: next}, nil
}

func (a *Applier) await(ctx context.Context, r registry.Revision) (bool, error) {
	a.Publisher.Wake()
	waiting, cancel := context.WithTimeout(ctx, awaitMax)
	defer cancel()
	published, err := a.Publisher.Await(waiting, r)
	if err == nil && !published && ctx.Err() != nil {
		return false, ctx.Err()
	}
	return published, err
}

// Newest returns the newest revision of a programme, and what it says.
func (a *Applier) Newest(ctx context.Context, id string) (registry.Newest, error) {
	r, found, err := a.Storage.Newest(ctx, id)
	if err != nil || !found {
		return registry.Newest{}, err
	}
	says, err := Says(r)
	return registry.Newest{Revision: r, Says: says}, err
}

// Says reads the files of a revision that was accepted.
func Says(r registry.Revision) (*program.Program, error) {
	says, faults := program.Parse(r.Files)
	if len(faults) > 0 {
		return nil, fmt.Errorf("revision %d of programme %s does not parse any more: %s", r.Number, r.Program, faults[0])
	}
	return says, nil
}

// now is the wall clock as the store keeps it.
func (a *Applier) now() time.Time { return calendar.Millis(a.Clock.Now()) }

// Planned is what applying would do.
type Planned struct {
	Base, Compared, Known int // revisions; 0: none
	Unchanged             bool
	Changes               []program.Change
	Warnings              []registry.Warning
}

// Plan says what Apply would do, and refuses what it would refuse. It changes nothing.
func (a *Applier) Plan(ctx context.Context, ask registry.Ask, says *program.Program) (Planned, error) {
	newest, err := a.Newest(ctx, ask.Program)
	if err != nil {
		return Planned{}, err
	}
	now := a.now()
	if err := newest.Check(ask, says, now); err != nil {
		return Planned{}, err
	}
	revisions, err := a.Storage.List(ctx, ask.Program, 0, registry.RevisionsMax)
	if err != nil {
		return Planned{}, err
	}
	begins := now
	if ask.Effective.After(now) {
		begins = ask.Effective
	}
	p := Planned{Base: newest.Number, Compared: registry.InForce(revisions, begins), Unchanged: newest.Has(ask, now), Known: registry.With(revisions, ask)}
	was := newest.Says
	if p.Compared != newest.Number {
		compared, _, err := a.Storage.Get(ctx, ask.Program, p.Compared)
		if err != nil {
			return Planned{}, err
		}
		if was, err = Says(compared); err != nil {
			return Planned{}, err
		}
	}
	p.Changes = program.Compare(was, says)
	if !p.Unchanged {
		p.Warnings = registry.Warnings(revisions, ask, p.Changes, now)
	}
	return p, nil
}
