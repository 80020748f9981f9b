package history

import (
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// PointsAt is what one entry of the ledger did to the points of an account, and what it had afterwards. Facts from before
// points were told have none.
type PointsAt struct {
	Day calendar.Day
	// Active can be spent; Bound are those that wait or are set aside.
	Active, Bound money.Points
	// Issued were given, below zero where they were taken back; Spent were spent, below zero where that was undone; Lapsed are
	// gone unspent.
	Issued, Spent, Lapsed money.Points
}

// Balance is what the account has at the end of what is known of it.
func (c Customer) Balance() (active, bound money.Points) {
	if n := len(c.Points); n > 0 {
		return c.Points[n-1].Active, c.Points[n-1].Bound
	}
	return 0, 0
}
