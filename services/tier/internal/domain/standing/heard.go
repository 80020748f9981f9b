package standing

import (
	"cmp"
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/orderbook"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// CauseRefused is that of a line by which the ledger's refusal of an event takes back what the event has moved.
const CauseRefused = "refused"

// Place is where a message stood in the log, and what was known there. With it, what the message did can be decided again.
type Place struct {
	Sequence uint64    // in EVENTS; never 0
	Identity string    // by which the message is known if it comes again
	At       time.Time // effective time
	Known    int       // the latest revision of the programme that stood before it
}

// Heard is a message about an account: one of the three that it may have said is set.
type Heard struct {
	Place
	Arrival *orderbook.Arrival
	Grant   *Grant
	Enrols  bool
	// Refused is why it was refused; empty: it was taken, or repeats what was.
	Refused reason.Reason
}

// Gone is an event that is to be taken back.
type Gone struct {
	Sequence uint64
	Identity string
}

// Retold is an account without an event that was taken back.
type Retold struct {
	Account Account
	Books   Books
	Rows    []Row
	Heard   []Heard // what made no row, in the order of the log
	Line    *Line   // if the tier is another one now
}

// TakeBack tells an account's life again without an event, from all that it has heard: what was refused or repeated because
// of the event may be taken now, and the reverse. What stands in the history stays there; at effective time t, to which the
// account was brought up, comes a line if the tier is another one for it. The result does not depend on what the account had
// become with the event, but for Version, Lines, Clock and Noticed.
func TakeBack(a Account, all []Heard, gone Gone, schedule program.Schedule, t time.Time) (Retold, error) {
	slices.SortFunc(all, func(x, y Heard) int { return cmp.Compare(x.Sequence, y.Sequence) })
	r := Retold{Account: New(a.Program, a.ID), Books: Books{}}
	refused := map[string]bool{gone.Identity: true}
	var lost Heard
	for _, h := range all {
		if h.Sequence == gone.Sequence {
			lost = h
			continue
		}
		if refused[h.Identity] {
			continue // it came again, and stays refused
		}
		taken, err := r.hear(h, upTo(schedule, h.Known))
		if err != nil {
			return r, err
		}
		refused[h.Identity] = !taken
	}
	if err := r.bringUp(schedule, t); err != nil {
		return r, err
	}
	r.succeed(a, lost, schedule, t)
	return r, nil
}

// hear lets one message happen; false: it was refused.
func (r *Retold) hear(h Heard, schedule program.Schedule) (bool, error) {
	if err := r.bringUp(schedule, h.At); err != nil {
		return false, err
	}
	step, err := r.decide(h, schedule)
	h.Refused = ""
	if err != nil {
		refusal, ok := reason.Of(err)
		if !ok {
			return false, err
		}
		h.Refused = refusal.Reason
	}
	if step.Row != nil {
		step.Row.Place = h.Place
	} else if h.IsToBeKept(step) {
		r.Heard = append(r.Heard, h)
	}
	if err == nil && !step.Repeats {
		r.keep(step)
	}
	return err == nil, nil
}

// IsToBeKept tells if a message must be remembered beside the rows, to tell the account's life again: not an order's event
// that made a row, nor the same message once more.
func (h Heard) IsToBeKept(s Step) bool { return s.Row == nil && (!s.Repeats || s.Twin != h.Identity) }

func (r *Retold) decide(h Heard, schedule program.Schedule) (Step, error) {
	switch {
	case h.Arrival != nil:
		return Take(r.Account, r.Books[h.Arrival.Ref], *h.Arrival, schedule, h.At)
	case h.Grant != nil:
		return TakeGrant(r.Account, *h.Grant, schedule, h.At)
	default:
		return Enrol(r.Account, schedule, h.At), nil
	}
}

func (r *Retold) bringUp(schedule program.Schedule, t time.Time) error {
	for {
		moment, ok := NextDue(r.Account, schedule)
		if !ok || moment.After(t) {
			return nil
		}
		step, err := fallDue(r.Account, schedule, r.Books, moment)
		if err != nil {
			return err
		}
		r.keep(step)
	}
}

func (r *Retold) keep(s Step) {
	r.Account = s.Account
	if s.Row != nil {
		r.Rows = append(r.Rows, *s.Row)
		r.Books[s.Row.Arrival.Ref] = r.Books[s.Row.Arrival.Ref].Add(*s.Row)
	}
}

// succeed makes the account that was told again the next state of the one that it was told of.
func (r *Retold) succeed(a Account, lost Heard, schedule program.Schedule, t time.Time) {
	if a.Version == 0 {
		r.Account = a // nothing of it was ever taken
		return
	}
	void := r.Account.Version == 0
	next := a.happened(t)
	next.Ladder, next.Waiting, next.Void = r.Account.Ladder, r.Account.Waiting, void
	next.Reviewed = max(r.Account.Reviewed, calendar.DayOf(t, schedule.Latest().Program.Zone))
	if next.Ladder.Tier != a.Ladder.Tier {
		r.Line = next.refusedLine(a.Ladder.Tier, lost, schedule, t)
	}
	r.Account = next
}

// refusedLine notes what the loss of an event has moved.
func (a *Account) refusedLine(from string, lost Heard, schedule program.Schedule, t time.Time) *Line {
	known := in(schedule, t)
	a.Lines++
	l := &Line{
		Seq: a.Lines, From: from, To: a.Ladder.Tier, Cause: CauseRefused, EffectiveAt: t, Revision: known.revision,
		Earned: a.Ladder.Earned(), Reach: max(known.reach(from), known.reach(a.Ladder.Tier)),
	}
	if known.steps != nil {
		l.Qualifying = known.steps.Qualifying(a.Ladder, calendar.DayOf(t, schedule.Latest().Program.Zone))
	}
	switch {
	case lost.Arrival != nil:
		l.Ref, l.Event = lost.Arrival.Ref, lost.Arrival.Event.Kind.String()
	case lost.Grant != nil:
		l.Grant = lost.Grant.Given.ID
	}
	return l
}

// HeardOf is what a row tells of the message that made it; false for what lapsed.
func HeardOf(r Row) (Heard, bool) {
	if r.Arrival.Event.Kind == orders.Lapsed {
		return Heard{}, false
	}
	arrival := r.Arrival
	return Heard{Place: r.Place, Arrival: &arrival}, true
}

// upTo is a schedule as it was known when a revision was the latest.
func upTo(schedule program.Schedule, latest int) program.Schedule {
	n := 0
	for n < len(schedule) && schedule[n].Revision <= latest {
		n++
	}
	return schedule[:n]
}
