// Package history is what the reports are made of: each customer's orders as civil days and amounts. Where they come
// from, and which of them count, is decided before; what they mean is left to the reports.
package history

import (
	"math"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Order is one order that counts: the civil day on which it was first paid, in the programme's zone, and what is left
// of it after returns, which may be nothing.
type Order struct {
	Day  calendar.Day
	Base money.Minor
	// Detail is nil unless it was asked for.
	Detail *Detail
}

// Customer is an account and its orders, by rising day. Tiers, Deeds and Points are there if details were asked for.
type Customer struct {
	ID     string
	Orders []Order
	Tiers  []TierFrom // by rising day
	Deeds  []Deed     // by rising day
	Points []PointsAt // by rising day
}

// Before returns the customer as known when the day begins: with the orders of all days before it.
func (c Customer) Before(day calendar.Day) Customer {
	n := len(c.Orders)
	for n > 0 && c.Orders[n-1].Day >= day {
		n--
	}
	k, m := len(c.Tiers), len(c.Deeds)
	for k > 0 && c.Tiers[k-1].Day >= day {
		k--
	}
	for m > 0 && c.Deeds[m-1].Day >= day {
		m--
	}
	p := len(c.Points)
	for p > 0 && c.Points[p-1].Day >= day {
		p--
	}
	return Customer{ID: c.ID, Orders: c.Orders[:n:n], Tiers: c.Tiers[:k:k], Deeds: c.Deeds[:m:m], Points: c.Points[:p:p]}
}

// From returns the customer with what happened from a day on; calendar.None: all. Tiers stay.
func (c Customer) From(day calendar.Day) Customer {
	if day == calendar.None {
		return c
	}
	n, m := 0, 0
	for n < len(c.Orders) && c.Orders[n].Day < day {
		n++
	}
	for m < len(c.Deeds) && c.Deeds[m].Day < day {
		m++
	}
	p := 0
	for p < len(c.Points) && c.Points[p].Day < day {
		p++
	}
	return Customer{ID: c.ID, Orders: c.Orders[n:], Tiers: c.Tiers, Deeds: c.Deeds[m:], Points: c.Points[p:]}
}

// Spend is the sum of the orders. It is a reason.AmountOutOfRange if it does not fit.
func (c Customer) Spend() (money.Minor, error) {
	sum := money.Minor(0)
	for _, o := range c.Orders {
		var err error
		if sum, err = Add(sum, o.Base); err != nil {
			return 0, err
		}
	}
	return sum, nil
}

// Days returns the purchase days: each day with an order once, rising.
func (c Customer) Days() []calendar.Day {
	var days []calendar.Day
	for _, o := range c.Orders {
		if len(days) == 0 || days[len(days)-1] != o.Day {
			days = append(days, o.Day)
		}
	}
	return days
}

// First returns the day of the first order, Last that of the last one; calendar.None without orders.
func (c Customer) First() calendar.Day {
	if len(c.Orders) == 0 {
		return calendar.None
	}
	return c.Orders[0].Day
}

// Last returns the day of the last order; calendar.None without orders.
func (c Customer) Last() calendar.Day {
	if len(c.Orders) == 0 {
		return calendar.None
	}
	return c.Orders[len(c.Orders)-1].Day
}

// Add returns the sum of two amounts of zero or more, or a reason.AmountOutOfRange: a total is exact or it is none.
func Add(a, b money.Minor) (money.Minor, error) {
	if a > math.MaxInt64-b {
		return 0, reason.New(reason.AmountOutOfRange, "", "the orders add up to more than %d minor units", int64(math.MaxInt64))
	}
	return a + b, nil
}

// Sum returns the sum of two amounts, of money or points, of either sign, or a reason.AmountOutOfRange.
func Sum[N ~int64](a, b N) (N, error) {
	if sum := a + b; (b < 0) == (sum < a) || b == 0 {
		return sum, nil
	}
	return 0, reason.New(reason.AmountOutOfRange, "", "amounts add up to more than %d", int64(math.MaxInt64))
}

// Times returns n times an amount, n and the amount being zero or more, or a reason.AmountOutOfRange.
func Times(n int64, amount money.Minor) (money.Minor, error) {
	if n != 0 && amount > math.MaxInt64/money.Minor(n) {
		return 0, reason.New(reason.AmountOutOfRange, "", "%d times %d minor units is more than fits", n, amount)
	}
	return money.Minor(n) * amount, nil
}
