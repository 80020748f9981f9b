package ladder

import (
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Reach moves up to the tier that the window at now fits, by several steps if need be, and never
// down. An account without a tier enters the one that fits, at least the first; so does one whose
// tier the ladder does not know. Under a grant it may be the earned tier alone that rises: then the
// state differs and the Change is zero. The last result is false if nothing moved.
func (l Ladder) Reach(s State, now calendar.Day) (State, Change, bool) {
	qualifying := l.Qualifying(s, now)
	fits, current := l.fit(qualifying), l.index(s.Earned())
	if fits <= current { // also when there are no tiers: both are -1
		return s, Change{}, false
	}
	cause := CauseReached
	if current < 0 {
		cause = CauseFirst
	}
	held, earned := s.Tier, l.Tiers[fits].Name
	if fits > l.index(held) {
		held = earned
	}
	next, change := s.move(held, earned, qualifying, cause)
	return next, change, true
}

// Review lowers the earned tier at 00:00 of day on, the first of a month, if the window [on −
// window, on) does not hold enough for it: by one step with a soft landing, else to the tier that
// fits. It never raises. An account without a tier keeps none. The last result is false if nothing
// moved; under a grant the Change may be zero, as for Reach.
func (l Ladder) Review(s State, on calendar.Day) (State, Change, bool) {
	earned, moved := l.lowered(s, on)
	if !moved {
		return s, Change{}, false
	}
	next, change := s.move(l.best(earned, s.Grants, on), earned, l.reviewed(s, on), CauseReview)
	return next, change, true
}

// lowered returns the earned tier after the review of a day.
func (l Ladder) lowered(s State, on calendar.Day) (string, bool) {
	earned := s.Earned()
	if earned == "" || len(l.Tiers) == 0 {
		return earned, false
	}
	to, current := l.fit(l.reviewed(s, on)), l.index(earned)
	if current >= 0 && to >= current {
		return earned, false
	}
	if current >= 0 && l.SoftLanding {
		to = current - 1
	}
	return l.Tiers[to].Name, true
}

// NextReview returns the earliest first of a month strictly after the given day at which Review
// would move the account, if nothing more were counted. The last result is false if there is none.
func (l Ladder) NextReview(s State, after calendar.Day) (calendar.Day, bool) {
	earned := s.Earned()
	if earned == "" || len(l.Tiers) == 0 {
		return calendar.None, false
	}
	current := l.index(earned)
	if current == 0 {
		return calendar.None, false // nothing is below
	}
	on := after.NextMonth()
	for current > 0 && l.reviewed(s, on) >= l.Tiers[current].Reach {
		on = l.nextOther(s.Days, on) // a window that holds enough is not empty
	}
	return on, true
}

// nextOther returns the first review after on whose window holds other days than that of on, which
// must not be empty.
func (l Ladder) nextOther(days []Spend, on calendar.Day) calendar.Day {
	oldest := firstAfter(days, on.AddMonths(-l.WindowMonths)-1)
	next := days[oldest].Day.NextMonth().AddMonths(l.WindowMonths) // the first window without it
	if newest := firstAfter(days, on-1); newest < len(days) {
		next = min(next, days[newest].Day.NextMonth()) // the first window with it
	}
	return next
}

// Climb is what an order event does to the ladder: Counts is what was booked, at most one day; the
// zero Change says that the tier held stays. Moved is false if the earned tier stays as well.
type Climb struct {
	Counts []Spend
	Change Change
	Moved  bool
}

// Climb books by how much an order's base has changed at the day of the order, and moves up if that
// reaches a tier. Today is the latest day folded for the account; an order a few minutes ahead of
// it counts at once. A return takes no more off a day than is counted there: its order may have
// come before the programme had a ladder, or have left a window that was shorter then.
func (l Ladder) Climb(s State, order Spend, today calendar.Day) (State, Climb) {
	var c Climb
	now := today
	if order.Amount < 0 {
		order.Amount = -min(-order.Amount, s.counted(order.Day))
	}
	if order.Amount != 0 {
		now = max(now, order.Day)
		c.Counts = []Spend{order}
		s = l.Count(s, order.Day, today, order.Amount)
	}
	s, c.Change, c.Moved = l.Reach(s, now)
	return s, c
}

// counted is what the state holds of a day.
func (s State) counted(day calendar.Day) money.Minor {
	if i := firstAfter(s.Days, day-1); i < len(s.Days) && s.Days[i].Day == day {
		return s.Days[i].Amount
	}
	return 0
}

// move puts the account at a tier, and what it has earned below it.
func (s State) move(held, earned string, qualifying money.Minor, cause string) (State, Change) {
	var change Change
	if held != s.Tier {
		change = Change{From: s.Tier, To: held, Qualifying: qualifying, Cause: cause}
	}
	s.Tier, s.Below = held, ""
	if len(s.Grants) > 0 {
		s.Below = earned
	}
	return s, change
}
