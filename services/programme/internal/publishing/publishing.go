// Package publishing brings what the registry keeps into EVENTS, in the order of the numbers, and what EVENTS held before
// into the registry. A revision is kept first and published then: whatever dies in between is published later, and once
// more does no harm, for readers pass over a number that they know.
package publishing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/fault"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/programme/internal/domain/registry"
	"github.com/laurel-loyalty/laurel/services/programme/internal/storage"
)

// source is who writes the control events.
const source = "programme"

// kind is the kind of control event that a revision is.
const kind = "revised"

// pollEvery is how often the registry is looked at though nobody has said that there is something new: another replica
// may have kept a revision and died.
const pollEvery = time.Second

// Waits between tries while store or bus are away.
const (
	retryWaitMin = 50 * time.Millisecond
	retryWaitMax = 2 * time.Second
)

// Deps are what a publisher stands on.
type Deps struct {
	Storage    *storage.Storage
	Bus        *bus.Bus
	Partitions int
	Log        *slog.Logger
	Published  func() // is called after each
}

// Publisher publishes revisions. Run it once; safe for many goroutines.
type Publisher struct {
	Deps
	wake chan struct{}

	mu      sync.Mutex    // guards the rest
	state   error         // why no revision may be accepted; nil: one may
	changed chan struct{} // closed, and replaced, whenever a revision was published
}

// errNotCompared is the state before the first comparison with the log.
var errNotCompared = errors.New("the registry has not been compared with EVENTS yet")

// New makes a publisher.
func New(deps Deps) *Publisher {
	return &Publisher{Deps: deps, wake: make(chan struct{}, 1), state: errNotCompared, changed: make(chan struct{})}
}

// Run compares the registry with the log, then publishes until ctx ends. A registry that contradicts the log publishes
// nothing and stays unready.
func (p *Publisher) Run(ctx context.Context) error {
	err := p.untilDone(ctx, "compare the registry with EVENTS", p.repair)
	if split, ok := errors.AsType[*registry.SplitError](err); ok {
		p.Log.ErrorContext(ctx, "no revision is accepted; an operator must look", "error", split)
		p.become(split)
		<-ctx.Done()
		return nil
	}
	if err != nil {
		return nil // ctx has ended
	}
	p.become(nil)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if err := p.untilDone(ctx, "publish revisions", p.drain); err != nil {
			return nil // ctx has ended
		}
		select {
		case <-p.wake:
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// untilDone tries until it is done, ctx ends, or registry and log contradict each other.
func (p *Publisher) untilDone(ctx context.Context, what string, try func(context.Context) error) error {
	wait := retryWaitMin
	for {
		err := try(ctx)
		if _, split := errors.AsType[*registry.SplitError](err); err == nil || split {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p.Log.WarnContext(ctx, "trying again", "doing", what, "error", err, "wait", wait)
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		wait = min(2*wait, retryWaitMax)
	}
}

// repair takes over what only the log holds, and has published what only the registry does.
func (p *Publisher) repair(ctx context.Context) error {
	logged, err := p.logged(ctx)
	if err != nil {
		return err
	}
	kept, err := p.Storage.All(ctx)
	if err != nil {
		return err
	}
	repair, err := registry.RepairOf(kept, registry.Accepted(logged))
	if err != nil {
		return err
	}
	for _, r := range repair.Adopt {
		if err := p.Storage.Insert(ctx, r); err != nil {
			return err // also if another replica was faster: compare again
		}
		p.Log.InfoContext(ctx, "revision taken over from EVENTS", "programme", r.Program, "revision", r.Number)
	}
	for _, r := range repair.Stand {
		if err := p.Storage.SetPublished(ctx, r, true); err != nil {
			return err
		}
	}
	for _, r := range repair.Publish {
		p.Log.ErrorContext(ctx, "revision is not in EVENTS any more and is published again", "programme", r.Program, "revision", r.Number)
		if err := p.Storage.SetPublished(ctx, r, false); err != nil {
			return err
		}
	}
	return nil
}

// drain publishes what has not been, the lowest number of each programme first.
func (p *Publisher) drain(ctx context.Context) error {
	for {
		r, found, err := p.Storage.FirstUnpublished(ctx)
		if err != nil || !found {
			return err
		}
		if err := p.publish(ctx, r); err != nil {
			return err
		}
		fault.Point(fault.AfterRevisionPublish)
		if err := p.Storage.SetPublished(ctx, r, true); err != nil {
			return err
		}
		p.Log.InfoContext(ctx, "revision published", "programme", r.Program, "revision", r.Number)
		p.Published()
		p.mu.Lock()
		close(p.changed)
		p.changed = make(chan struct{})
		p.mu.Unlock()
	}
}

// publish puts a revision into all partitions as one atomic batch. Its ids follow from it alone.
func (p *Publisher) publish(ctx context.Context, r registry.Revision) error {
	body := &controlv1.ProgramRevised{Program: r.Program, Revision: int32(r.Number)} //nolint:gosec // at most RevisionsMax
	if !r.Effective.IsZero() {
		body.EffectiveAt = timestamppb.New(r.Effective)
	}
	for _, f := range r.Files {
		body.Files = append(body.Files, &controlv1.ProgramFile{Name: f.Name, Content: f.Content})
	}
	event := publish.ControlEvent{
		Program: r.Program, Source: source, Kind: kind, ID: kind + "/" + strconv.Itoa(r.Number), Body: body,
	}
	batch, err := publish.Control(event, p.Partitions)
	if err != nil {
		return err
	}
	if err := publish.All(ctx, p.Bus, batch); err != nil {
		return fmt.Errorf("publish revision %d of programme %s: %w", r.Number, r.Program, err)
	}
	return nil
}

// Wake says that there is something to publish.
func (p *Publisher) Wake() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Await waits until a revision is published, until ctx ends. It tells whether it is.
func (p *Publisher) Await(ctx context.Context, r registry.Revision) (bool, error) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		p.mu.Lock()
		changed := p.changed
		p.mu.Unlock()
		now, _, err := p.Storage.Get(ctx, r.Program, r.Number)
		switch {
		case errors.Is(err, context.DeadlineExceeded): // the store knows before ctx does
			return false, nil
		case err != nil && ctx.Err() == nil:
			return false, err
		}
		if now.Published {
			return true, nil
		}
		select {
		case <-changed:
		case <-tick.C:
		case <-ctx.Done():
			return false, nil
		}
	}
}

// Ready refuses with NOT_READY while no revision may be accepted: until the registry has been compared with the log, and
// for good where the two contradict each other.
func (p *Publisher) Ready() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state != nil {
		return reason.New(reason.NotReady, "", "%s", p.state)
	}
	return nil
}

// State is why no revision may be accepted; nil: one may.
func (p *Publisher) State() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

func (p *Publisher) become(state error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = state
}
