// Package calendar holds civil days: dates without a time of day or a zone. Lots, windows and
// reviews count in whole days of a programme's zone; this package owns the step from an instant to
// a day and back. Which zone counts, and what happens on a day, is left to others.
package calendar

import (
	"math"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Day is a civil date as the number of days since 1970-01-01. Days compare and subtract like
// numbers.
type Day int32

// None stands for "not set" or "never". It is lower than every day, so look for it before you
// compare. Moving None gives None.
const None Day = math.MinInt32

const (
	secondsPerDay = 24 * 60 * 60
	layout        = time.DateOnly
	// No zone was ever further than this from UTC: local mean times reach 15 h 13 min.
	offsetSecondsMax = 16 * 60 * 60
)

// DayOf returns the civil day that a clock on the wall in zone shows at t.
func DayOf(t time.Time, zone *time.Location) Day {
	_, offset := t.In(zone).Zone()
	return floorDay(t.Unix() + int64(offset))
}

// Date returns the day of a date in the Gregorian calendar. Values out of range are carried, as
// time.Date does: October 32 is November 1.
func Date(y int, m time.Month, d int) Day {
	return floorDay(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix())
}

// Parse reads YYYY-MM-DD and nothing else; the empty text is an error too, since only the caller
// knows whether a day may be missing. The error is a reason.InvalidField without a field.
func Parse(s string) (Day, error) {
	t, err := time.Parse(layout, s)
	if err != nil {
		return None, reason.New(reason.InvalidField, "", "%.40q is not a date; write YYYY-MM-DD, for example 2025-03-31", s)
	}
	return floorDay(t.Unix()), nil
}

// String returns YYYY-MM-DD, and the empty text for None.
func (d Day) String() string {
	if d == None {
		return ""
	}
	return d.utc().Format(layout)
}

// Start returns the instant, in UTC, at which the day begins in zone: the first one whose civil day
// is d or later. That is 00:00, the end of the gap where the clock jumps over midnight, and the
// first of the two midnights where it is set back. A day that a zone left out begins with the next
// one. None has no start: the zero time.
func (d Day) Start(zone *time.Location) time.Time {
	if d == None {
		return time.Time{}
	}
	midnight := int64(d) * secondsPerDay // as the wall clock shows it
	t := time.Unix(midnight-offsetSecondsMax, 0).In(zone)
	for {
		_, offset := t.Zone()
		end, ends := stretchEnd(t)
		// Within one stretch of constant offset the wall clock runs evenly. It may begin at
		// midnight or later already.
		start := max(midnight-int64(offset), t.Unix())
		if !ends || start < end.Unix() {
			return time.Unix(start, 0).UTC()
		}
		t = end
	}
}

// Passed tells whether from t on the wall clock in zone shows a later day than d, always. Where the clock is set back over midnight a
// day shows twice: it has passed only once it will not show again. It is no question for None.
func (d Day) Passed(t time.Time, zone *time.Location) bool {
	if DayOf(t, zone) <= d {
		return false
	}
	end, ends := stretchEnd(t.In(zone))
	return !ends || DayOf(end, zone) > d
}

// stretchEnd returns where the stretch of constant offset that t is in ends, if it does. Of years that a zone file has by rule
// alone, Go takes each to have 365 days: on the last day of a leap year, from 2040 on, its end lies at or before t. No
// rule changes a clock that late in the year, so there the stretch goes on.
func stretchEnd(t time.Time) (time.Time, bool) {
	_, end := t.ZoneBounds()
	return end, end.After(t)
}

// AddDays returns the day n days later, earlier when n is negative.
func (d Day) AddDays(n int) Day {
	if d == None {
		return None
	}
	return d + Day(n)
}

// AddMonths returns the same day of the month n months later, earlier when n is negative, or the
// last day of that month where it is shorter: January 31 and one month is February 28. A later day
// never gives an earlier result.
func (d Day) AddMonths(n int) Day {
	if d == None {
		return None
	}
	y, m, day := d.utc().Date()
	first := Date(y, m+time.Month(n), 1)
	return min(first+Day(day-1), first.NextMonth()-1)
}

// Year returns the civil year of the day, and 0 for None.
func (d Day) Year() int {
	if d == None {
		return 0
	}
	return d.utc().Year()
}

// FirstOfMonth returns the first day of the day's month.
func (d Day) FirstOfMonth() Day {
	if d == None {
		return None
	}
	return d - Day(d.utc().Day()-1)
}

// NextMonth returns the first day of the next month: always later than d.
func (d Day) NextMonth() Day {
	if d == None {
		return None
	}
	y, m, _ := d.utc().Date()
	return Date(y, m+1, 1)
}

// Weekday returns the day of the week. None has none: Sunday stands for it.
func (d Day) Weekday() time.Weekday {
	if d == None {
		return time.Sunday
	}
	return d.utc().Weekday()
}

// Millis returns t in UTC, cut (not rounded) to the millisecond, which is all that Laurel stores of
// an instant.
func Millis(t time.Time) time.Time {
	return t.UTC().Truncate(time.Millisecond)
}

// utc returns the midnight of the day in UTC, where every day has one.
func (d Day) utc() time.Time {
	return time.Unix(int64(d)*secondsPerDay, 0).UTC()
}

// floorDay counts whole days; seconds before 1970 belong to the day that they lie in, not to the
// one after.
func floorDay(seconds int64) Day {
	day := seconds / secondsPerDay
	if seconds%secondsPerDay < 0 {
		day--
	}
	return Day(day)
}
