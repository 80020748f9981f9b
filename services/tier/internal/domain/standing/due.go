package standing

import (
	"errors"
	"fmt"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/orderbook"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

// ErrBroken says that what is stored of an account contradicts itself. Nothing may be committed over it.
var ErrBroken = errors.New("the account does not hold together")

// NextDue is the first moment at which something happens to an account if nothing more comes: a wait ends, a ladder moves
// it, a notice falls due. False: nothing ever does.
func NextDue(a Account, schedule program.Schedule) (time.Time, bool) {
	var next time.Time
	earlier := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	if a.Version == 0 || len(schedule) == 0 {
		return next, false
	}
	if len(a.Waiting) > 0 {
		earlier(a.Waiting[0].Deadline)
	}
	if day, ok := schedule.NextPass(a.Ladder, a.Reviewed); ok {
		earlier(day.Start(schedule.Latest().Program.Zone))
	}
	if n, ok := nextNotice(a, schedule); ok {
		earlier(n.At)
	}
	return next, !next.IsZero()
}

// LapsesBy names the orders whose waits end by t: their books are needed to bring the account up.
func (a Account) LapsesBy(t time.Time) []orders.Ref {
	var refs []orders.Ref
	for _, w := range a.Waiting {
		if !w.Deadline.After(t) {
			refs = append(refs, w.Ref)
		}
	}
	return refs
}

// BringUp does everything that falls due for an account up to and including t, each at its own moment, in the order waits,
// review and grants, notice. It adds what happens to orders to books. The result does not depend on how often or when it
// is called.
func BringUp(a Account, schedule program.Schedule, books Books, t time.Time) ([]Step, Account, error) {
	var steps []Step
	for {
		moment, ok := NextDue(a, schedule)
		if !ok || moment.After(t) {
			return steps, a, nil
		}
		step, err := fallDue(a, schedule, books, moment)
		if err != nil {
			return nil, a, err
		}
		if r := step.Row; r != nil {
			books[r.Arrival.Ref] = books[r.Arrival.Ref].Add(*r)
		}
		steps, a = append(steps, step), step.Account
	}
}

// fallDue does the first thing that is due at a moment.
func fallDue(a Account, schedule program.Schedule, books Books, moment time.Time) (Step, error) {
	zone := schedule.Latest().Program.Zone
	day := calendar.DayOf(moment, zone)
	next := a.happened(moment)
	if len(a.Waiting) > 0 && !a.Waiting[0].Deadline.After(moment) {
		book, w := books[a.Waiting[0].Ref], a.Waiting[0]
		if book.State.Events() == 0 {
			return Step{}, fmt.Errorf("%w: %s/%s waits for order %s, of which nothing was given", ErrBroken, a.Program, a.ID, w.Ref.Order)
		}
		lapse := orders.Event{Kind: orders.Lapsed, LapsedKind: w.Kind, Occurrence: w.Occurrence, OccurredAt: w.Deadline}
		row := Row{
			Account: a.ID, Number: book.State.Events() + 1, Arrival: orderbook.Arrival{Ref: w.Ref, Event: lapse}, Content: lapse.Content(),
			Revision: book.Revision, Base: book.Base, OccurredAt: w.Deadline,
		}
		next.Reviewed, next.Waiting = max(a.Reviewed, day-1), a.waitingAfter(row, time.Time{})
		return Step{Account: next, Row: &row}, nil
	}
	if on, ok := schedule.NextPass(a.Ladder, a.Reviewed); ok && !on.Start(zone).After(moment) {
		known := in(schedule, moment)
		var change ladder.Change
		next.Ladder, change, _ = known.steps.Pass(a.Ladder, day)
		next.Reviewed = max(a.Reviewed, day)
		step := Step{Line: next.line(known, change, next.Clock)}
		step.Account = next
		return step, nil
	}
	notice, ok := nextNotice(a, schedule)
	if !ok || notice.At.After(moment) {
		return Step{}, fmt.Errorf("%w: nothing of %s/%s falls due at %s", ErrBroken, a.Program, a.ID, moment)
	}
	next.Noticed = notice.Drop.On
	return Step{Account: next, Notice: &notice}, nil
}

// nextNotice finds the next fall that has not been told of and when it has to be: so many days ahead as the revision in
// force then says, or as soon as the fall is in sight. What it knows of the future is the revision in force at that moment:
// so it does not matter whether the next one is known already.
func nextNotice(a Account, schedule program.Schedule) (Notice, bool) {
	zone := schedule.Latest().Program.Zone
	after := max(a.Reviewed, calendar.DayOf(a.Clock, zone)) // what was due that day comes before a notice
	for from := a.Clock; ; {
		known := schedule.In(from)
		until, bounded := schedule.Until(known)
		n, ok := noticeUnder(a, known, after)
		n.At = latest(from, n.At)
		if ok && (!bounded || n.At.Before(until)) {
			return n, true
		}
		if !bounded || !until.After(from) {
			return Notice{}, false
		}
		from = until
		after = max(after, calendar.DayOf(until.Add(-time.Nanosecond), zone))
	}
}

// noticeUnder is the notice that is due by one revision, for a fall after a day that has not been told of.
func noticeUnder(a Account, known program.Known, after calendar.Day) (Notice, bool) {
	p := known.Program
	if p.Ladder == nil || p.NoticeDays == 0 {
		return Notice{}, false
	}
	drop, ok := p.Ladder.NextDrop(a.Ladder, after)
	if !ok || drop.On == a.Noticed {
		return Notice{}, false
	}
	return Notice{Drop: drop, At: drop.On.AddDays(-p.NoticeDays).Start(p.Zone), Revision: known.Revision}, true
}
