package program

import (
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
)

// NextPass finds the first day strictly after the given one at whose 00:00 a ladder moves the
// account if nothing more comes, each day under the revision in force then. The last result is
// false if there is none.
func (s Schedule) NextPass(state ladder.State, after calendar.Day) (calendar.Day, bool) {
	if len(s) == 0 {
		return calendar.None, false
	}
	zone := s.Latest().Program.Zone
	for from := after.AddDays(1).Start(zone); ; {
		known := s.In(from)
		until, bounded := s.Until(known)
		if known.Program.Ladder != nil {
			day, ok := known.Program.Ladder.NextPass(state, after)
			if ok && (!bounded || day.Start(zone).Before(until)) {
				return day, true
			}
		}
		if !bounded {
			return calendar.None, false
		}
		from = until
		// A review at the very instant at which the revision begins is the new revision's.
		after = max(after, calendar.DayOf(until.Add(-time.Nanosecond), zone))
	}
}

// NextDrop finds the first fall strictly after a day if nothing more comes, as ladder.NextDrop
// does, each day under the revision in force then.
func (s Schedule) NextDrop(state ladder.State, after calendar.Day) (ladder.Drop, bool) {
	for {
		on, ok := s.NextPass(state, after)
		if !ok {
			return ladder.Drop{}, false
		}
		steps := s.In(on.Start(s.Latest().Program.Zone)).Program.Ladder
		if drop, ok := steps.DropOn(state, on); ok {
			return drop, true
		}
		state, _, _ = steps.Pass(state, on)
		after = on
	}
}
