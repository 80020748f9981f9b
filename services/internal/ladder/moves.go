package ladder

import (
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Reach moves up to the tier that the window at now fits, by several steps if need be, and never
// down. An account without a tier enters the one that fits, at least the first; so does one whose
// tier the ladder does not know. The last result is false if nothing moved.
func (l Ladder) Reach(s State, now calendar.Day) (State, Change, bool) {
	qualifying := l.Qualifying(s, now)
	fits, current := l.fit(qualifying), l.index(s.Tier)
	if fits <= current { // also when there are no tiers: both are -1
		return s, Change{}, false
	}
	cause := CauseReached
	if current < 0 {
		cause = CauseFirst
	}
	s, change := l.move(s, fits, qualifying, cause)
	return s, change, true
}

// Review lowers the tier at 00:00 of day on, the first of a month, if the window [on − window, on)
// does not hold enough for it: by one step with a soft landing, else to the tier that fits. It
// never raises. An account without a tier keeps none. The last result is false if nothing moved.
func (l Ladder) Review(s State, on calendar.Day) (State, Change, bool) {
	if s.Tier == "" || len(l.Tiers) == 0 {
		return s, Change{}, false
	}
	qualifying := l.reviewed(s, on)
	to, current := l.fit(qualifying), l.index(s.Tier)
	if current >= 0 && to >= current {
		return s, Change{}, false
	}
	if current >= 0 && l.SoftLanding {
		to = current - 1
	}
	s, change := l.move(s, to, qualifying, CauseReview)
	return s, change, true
}

// NextReview returns the earliest first of a month strictly after the given day at which Review
// would move the account, if nothing more were counted. The last result is false if there is none.
func (l Ladder) NextReview(s State, after calendar.Day) (calendar.Day, bool) {
	if s.Tier == "" || len(l.Tiers) == 0 {
		return calendar.None, false
	}
	current := l.index(s.Tier)
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

func (l Ladder) move(s State, to int, qualifying money.Minor, cause string) (State, Change) {
	change := Change{From: s.Tier, To: l.Tiers[to].Name, Qualifying: qualifying, Cause: cause}
	s.Tier = change.To
	return s, change
}
