package ladder

import (
	"math"
	"slices"
	"sort"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Count books an amount (below zero for what comes back) at the day of its order. Now is the latest
// day folded for the account, this order's included; it never falls, and the reviews up to it have
// been done. Days on or before now − window are dropped: neither a rise nor a later review can
// count them again.
func (l Ladder) Count(s State, day, now calendar.Day, amount money.Minor) State {
	gone := now.AddMonths(-l.WindowMonths)
	for len(s.Days) > 0 && s.Days[0].Day <= gone {
		s.Days = s.Days[1:]
	}
	if day > gone && amount != 0 {
		s.Days = booked(s.Days, day, amount)
	}
	if len(s.Days) == 0 {
		s.Days = nil // one form of nothing, which holds on to no array
	}
	return s
}

// booked returns a copy of days with the amount added at its day. A day that comes to 0 is left
// out, so that equal sums are equal states.
func booked(days []Spend, day calendar.Day, amount money.Minor) []Spend {
	at := len(days) // mostly the latest day
	for at > 0 && days[at-1].Day >= day {
		at--
	}
	rest := days[at:]
	if len(rest) > 0 && rest[0].Day == day {
		amount = add(rest[0].Amount, amount)
		rest = rest[1:]
	}
	if amount == 0 {
		return slices.Concat(days[:at], rest)
	}
	copied := make([]Spend, 0, at+1+len(rest))
	copied = append(copied, days[:at]...)
	copied = append(copied, Spend{Day: day, Amount: amount})
	return append(copied, rest...)
}

// Qualifying returns what counts for a rise at now: the sum of the window (now − window, now].
func (l Ladder) Qualifying(s State, now calendar.Day) money.Minor {
	return sum(s.Days, now.AddMonths(-l.WindowMonths)+1, now+1)
}

// reviewed sums the window of a review.
func (l Ladder) reviewed(s State, on calendar.Day) money.Minor {
	return sum(s.Days, on.AddMonths(-l.WindowMonths), on)
}

// sum adds the days from (included) to before (not included).
func sum(days []Spend, from, before calendar.Day) money.Minor {
	total := money.Minor(0)
	for _, d := range days {
		if from <= d.Day && d.Day < before {
			total = add(total, d.Amount)
		}
	}
	return total
}

// firstAfter returns the place of the first day later than the given one.
func firstAfter(days []Spend, day calendar.Day) int {
	return sort.Search(len(days), func(i int) bool { return days[i].Day > day })
}

// add stops at the ends of the range: what is beyond them is beyond every tier as well, and must
// not wrap around to nothing.
func add(a, b money.Minor) money.Minor {
	switch {
	case b > 0 && a > math.MaxInt64-b:
		return math.MaxInt64
	case b < 0 && a < math.MinInt64-b:
		return math.MinInt64
	}
	return a + b
}
