// Package ladder holds the moves of an account between tiers by what it spent in a rolling window.
// It owns the account's sums per day, the rise at once, the monthly review, grants, and the outlook:
// what is missing and when the tier will drop. It is shared, because accrual and tier fold the same
// events and must reach the same tier at the same place. Benefits, history and notices are left to
// them.
//
// Two windows count, both in whole days of the programme's zone: a rise looks at (now − window,
// now], a review on day D at [D − window, D). An amount counts at the day of its order, so a return
// lapses together with what it returns.
package ladder

import (
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Tier is one step of a ladder.
type Tier struct {
	Name  string
	Reach money.Minor // what the window must hold to stand here
}

// Ladder is what a revision of a programme says about tiers. Reviews are at 00:00 of the first day
// of each month. A ladder without tiers moves nobody.
type Ladder struct {
	Tiers        []Tier // Reach rises strictly, the first is 0; names differ and are not empty
	WindowMonths int    // at least 1
	SoftLanding  bool   // a review lowers by one step at most, else to the tier that fits
}

// Spend is what counts at one day.
type Spend struct {
	Day    calendar.Day
	Amount money.Minor // never 0; below 0 only if more came back than was bought
}

// State is where an account stands. It is a value: no function of this package changes the slice it
// was given. The zero State has no tier, and gets its first one by Reach.
//
// A tier that the ladder does not know (a revision renamed or dropped it) is left at the next Reach
// or review, whichever comes first, for the tier that fits then: up or down, and without a soft
// landing, since there is no step to count from.
type State struct {
	Tier string
	Days []Spend // rises by day; only days that can still count
	// Grants hold it at a tier at least; sorted by ID.
	Grants []Grant
	// Below is the tier that it has earned by itself while it has grants. It is empty without any:
	// then that is Tier.
	Below string
}

// Change is one move of the tier that an account stands at, with the figure that caused it.
type Change struct {
	From, To   string
	Qualifying money.Minor // what the window held
	Cause      string      // one of the causes below
}

// What makes an account change its tier.
const (
	CauseFirst      = "first"       // it had no tier, or one that the ladder does not know
	CauseReached    = "reached"     // the window came to hold enough for a higher one
	CauseReview     = "review"      // the window of a review did not hold enough for the one it had
	CauseGranted    = "granted"     // a grant lifted it
	CauseGrantEnded = "grant_ended" // a grant that had lifted it is over
)

// fit returns the highest tier that the amount reaches, at least the first; -1 if there are no
// tiers.
func (l Ladder) fit(amount money.Minor) int {
	for i := len(l.Tiers) - 1; i > 0; i-- {
		if amount >= l.Tiers[i].Reach {
			return i
		}
	}
	return min(0, len(l.Tiers)-1)
}

// index returns the place of a tier, -1 for none and for a name that the ladder does not know.
func (l Ladder) index(name string) int {
	return slices.IndexFunc(l.Tiers, func(t Tier) bool { return t.Name == name })
}
