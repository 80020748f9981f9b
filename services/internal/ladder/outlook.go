package ladder

import (
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Drop is the next fall of an account if nothing more comes.
type Drop struct {
	On       calendar.Day // at its 00:00
	From, To string
	Cause    string      // CauseReview or CauseGrantEnded
	Holds    money.Minor // what the window of that day will hold
	Reach    money.Minor // what From needs
}

// Missing is what must still count before the day of the drop so that there is none.
func (d Drop) Missing() money.Minor { return add(d.Reach, -d.Holds) }

// NextDrop returns the first day strictly after the given one on which the account falls, if
// nothing more comes. The last result is false if it never does.
func (l Ladder) NextDrop(s State, after calendar.Day) (Drop, bool) {
	for {
		on, ok := l.NextPass(s, after)
		if !ok {
			return Drop{}, false
		}
		if drop, ok := l.DropOn(s, on); ok {
			return drop, true
		}
		s, _, _ = l.Pass(s, on)
		after = on
	}
}

// DropOn tells whether the account falls at 00:00 of a day, and how.
func (l Ladder) DropOn(s State, on calendar.Day) (Drop, bool) {
	_, change, _ := l.Pass(s, on)
	from := l.index(change.From)
	if change.To == "" || from <= l.index(change.To) {
		return Drop{}, false
	}
	return Drop{
		On: on, From: change.From, To: change.To, Cause: change.Cause,
		Holds: change.Qualifying, Reach: l.Tiers[from].Reach,
	}, true
}

// Goal is a tier above, and what is missing to reach it.
type Goal struct {
	Tier    string
	Reach   money.Minor
	Holds   money.Minor // what the window holds now
	Missing money.Minor // > 0
	// Until is the first day on which more is missing if nothing comes: the oldest day of the window
	// has left it. None if the window is empty.
	Until calendar.Day
}

// Next returns the tier after the one that the account has earned by itself. The last result is
// false at the top, and for an account that is not on the ladder.
func (l Ladder) Next(s State, now calendar.Day) (Goal, bool) {
	at := l.index(s.Earned()) + 1
	if at == 0 || at >= len(l.Tiers) {
		return Goal{}, false
	}
	g := Goal{Tier: l.Tiers[at].Name, Reach: l.Tiers[at].Reach, Holds: l.Qualifying(s, now), Until: calendar.None}
	g.Missing = add(g.Reach, -g.Holds)
	if oldest := firstAfter(s.Days, now.AddMonths(-l.WindowMonths)); oldest < len(s.Days) && s.Days[oldest].Day <= now {
		g.Until = l.leaves(s.Days[oldest].Day)
	}
	return g, true
}

// leaves returns the first day whose window (day − window, day] no longer holds the given one.
func (l Ladder) leaves(day calendar.Day) calendar.Day {
	on := day.AddMonths(l.WindowMonths)
	for on.AddMonths(-l.WindowMonths) < day { // the target month was shorter
		on++
	}
	return on
}
