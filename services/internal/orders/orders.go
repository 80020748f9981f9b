// Package orders says what an order is after all that happened to it: which lines count, how much
// of each is left, whether it was paid or cancelled, and which events still wait. Accrual, tier,
// analytics and partner fold the same events with it and so reach the same figures.
//
// The fold is a function of the set of events that were accepted, not of the order in which they
// came: State links the events, and what is left is worked out when it is asked for. Only three
// things look at the order of arrival: the places of the events, the date of the order (that of the
// first Paid to arrive), and a lapse, which removes what waits at that moment. The package knows
// nothing of points, accounts, merchants' rights or time limits.
package orders

import "github.com/laurel-loyalty/laurel/services/internal/money"

// Ref names an order: its number is unique at its merchant.
type Ref struct {
	Merchant string
	Order    string
}

// Line is one row of an order. An empty ID means the position of the line, counted from 1.
type Line struct {
	ID       string
	SKU      string
	Category string
	Brand    string
	Quantity int64       // pieces; 0 for goods that are not counted
	Amount   money.Minor // paid for the whole row in money
	Cost     money.Minor // of the whole row to the seller; counts only with HasCost
	HasCost  bool
	Tax      money.Minor // of Amount; 0 <= Tax <= Amount
	GiftCard money.Minor // of Amount, what was paid with gift cards; 0 <= GiftCard <= Amount
	Shipping bool        // no goods, but what was paid for sending them
	// Points is what was paid with points beside Amount, in minor units, and PointsTax the tax in it; 0 <= PointsTax <= Points.
	Points    money.Minor
	PointsTax money.Minor
}

// parted says that the line tells of parts that a programme may leave out.
func (l Line) parted() bool { return l.Tax != 0 || l.GiftCard != 0 || l.Shipping }

// ShareTax has what was paid in money and what was paid with points bear the tax of the row, each its share; the money's is rounded down.
func (l *Line) ShareTax(tax money.Minor) {
	l.Tax = Share(tax, int64(l.Amount), int64(l.Amount+l.Points))
	l.PointsTax = tax - l.Tax
}

// pointed says that the line tells what of it was paid with points.
func (l Line) pointed() bool { return l.Points != 0 || l.PointsTax != 0 }

// ReturnedLine is what came back of one line. Line names it by its id; without one it is the only
// line with this SKU. A row that has both means the line with this id if it has this SKU, and no
// other. Neither quantity nor amount means the whole line.
type ReturnedLine struct {
	Line      string
	SKU       string
	Quantity  int64
	Amount    money.Minor // paid back; counts only with HasAmount, else the share of the pieces is taken
	HasAmount bool
}

// whole says that the row takes back all that is left of its line.
func (r ReturnedLine) whole() bool { return r.Quantity == 0 && !r.HasAmount }

// Kept is a line of the latest revision with what is left of it after all returns.
type Kept struct {
	Line     Line // as it was paid, its ID filled in
	Quantity int64
	Amount   money.Minor // 0 <= Amount <= Line.Amount
	Gone     bool        // all of it came back, or the order was cancelled
}

// PointsLeft is what is left of the part that was paid with points, which comes back as the money does: by what is left of that, else
// by pieces where they are counted, else whole or not at all; cut to whole minor units.
func (k Kept) PointsLeft() money.Minor {
	switch l := k.Line; {
	case k.Gone:
		return 0
	case l.Amount > 0:
		return Share(l.Points, int64(k.Amount), int64(l.Amount))
	case l.Quantity > 0:
		return Share(l.Points, k.Quantity, l.Quantity)
	default:
		return l.Points
	}
}

// CostLeft is what the kept part has cost the seller, who has the rest back: by pieces where they are counted, else by what
// is left of the price; cut to whole minor units. False: the line does not tell its cost.
func (k Kept) CostLeft() (money.Minor, bool) {
	switch l := k.Line; {
	case !l.HasCost:
		return 0, false
	case l.Quantity > 0:
		return Share(l.Cost, k.Quantity, l.Quantity), true
	case l.Amount > 0:
		return Share(l.Cost, int64(k.Amount), int64(l.Amount)), true
	default:
		return l.Cost, true
	}
}
