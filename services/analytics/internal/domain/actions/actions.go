// Package actions counts what members did beside buying: the own events of a programme, by type and month.
package actions

import (
	"cmp"
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Count is how many actions of a type happened on a day, or in a month, and what they were given.
type Count struct {
	Type   string
	Day    calendar.Day
	Number int64
	Points money.Points
}

// ByMonth adds up the actions of all days before a day, by type and month: Day is the month's first one. Types rise, and
// within each the months; those without any are left out.
func ByMonth(days []Count, asOf calendar.Day) []Count {
	type key struct {
		kind  string
		month calendar.Day
	}
	sums := map[key]Count{}
	for _, c := range days {
		if c.Day >= asOf {
			continue
		}
		k := key{c.Type, c.Day.FirstOfMonth()}
		sum := sums[k]
		sums[k] = Count{Type: c.Type, Day: k.month, Number: sum.Number + c.Number, Points: sum.Points + c.Points}
	}
	months := make([]Count, 0, len(sums))
	for _, sum := range sums {
		months = append(months, sum)
	}
	slices.SortFunc(months, func(a, b Count) int { return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Day, b.Day)) })
	return months
}
