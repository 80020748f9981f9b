// Package terms knows which agreements with partners hold: it reads the revisions of all programmes from EVENTS, where
// they stand for every service alike, and what time it is there. It keeps nothing of its own; each start reads them anew.
package terms

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const (
	// pollEvery is how old what is known may be: a revision holds here that long after it was published.
	pollEvery = time.Second
	// wholeEvery polls, everything is read from the beginning of the log: the bus may have gone back.
	wholeEvery = 60
	// partition is the one that is read: control events of a programme stand in all of them.
	partition = 0
)

// Terms is safe for many goroutines.
type Terms struct {
	bus     *bus.Bus
	clock   clock.Clock
	log     *slog.Logger
	decoder *follow.Decoder

	reading sync.Mutex // held while the log is read

	mu        sync.RWMutex // guards what follows
	schedules map[string]program.Schedule
	read      uint64         // up to where the log is read
	opened    *follow.Opened // nil: the house is not open yet
	passed    time.Time      // the last boundary that stands in the log
	failure   error          // of the last poll
}

// New returns terms that know nothing until Run, or until they are asked.
func New(b *bus.Bus, c clock.Clock, log *slog.Logger) (*Terms, error) {
	decoder, err := follow.NewDecoder()
	if err != nil {
		return nil, fmt.Errorf("prepare reading revisions: %w", err)
	}
	return &Terms{bus: b, clock: c, log: log, decoder: decoder, schedules: map[string]program.Schedule{}}, nil
}

// Run keeps up with the log until ctx ends.
func (t *Terms) Run(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for polls := 1; ; polls++ {
		if polls%wholeEvery == 0 {
			t.forget()
		}
		if err := t.poll(ctx); err != nil && ctx.Err() == nil {
			t.log.WarnContext(ctx, "agreements not read; what is known goes on to hold", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Ready tells whether the agreements are known and no older than they may be.
func (t *Terms) Ready(context.Context) error {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.failure == nil && t.opened == nil {
		return errors.New("nobody has opened the house yet")
	}
	return t.failure
}

// Schedule returns the revisions of a programme. UNKNOWN_PROGRAMME if the log has none; NOT_READY while the bus does not
// answer and it is not known.
func (t *Terms) Schedule(ctx context.Context, programID string) (program.Schedule, error) {
	if s := t.known(programID); len(s) > 0 {
		return s, nil
	}
	if err := t.poll(ctx); err != nil {
		return nil, reason.New(reason.NotReady, "", "the bus does not say if there is a programme %s; try again", programID)
	}
	if s := t.known(programID); len(s) > 0 {
		return s, nil
	}
	return nil, reason.New(reason.UnknownProgram, "program", "no revision of programme %s is known", programID)
}

// Revisions returns the revisions of a programme, up to a number at least: one that is younger than what is known is looked
// for in the log. NOT_READY if it is not there.
func (t *Terms) Revisions(ctx context.Context, programID string, number int) (program.Schedule, error) {
	s, err := t.Schedule(ctx, programID)
	if err != nil || s.Latest().Revision >= number {
		return s, err
	}
	if err := t.poll(ctx); err != nil {
		return nil, reason.New(reason.NotReady, "", "the bus does not tell revision %d of programme %s; try again", number, programID)
	}
	if s = t.known(programID); s.Latest().Revision >= number {
		return s, nil
	}
	return nil, reason.New(reason.NotReady, "", "revision %d of programme %s is not in the log; try again", number, programID)
}

func (t *Terms) known(programID string) program.Schedule {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.schedules[programID]
}

// Now is what time it is for calls: the wall clock, or, in a house that lives in past days, the last boundary that stands
// in the log; it is looked for there while none is known. NOT_READY: nothing has told yet.
func (t *Terms) Now(ctx context.Context) (time.Time, error) {
	if now, ok := t.now(); ok {
		return now, nil
	}
	if err := t.poll(ctx); err != nil {
		return time.Time{}, reason.New(reason.NotReady, "", "the bus does not say what time it is in the house; try again")
	}
	if now, ok := t.now(); ok {
		return now, nil
	}
	return time.Time{}, reason.New(reason.NotReady, "", "no event has told the house what time it is")
}

// now is false where nothing that is read has told.
func (t *Terms) now() (time.Time, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.opened != nil && !t.opened.Events {
		return t.clock.Now(), true
	}
	return t.passed, t.opened != nil && !t.passed.IsZero()
}

// forget makes the next poll read the log from its beginning.
func (t *Terms) forget() {
	t.reading.Lock()
	defer t.reading.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.read = 0
}

// poll reads what has come since the last time.
func (t *Terms) poll(ctx context.Context) error {
	t.reading.Lock()
	defer t.reading.Unlock()
	t.mu.RLock()
	read := t.read
	t.mu.RUnlock()
	messages, end, err := t.fetch(ctx, read)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failure = err; err != nil {
		return err
	}
	for _, m := range messages {
		t.take(m)
	}
	t.read = end
	return nil
}

// fetch returns the control events that stand behind a position, in the order of the log, and up to where it has looked: nats-server walks
// over every order that stands behind the position, so none is walked over twice.
func (t *Terms) fetch(ctx context.Context, read uint64) ([]bus.Message, uint64, error) {
	end, err := t.bus.End(ctx, bus.Events)
	if err != nil || end == read {
		return nil, end, err
	}
	if end < read { // the bus has gone back
		read = 0
	}
	var list []bus.Message
	for _, kind := range []string{"opened", "clock", "revised"} {
		messages, err := t.bus.ControlEvents(ctx, partition, kind, read)
		if err != nil {
			return nil, 0, fmt.Errorf("read control events %s of EVENTS: %w", kind, err)
		}
		list = append(list, messages...)
	}
	// One kind is asked after the other: of what has come meanwhile only a part was seen.
	list = slices.DeleteFunc(list, func(m bus.Message) bool { return m.Sequence > end })
	slices.SortFunc(list, func(a, b bus.Message) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return list, end, nil
}

// take learns from a message; t.mu is held. What every service refuses is passed over here too.
func (t *Terms) take(raw bus.Message) {
	m := t.decoder.Decode(raw)
	switch {
	case m.Refusal != nil:
	case m.Opened != nil && t.opened == nil: // the first has fixed it for ever
		t.opened = m.Opened
	case m.Clock.After(t.passed):
		t.passed = m.Clock
	case m.Revised != nil:
		t.revised(m)
	}
}

// revised makes a revision known; t.mu is held. The first one holds from the beginning of time, a later one never from
// before it stood in the log.
func (t *Terms) revised(m follow.Message) {
	s := t.schedules[m.Program]
	latest := s.Latest()
	next := program.Known{Revision: m.Revised.Number, Program: m.Revised.Program}
	if next.Revision <= latest.Revision || next.Follows(latest) != nil {
		return
	}
	if latest.Revision > 0 {
		next.Effective = m.Time
		if t.opened != nil && t.opened.Events {
			next.Effective = t.passed
		}
		if m.Revised.Effective.After(next.Effective) {
			next.Effective = m.Revised.Effective
		}
	}
	t.schedules[m.Program] = append(slices.Clip(s), next)
}
