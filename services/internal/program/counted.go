package program

import (
	"math"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// Parts are the parts of an order that a programme may leave out.
type Parts struct{ Tax, Shipping, GiftCards bool }

// ExchangeRate is what another currency is worth in the programme's from a day on, until the next rate begins.
type ExchangeRate struct {
	From calendar.Day
	// Rate is in major units: 0.92 says that USD 1.00 is EUR 0.92. Minor is the same in minor units of both.
	Rate, Minor money.Ratio
}

// Counted is a line of an order with what of it counts, in minor units of the programme's currency.
type Counted struct {
	Line    orders.Line
	Base    money.Minor
	Cost    money.Minor // of what is kept of the line; counts only with HasCost
	HasCost bool
}

// Exchange returns the rate of another currency on a day, in minor units of the programme's currency for one minor unit. False:
// the programme has none, and takes no order in that currency. The programme's own is worth 1.
func (p *Program) Exchange(c money.Currency, day calendar.Day) (money.Ratio, bool) {
	if c == p.Currency {
		return money.MustRatio(1, 1), true
	}
	rates := p.Orders.Rates[c]
	for i := len(rates) - 1; i >= 0; i-- {
		if rates[i].From <= day {
			return rates[i].Minor, true
		}
	}
	return money.Ratio{}, false
}

// Counted lists what counts of the lines of an order, and the sum of it: what is left of each line after returns, without the
// parts that the programme leaves out, at the rate of the day on which the order was paid first. The sum is rounded down once,
// the lines share it by largest remainder. It is nil before the order is paid, and 0 after it is cancelled.
func (p *Program) Counted(s orders.State) ([]Counted, money.Minor) {
	kept := s.Kept()
	counted, base := make([]Counted, len(kept)), money.Minor(0)
	for i, k := range kept {
		c := &counted[i]
		c.Line, c.Base = k.Line, p.Orders.rest(k)
		c.Cost, c.HasCost = k.CostLeft()
		base += min(c.Base, math.MaxInt64-base)
	}
	if rate, ok := p.Exchange(s.Currency(), p.paidDay(s)); ok && s.Currency() != p.Currency && s.Paid() {
		base = exchanged(counted, rate)
	}
	return counted, base
}

// Base is the sum of what counts of an order.
func (p *Program) Base(s orders.State) money.Minor {
	if p.Orders.LeaveOut == (Parts{}) && !p.Orders.CountPoints && (s.Currency() == p.Currency || !s.Paid()) {
		return s.Base()
	}
	_, base := p.Counted(s)
	return base
}

func (p *Program) paidDay(s orders.State) calendar.Day { return calendar.DayOf(s.PaidAt(), p.Zone) }

// rest is what is left of a line, without the parts that are left out. Of a line that is kept in part, each part goes with its share: the line
// that comes back whole in several returns leaves nothing.
func (o OrderPolicy) rest(k orders.Kept) money.Minor {
	l, rest, out := k.Line, k.Amount, o.LeaveOut
	if out.Shipping && l.Shipping {
		return 0
	}
	if out.GiftCards {
		rest = orders.Share(rest, int64(l.Amount-l.GiftCard), int64(l.Amount))
	}
	if out.Tax {
		rest = orders.Share(rest, int64(l.Amount-l.Tax), int64(l.Amount))
	}
	if !o.CountPoints {
		return rest
	}
	points := k.PointsLeft()
	if out.Tax {
		points = orders.Share(points, int64(l.Points-l.PointsTax), int64(l.Points))
	}
	return rest + points
}

// exchanged turns the lines into another currency and returns their sum. No order whose whole did not fit was taken, so that
// what is left of it fits.
func exchanged(lines []Counted, rate money.Ratio) money.Minor {
	terms := make([]money.Term, len(lines))
	for i := range lines {
		terms[i] = money.Term{N: int64(lines[i].Base), R: rate}
		cost, err := rate.Floor(int64(lines[i].Cost))
		lines[i].Cost, lines[i].HasCost = money.Minor(cost), lines[i].HasCost && err == nil
	}
	sum, err := money.SumFloor(terms)
	if err != nil {
		sum = math.MaxInt64
	}
	shares, err := money.Split(sum, terms)
	if err != nil { // there is no line, or none is below 0: it cannot happen
		return 0
	}
	for i, share := range shares {
		lines[i].Base = money.Minor(share)
	}
	return money.Minor(sum)
}
