// Package telling has all services told who is in the published segments: it finds who enters and who leaves, page by page, and
// hands that to the lanes, which tell each change once. What it has done by the time it dies needs no undoing: it begins anew,
// and what was told is not told again.
package telling

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"time"

	typev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/type/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/copying"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/segmenting"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const (
	// every is how often a teller looks whether a day has come, without being woken.
	every = 2 * time.Second
	// pageMembers is how many members are read at once.
	pageMembers = 5000
	// changesMax is how many changes one transaction tells: two messages each.
	changesMax = 200
	// publishedMax is how many segments of a programme are told at a time.
	publishedMax = 32
)

// Deps are what a teller stands on.
type Deps struct {
	Storage   *storage.Storage
	Segmenter *segmenting.Segmenter
	Reporter  *reporting.Reporter
	Log       *slog.Logger
	// Partitions of FACTS.
	Partitions int
	// End is how far FACTS goes, After waits until the copy has come to a place in it.
	End   func(ctx context.Context) (uint64, error)
	After func(ctx context.Context, to *typev1.Position) error
	// Call has the lane of a partition do a copying.Telling, and returns once that is durable.
	Call func(ctx context.Context, partition int, payload any) error
}

// Teller is safe for many goroutines; one Run at a time.
type Teller struct {
	Deps

	wake chan struct{}
}

// New makes a teller.
func New(d Deps) *Teller { return &Teller{Deps: d, wake: make(chan struct{}, 1)} }

// Publish asks for a segment to be told. Errors are reason.SegmentNotFound, reason.TooManySegments, and trouble.
func (t *Teller) Publish(ctx context.Context, program, name string) (storage.Segment, error) {
	g, _, err := t.Segmenter.Find(ctx, program, name)
	if err != nil {
		return g, err
	}
	list, err := t.Storage.Publications(ctx, program)
	if err != nil {
		return g, err
	}
	published := 0
	for _, p := range list {
		if !p.Withdrawn && p.Segment != name {
			published++
		}
	}
	if published >= publishedMax {
		return g, reason.New(reason.TooManySegments, "name", "programme %s has %d published segments; withdraw one", program, published)
	}
	return t.ask(ctx, g, false)
}

// Withdraw asks for everybody to be told to have left. Errors are reason.SegmentNotFound, and trouble.
func (t *Teller) Withdraw(ctx context.Context, program, name string) (storage.Segment, error) {
	g, _, err := t.Segmenter.Find(ctx, program, name)
	if err != nil {
		return g, err
	}
	if g.Publication == nil {
		return g, reason.New(reason.SegmentNotFound, "name", "segment %s was never published", name)
	}
	return t.ask(ctx, g, true)
}

func (t *Teller) ask(ctx context.Context, g storage.Segment, withdraw bool) (storage.Segment, error) {
	p, err := t.Storage.Publish(ctx, g.Program, g.Name, withdraw)
	g.Publication = &p
	select {
	case t.wake <- struct{}{}:
	default:
	}
	return g, err
}

// Run tells what there is to tell until ctx ends.
func (t *Teller) Run(ctx context.Context) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := t.round(ctx); err != nil && ctx.Err() == nil {
			t.Log.WarnContext(ctx, "segments not told, trying again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-t.wake:
		case <-tick.C:
		}
	}
	return nil
}

// round tells each publication that was asked for, of which a day has come, or whose fit another one has replaced. One that fails does not hold up the others.
func (t *Teller) round(ctx context.Context) error {
	list, err := t.Storage.Publications(ctx, "")
	if err != nil {
		return err
	}
	var failed error
	for _, p := range list {
		due, err := t.due(ctx, p)
		if err == nil && due {
			err = t.tell(ctx, p)
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

func (t *Teller) due(ctx context.Context, p storage.Publication) (bool, error) {
	if p.Asked > p.Told || p.Withdrawn {
		return p.Asked > p.Told, nil
	}
	if p.Fit != "" {
		if inUse, err := t.Storage.Champion(ctx, p.Program); err != nil || inUse != p.Fit {
			return err == nil, err
		}
	}
	reading, err := t.Reporter.Reading(ctx, p.Program)
	if unread, ok := reason.Of(err); ok && unread.Reason == reason.UnknownProgram {
		return false, nil // the copy is being built anew
	}
	return err == nil && reading.Through+1 > p.AsOf, err
}

// Due counts the publications of which there is something to tell.
func (t *Teller) Due(ctx context.Context) (int64, error) {
	list, err := t.Storage.Publications(ctx, "")
	n := int64(0)
	for _, p := range list {
		due, e := t.due(ctx, p)
		if due {
			n++
		}
		err = errors.Join(err, e)
	}
	return n, err
}

// run is one way through who is in a segment, and who was told to be.
type run struct {
	*Teller

	of      storage.Publication
	telling copying.Telling          // without changes
	changes map[int][]copying.Change // by partition, to be handed to its lane
	told    int
	// elsewhere: another replica owns the partition of a change. It runs too, and tells it.
	elsewhere bool
}

// tell brings what is told of a segment to what is so. A copy that lags behind FACTS, such as one that is built anew, is
// waited for: whoever has not been read is not gone.
func (t *Teller) tell(ctx context.Context, p storage.Publication) error {
	end, err := t.End(ctx)
	if err == nil && end > 0 {
		err = t.After(ctx, &typev1.Position{Stream: bus.Facts, Sequence: end})
	}
	if err != nil {
		return err
	}
	r := run{Teller: t, of: p, changes: map[int][]copying.Change{}}
	r.telling = copying.Telling{Program: p.Program, Segment: p.Segment, Revision: p.Revision, AsOf: p.AsOf}
	r.of.Told, r.of.Customers, r.of.Fit = p.Asked, 0, ""
	if p.Withdrawn {
		err = r.everybodyLeaves(ctx)
	} else {
		err = r.members(ctx)
	}
	if err == nil {
		err = r.flush(ctx, 1)
	}
	if err != nil {
		return err
	}
	if r.elsewhere {
		return nil // looked at again until nothing is missing
	}
	r.of.AsOf = r.telling.AsOf
	t.Log.InfoContext(ctx, "segment told", "programme", p.Program, "segment", p.Segment, "revision", p.Revision,
		"as_of", r.of.AsOf.String(), "customers", r.of.Customers, "changes", r.told)
	return t.Storage.TellEnded(ctx, r.of)
}

func (r *run) everybodyLeaves(ctx context.Context) error {
	reading, err := r.Reporter.Reading(ctx, r.of.Program)
	if err != nil {
		return err
	}
	r.telling.At, r.telling.AsOf = reading.EffectiveAt, reading.Through+1
	return r.compare(ctx, nil, r.Storage.ToldIn(ctx, r.of.Program, r.of.Segment, "", ""))
}

// members compares page by page. A page is one state of the copy; all are of one day, by one ranking.
func (r *run) members(ctx context.Context) error {
	_, group, err := r.Segmenter.Find(ctx, r.of.Program, r.of.Segment)
	if err != nil {
		return err
	}
	if group.Condition != nil && group.Condition.Needs().Scored {
		// Asked for first: where another is put into use meanwhile, some pages go by that, and all is looked at again.
		if r.of.Fit, err = r.Storage.Champion(ctx, r.of.Program); err != nil {
			return err
		}
	}
	q := reporting.Query{Program: r.of.Program, AsOf: calendar.None, Compare: calendar.None}
	var from segmenting.Place
	for {
		page, err := r.Segmenter.Members(ctx, q, group, from, pageMembers)
		if err != nil {
			return err
		}
		q.AsOf, r.telling.AsOf, r.telling.At = page.AsOf, page.AsOf, page.Reading.EffectiveAt
		accounts := make([]string, len(page.Members))
		for i, c := range page.Members {
			accounts[i] = c.ID
		}
		r.of.Customers += int64(len(accounts))
		upTo := ""
		if page.Next != nil {
			upTo = page.Next.After
		}
		if err := r.compare(ctx, accounts, r.Storage.ToldIn(ctx, r.of.Program, r.of.Segment, from.After, upTo)); err != nil {
			return err
		}
		if page.Next == nil {
			return nil
		}
		from = *page.Next
	}
}

// compare takes who is in and who was told to be, both by rising account, and notes who enters and who leaves.
func (r *run) compare(ctx context.Context, in []string, told iter.Seq2[string, error]) error {
	enter := func(upTo string, all bool) error {
		for len(in) > 0 && (all || in[0] < upTo) {
			if err := r.note(ctx, copying.Change{Account: in[0], In: true}); err != nil {
				return err
			}
			in = in[1:]
		}
		return nil
	}
	for account, err := range told {
		if err == nil {
			err = enter(account, false)
		}
		if err != nil {
			return err
		}
		if len(in) > 0 && in[0] == account {
			in = in[1:]
			continue
		}
		if err := r.note(ctx, copying.Change{Account: account}); err != nil {
			return err
		}
	}
	return enter("", true)
}

func (r *run) note(ctx context.Context, c copying.Change) error {
	partition := bus.Partition(r.of.Program, c.Account, r.Partitions)
	r.changes[partition] = append(r.changes[partition], c)
	r.told++
	return r.flush(ctx, changesMax)
}

// flush hands over the changes of each partition that has so many. What waits in front of them, waits no longer for them than
// for any other batch: one is under way at a time.
func (r *run) flush(ctx context.Context, from int) error {
	for partition, changes := range r.changes {
		if len(changes) < from {
			continue
		}
		telling := r.telling
		telling.Changes = changes
		err := r.Call(ctx, partition, telling)
		if _, other := errors.AsType[*follow.Elsewhere](err); other {
			r.elsewhere = true
		} else if err != nil {
			return err
		}
		delete(r.changes, partition)
	}
	return nil
}
