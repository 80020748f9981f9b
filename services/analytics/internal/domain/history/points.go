package history

import (
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// PointsAt is what the entries of one day did to the points of an account, and what it had after the last of them. Days on
// which no points moved have none.
type PointsAt struct {
	Day calendar.Day
	// Active can be spent; Bound are those that wait or are set aside.
	Active, Bound money.Points
	// Issued were given, below zero where they were taken back; Spent were spent, below zero where that was undone; Lapsed are
	// gone unspent.
	Issued, Spent, Lapsed money.Points
}

// Then is the day with what one entry more did.
func (p PointsAt) Then(next PointsAt) PointsAt {
	next.Day = p.Day
	next.Issued, next.Spent, next.Lapsed = p.Issued+next.Issued, p.Spent+next.Spent, p.Lapsed+next.Lapsed
	return next
}

// Balance is what the account has at the end of what is known of it.
func (c Customer) Balance() (active, bound money.Points) {
	if n := len(c.Points); n > 0 {
		return c.Points[n-1].Active, c.Points[n-1].Bound
	}
	return 0, 0
}
