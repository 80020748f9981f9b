package standing

import (
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/orderbook"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Take decides what an order event does to an account at effective time t, to which the account has been brought up; book
// is what stands under the order. Refusals are those of orderbook.Book.Judge.
func Take(a Account, book Book, c orderbook.Arrival, schedule program.Schedule, t time.Time) (Step, error) {
	judged, err := book.Judge(c, orderbook.Setting{
		Account: a.ID, Opened: a.opened(), Waiting: len(a.Waiting), Schedule: schedule, Time: t,
	})
	if err != nil {
		return Step{Account: a}, err
	}
	if judged.Repeats > 0 {
		return Step{Account: a, Repeats: true, Twin: book.identities[judged.Repeats-1]}, nil
	}
	zone := judged.Rules.Program.Zone
	row := Row{
		Account: a.ID, Number: book.State.Events() + 1, Arrival: c, Content: c.Event.Content(),
		Revision: book.Revision, Base: book.Base, OccurredAt: c.Event.OccurredAt,
	}
	next, today := a.happened(t), calendar.DayOf(t, zone)
	next.Reviewed = max(a.Reviewed, today)
	step := Step{Row: &row}
	if !judged.Waits {
		state := book.State.Apply(c.Event)
		if state.Paid() {
			row.Base = judged.Rules.Program.Base(state)
			if row.Revision == 0 {
				row.Revision = judged.Rules.Revision
			}
		}
		if known := in(schedule, t); known.steps != nil {
			order := ladder.Spend{Day: calendar.DayOf(state.PaidAt(), zone), Amount: row.Base - book.Base}
			var climb ladder.Climb
			next.Ladder, climb = known.steps.Climb(a.Ladder, order, today)
			if step.Line = next.line(known, climb.Change, t); step.Line != nil {
				step.Line.Ref, step.Line.Event = c.Ref, c.Event.Kind.String()
			}
		}
	}
	next.Waiting = a.waitingAfter(row, judged.Deadline)
	step.Account = next
	return step, nil
}

// Grant is a tier that was granted, or the early end of such a grant.
type Grant struct {
	Given ladder.Grant // of an end only the ID counts
	Ends  bool
}

// TakeGrant decides what a grant does to an account at effective time t, to which the account has been brought up.
// Refusals are those of ladder.Ladder.Admit, and GRANT_NOT_FOUND for the end of what the account does not have, or has had.
func TakeGrant(a Account, g Grant, schedule program.Schedule, t time.Time) (Step, error) {
	known := in(schedule, t)
	today := calendar.DayOf(t, schedule.Latest().Program.Zone)
	if had, ok := a.Ladder.Grant(g.Given.ID); ok && (had.Ended || !g.Ends) {
		return Step{Account: a, Repeats: true}, nil
	}
	next := a.happened(t)
	next.Reviewed = max(a.Reviewed, today)
	var change ladder.Change
	if g.Ends {
		steps := ladder.Ladder{} // a grant can end where there is no ladder any more
		if known.steps != nil {
			steps = *known.steps
		}
		var found bool
		if next.Ladder, change, found = steps.EndGrant(a.Ladder, g.Given.ID, today); !found {
			return Step{}, reason.New(reason.GrantNotFound, "grant_id", "the account has no grant %s, or it is over", g.Given.ID)
		}
	} else {
		if err := known.steps.Admit(a.Ladder, g.Given, today); err != nil {
			return Step{}, err
		}
		next.Ladder, change = known.steps.Give(a.Ladder, g.Given, today)
	}
	step := Step{Line: next.line(known, change, t)}
	if step.Line != nil {
		step.Line.Grant = g.Given.ID
	}
	step.Account = next
	return step, nil
}

// Enrol opens an account at effective time t, to which it has been brought up; one that was opened before stays as it is.
func Enrol(a Account, schedule program.Schedule, t time.Time) Step {
	if a.opened() {
		return Step{Account: a, Repeats: true}
	}
	next := a.happened(t)
	next.Reviewed = calendar.DayOf(t, schedule.Latest().Program.Zone)
	return Step{Account: next}
}

// opened says that something was taken of the account before.
func (a Account) opened() bool { return a.Version > 0 && !a.Void }

// happened is the account after one more thing at an effective time.
func (a Account) happened(t time.Time) Account {
	a.Version++
	a.Void, a.Clock = false, latest(a.Clock, t)
	return a
}

// in is the ladder in force at a time.
func in(schedule program.Schedule, t time.Time) knownLadder {
	known := schedule.In(t)
	return knownLadder{known.Revision, known.Program.Ladder}
}
