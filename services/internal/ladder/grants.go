package ladder

import (
	"cmp"
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// GrantsMax is how many grants an account may have at a time, those to come and those that were
// ended before their time included.
const GrantsMax = 16

// Grant holds an account at a tier at least, whatever it has spent, from 00:00 of one day (at once,
// if that has passed) until 00:00 of another. The tier that the account earns by itself goes on
// beneath: it rises at once, and is reviewed month by month with the ladder's soft landing. So when
// the grant is over the account stands where it would stand without it, however many steps that is
// down: a grant leaves no trace.
type Grant struct {
	ID          string // unique within the account
	Tier        string
	From, Until calendar.Day // From < Until: the first day with it, the first day without
	Reason      string       // why, in words
	Actor       string       // who gave it
	// Ended says that somebody ended it before its time. It stays until its last day is over, so
	// that it is known when it is told of again.
	Ended bool
}

func (g Grant) live(on calendar.Day) bool { return !g.Ended && g.From <= on && on < g.Until }

// Live lists the grants that hold on a day.
func (s State) Live(on calendar.Day) []Grant {
	var live []Grant
	for _, g := range s.Grants {
		if g.live(on) {
			live = append(live, g)
		}
	}
	return live
}

// Grant finds a grant that the state still knows.
func (s State) Grant(id string) (Grant, bool) {
	i, found := s.place(id)
	if !found {
		return Grant{}, false
	}
	return s.Grants[i], true
}

func (s State) place(id string) (int, bool) {
	return slices.BinarySearchFunc(s.Grants, id, func(g Grant, id string) int { return cmp.Compare(g.ID, id) })
}

// Earned is the tier that the account has reached by itself.
func (s State) Earned() string {
	if len(s.Grants) == 0 {
		return s.Tier
	}
	return s.Below
}

// best is the highest of what is earned and what is granted; what the ladder does not know is below
// everything.
func (l Ladder) best(earned string, grants []Grant, on calendar.Day) string {
	held := earned
	for _, g := range grants {
		if g.live(on) && l.index(g.Tier) > l.index(held) {
			held = g.Tier
		}
	}
	return held
}

// Admit refuses a grant that cannot hold on or after today: UNKNOWN_TIER for one to a tier that the
// ladder does not have (a programme without a ladder has none), INVALID_FIELD for days in the wrong
// order, EVENT_TOO_LATE for one that is over, OVERLOADED for one more than GrantsMax.
func (l *Ladder) Admit(s State, g Grant, today calendar.Day) error {
	switch {
	case l == nil || l.index(g.Tier) < 0:
		return reason.New(reason.UnknownTier, "tier", "the ladder has no tier %q", g.Tier)
	case g.From >= g.Until:
		return reason.New(reason.InvalidField, "until", "the grant would end on %s, before it begins on %s", g.Until, g.From)
	case g.Until <= today:
		return reason.New(reason.EventTooLate, "until", "the grant was over on %s; today is %s", g.Until, today)
	case len(s.Grants) >= GrantsMax:
		return reason.New(reason.Overloaded, "", "the account has %d grants already; wait until one is over", len(s.Grants))
	}
	return nil
}

// Give adds a grant that Admit let in and the state does not know. An account without a tier enters
// the one that its window fits beneath. The Change is zero if the account stands as high already,
// or the grant begins later.
func (l Ladder) Give(s State, g Grant, today calendar.Day) (State, Change) {
	qualifying, earned := l.Qualifying(s, today), s.Earned()
	if fits := l.fit(qualifying); l.index(earned) < 0 && fits >= 0 {
		earned = l.Tiers[fits].Name
	}
	i, known := s.place(g.ID)
	if known {
		return s, Change{}
	}
	s.Grants = slices.Insert(slices.Clone(s.Grants), i, g)
	return s.move(l.best(earned, s.Grants, today), earned, qualifying, CauseGranted)
}

// EndGrant ends a grant before its time. The last result is false if the state does not know it, or
// it was ended before. The Change is zero if something else holds the account where it is.
func (l Ladder) EndGrant(s State, id string, today calendar.Day) (State, Change, bool) {
	i, known := s.place(id)
	if !known || s.Grants[i].Ended {
		return s, Change{}, false
	}
	earned := s.Earned()
	s.Grants = slices.Clone(s.Grants)
	s.Grants[i].Ended = true
	s, change := s.move(l.best(earned, s.Grants, today), earned, l.Qualifying(s, today), CauseGrantEnded)
	return s, change, true
}

// WithoutOver drops the grants that are over on a day.
func (s State) WithoutOver(on calendar.Day) State {
	over := func(g Grant) bool { return g.Until <= on }
	if !slices.ContainsFunc(s.Grants, over) {
		return s
	}
	s.Grants = slices.DeleteFunc(slices.Clone(s.Grants), over)
	if len(s.Grants) == 0 {
		s.Grants = nil
	}
	return s
}

// Pass is what 00:00 of a day does: on the first of a month the review; then grants begin and end.
// The last result is false if nothing is due that day; under a grant the Change may be zero, as for
// Reach.
func (l Ladder) Pass(s State, on calendar.Day) (State, Change, bool) {
	earned, moved := s.Earned(), false
	if on == on.FirstOfMonth() {
		earned, moved = l.lowered(s, on)
	}
	bounded := slices.ContainsFunc(s.Grants, func(g Grant) bool { return g.Until <= on || g.From == on && !g.Ended })
	if !moved && !bounded {
		return s, Change{}, false
	}
	cause := CauseReview
	if len(s.Grants) > 0 && s.Tier != s.Below {
		cause = CauseGrantEnded
	}
	qualifying := l.reviewed(s, on)
	left := s.WithoutOver(on)
	held := l.best(earned, left.Grants, on)
	if held != earned && l.index(held) > l.index(s.Tier) {
		cause = CauseGranted
	}
	next, change := left.move(held, earned, qualifying, cause)
	return next, change, true
}

// NextPass returns the earliest day strictly after the given one on which something is due, if
// nothing more comes. The last result is false if there is none.
func (l Ladder) NextPass(s State, after calendar.Day) (calendar.Day, bool) {
	next, ok := l.NextReview(s, after)
	sooner := func(day calendar.Day) {
		if day > after && (!ok || day < next) {
			next, ok = day, true
		}
	}
	for _, g := range s.Grants {
		sooner(max(g.Until, after+1)) // one that was over while the programme had no ladder is still there
		if !g.Ended {
			sooner(g.From)
		}
	}
	return next, ok
}

// Granted is what an event or a boundary did to the grants of a state, as somebody wrote it down:
// enough to do it again without the ladder.
type Granted struct {
	Given *Grant       // it was given
	Ended string       // id of the one that was ended before its time
	Below string       // the earned tier afterwards
	On    calendar.Day // grants that are over on this day go
}

// Granted does again what Give, EndGrant, Pass or Reach did to the grants; the tier held is not
// touched.
func (s State) Granted(g Granted) State {
	s.Grants = slices.Clone(s.Grants)
	if g.Given != nil {
		if i, known := s.place(g.Given.ID); !known {
			s.Grants = slices.Insert(s.Grants, i, *g.Given)
		}
	}
	if i, known := s.place(g.Ended); known {
		s.Grants[i].Ended = true
	}
	s = s.WithoutOver(g.On)
	if s.Below = g.Below; len(s.Grants) == 0 {
		s.Grants, s.Below = nil, ""
	}
	return s
}
