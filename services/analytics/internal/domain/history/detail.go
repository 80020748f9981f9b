package history

import (
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Detail is what else is known of an order. Facts from before details were told have none: no merchant, no lines.
type Detail struct {
	Merchant, Channel string
	// Points are what the order earned, after returns.
	Points money.Points
	Lines  []Line
}

// Line is one line of an order with what is left of it after returns.
type Line struct {
	SKU, Category string
	Base          money.Minor
	Cost          money.Minor // to the seller; counts only with HasCost
	HasCost       bool
}

// TierFrom says that an account stands at a tier from a day on.
type TierFrom struct {
	Day  calendar.Day
	Tier string
}

// Deed is an own event of the programme that the ledger took. Data is what it said, a JSON object; empty: nothing, or it
// was not told.
type Deed struct {
	Day    calendar.Day
	Type   string
	Points money.Points
	Data   string
}

// Tier is where the account stands at the end of what is known of it; empty without a ladder.
func (c Customer) Tier() string {
	if len(c.Tiers) == 0 {
		return ""
	}
	return c.Tiers[len(c.Tiers)-1].Tier
}

// Filter leaves some customers, and some of their orders. What is empty leaves all.
type Filter struct {
	Merchant, Channel, Category string // of orders; of an order with lines of several categories those of this one count
	Tier                        string // held at the end of the day before
	Segment                     string // of RFM by all orders, with the table of segments that is the default
}

// IsSet tells whether anything is left out.
func (f Filter) IsSet() bool { return f != Filter{} }

// OfOrders tells whether orders are left out.
func (f Filter) OfOrders() bool { return f.Merchant != "" || f.Channel != "" || f.Category != "" }

// Apart splits the filter into the part that leaves customers out whole, and the part that leaves orders out.
func (f Filter) Apart() (customers, orders Filter) {
	return Filter{Tier: f.Tier, Segment: f.Segment}, Filter{Merchant: f.Merchant, Channel: f.Channel, Category: f.Category}
}

// Customer is the customer with the orders that the filter leaves; false: not even that.
func (f Filter) Customer(c Customer, asOf calendar.Day) (Customer, bool) {
	if f.Tier != "" && c.Before(asOf).Tier() != f.Tier {
		return c, false
	}
	if !f.OfOrders() {
		return c, true
	}
	var kept []Order
	for _, o := range c.Orders {
		if o, ok := f.order(o); ok {
			kept = append(kept, o)
		}
	}
	c.Orders = kept
	return c, true
}

// order cuts an order to the lines of a category. Its points stay whole: they were given for the order.
func (f Filter) order(o Order) (Order, bool) {
	d := o.Detail
	if d == nil || f.Merchant != "" && d.Merchant != f.Merchant || f.Channel != "" && d.Channel != f.Channel {
		return o, false
	}
	if f.Category == "" {
		return o, true
	}
	lines := slices.DeleteFunc(slices.Clone(d.Lines), func(l Line) bool { return l.Category != f.Category })
	if len(lines) == 0 {
		return o, false
	}
	cut := Order{Day: o.Day, Detail: &Detail{d.Merchant, d.Channel, d.Points, lines}}
	for _, l := range lines {
		cut.Base += l.Base // at most what the order came to
	}
	return cut, true
}
