package ledger

import (
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/token"
)

// Grant is a tier that was granted to an account, or the early end of such a grant, as the log tells of it.
type Grant struct {
	Given      ladder.Grant // of an end only the ID and the actor count
	Ends       bool
	OccurredAt time.Time
	EventID    string
	Source     string
	Position   Position
}

// Key is the key of the entry that a grant to an account, or its end, makes.
func (g Grant) Key(account AccountID) string {
	key := "grant/" + token.Of(string(account)) + "/" + token.Of(g.Given.ID)
	if g.Ends {
		key += "/ended"
	}
	return key
}

// TakeGrant decides what a grant does to an account at effective time t, to which the account has been brought up: an
// entry that moves no points. Refusals are those of ladder.Ladder.Admit, and GRANT_NOT_FOUND for the end of what the
// account does not have, or has had.
func TakeGrant(a Account, g Grant, schedule program.Schedule, t time.Time) (Verdict, error) {
	known := schedule.In(t)
	steps, today := known.Program.Ladder, calendar.DayOf(t, known.Program.Zone)
	if had, ok := a.Ladder.Grant(g.Given.ID); ok && (had.Ended || !g.Ends) {
		return Verdict{Repeats: g.Key(a.ID)}, nil
	}
	d := a.begin(known, t)
	d.Kind, d.Key, d.Actor, d.OccurredAt = KindState, g.Key(a.ID), "operator/"+g.Given.Actor, g.OccurredAt
	d.EventID, d.EventSource, d.Position = g.EventID, g.Source, g.Position
	var next ladder.State
	var change ladder.Change
	if g.Ends {
		if steps == nil {
			steps = &ladder.Ladder{} // a grant can end where there is no ladder any more
		}
		var found bool
		if next, change, found = steps.EndGrant(a.Ladder, g.Given.ID, today); !found {
			return Verdict{}, reason.New(reason.GrantNotFound, "grant_id", "the account has no grant %s, or it is over", g.Given.ID)
		}
	} else {
		if err := steps.Admit(a.Ladder, g.Given, today); err != nil {
			return Verdict{}, err
		}
		next, change = steps.Give(a.Ladder, g.Given, today)
	}
	d.Ladder = &LadderPart{Window: steps.WindowMonths}
	d.Ladder.moved(next, change)
	if g.Ends {
		d.Ladder.Grants.Ended = g.Given.ID
	} else {
		d.Ladder.Grants.Given = &g.Given
	}
	e, after, err := d.post(a)
	return Verdict{Entry: e, Account: after}, err
}
