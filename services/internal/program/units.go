package program

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// unitsMax is how many units an order may earn beside the programme's own. It has a test that meets it.
const unitsMax = 8

// Unit is a kind of points that orders earn beside the programme's own: status points, stamps. They are counted, and lapse, and
// are taken back by returns; nobody spends, sends or is given them, and nobody owes any.
type Unit struct {
	Name string
	// Rate is in points per minor unit; the zero Ratio where PerOrder is set.
	Rate money.Ratio
	// PerOrder is what an order gives of which anything counts that is not excluded. 0: Rate says it.
	PerOrder money.Points
	// Plain leaves the multipliers of earning away; what is excluded there earns nothing of any unit.
	Plain bool
	// Expiry is never rolling.
	Expiry Expiry
	// ActivationDays is how many days they are pending, as Earning.ActivationDays.
	ActivationDays int

	rates rates
}

// OtherUnit returns one of Units by its name; false: there is none.
func (p *Program) OtherUnit(name string) (*Unit, bool) {
	i, ok := slices.BinarySearchFunc(p.Units, name, func(u *Unit, name string) int { return strings.Compare(u.Name, name) })
	if !ok {
		return nil, false
	}
	return p.Units[i], true
}

// LineRate returns the points of the unit per minor unit of a line, as Program.LineRate does for the programme's own. It is for
// units without PerOrder.
func (u *Unit) LineRate(line orders.Line, tier, segment string) money.Ratio {
	rate, _ := u.rates.line(line, tier, segment)
	return rate
}

// Excluded tells whether a line earns nothing, whatever it costs.
func (p *Program) Excluded(line orders.Line) bool {
	_, category := p.rates.categories[line.Category]
	_, sku := p.rates.skus[line.SKU]
	return category || sku
}

// ExpiryDay returns the first day on which points of the unit that were earned on a day are gone, or calendar.None.
func (u *Unit) ExpiryDay(earned calendar.Day) calendar.Day { return u.Expiry.day(earned) }

// units reads what orders earn beside the programme's own unit.
func (r *reader) units(v value, p *Program) {
	if !v.given() {
		return
	}
	children, _ := r.pairs(v)
	if n := len(children); n > unitsMax {
		r.fault(v, "%d units; write at most %d", n, unitsMax)
		return
	}
	for _, child := range children {
		switch name := child.key.Value; {
		case !unitForm.pattern.MatchString(name):
			r.faultAt(child, child.key, "%q is not %s; write %s", short(name), unitForm.name, unitForm.how)
		case name == p.Unit:
			r.faultAt(child, child.key, "is the programme's own unit already, which earning is about; give this one another name")
		default:
			p.Units = append(p.Units, r.otherUnit(child, p.Currency))
		}
	}
	slices.SortFunc(p.Units, func(a, b *Unit) int { return strings.Compare(a.Name, b.Name) })
}

func (r *reader) otherUnit(v value, c money.Currency) *Unit {
	s := r.section(v, []string{"earn", "expiry"}, []string{"pending_days", "plain"})
	u := &Unit{Name: v.key.Value, Plain: r.truth(s.get("plain"), false), Expiry: r.expiry(s.get("expiry"), "end_of_month", "days", "fixed_date", "never")}
	u.ActivationDays = r.pending(s.get("pending_days"), u.Expiry)
	at := s.get("earn")
	earn := r.section(at, nil, []string{"points", "per", "per_order"})
	perOrder := earn.get("per_order")
	if !perOrder.given() {
		for _, key := range []string{"points", "per"} {
			if at.given() && earn.lacks(key) && earn.lacks("per_order") {
				r.missing(at, key)
			}
		}
		u.Rate = r.rate(earn, c)
		return u
	}
	u.PerOrder = money.Points(r.whole(perOrder, span{1, pointsMost, 0}))
	switch plain := s.get("plain"); {
	case earn.get("points").given() || earn.get("per").given():
		r.faultAt(perOrder, perOrder.key, "points and per say already what an order gives; keep one of the two")
	case plain.given():
		r.faultAt(plain, plain.key, "what each order gives is never multiplied; delete the line")
	}
	return u
}

// prepare multiplies every rate that the unit can have.
func (u *Unit) prepare(e Earning) error {
	e.Rate = u.Rate
	if u.Plain {
		e.CategoryMultipliers, e.TierMultipliers, e.SegmentMultipliers, e.Campaigns = nil, nil, nil, nil
	}
	var err error
	u.rates, err = newRates(e)
	return err
}

func (p *Program) unitFields() []Field {
	var list []Field
	for _, u := range p.Units {
		path := keyed("units", u.Name)
		earn := fmt.Sprintf("%d for each order", u.PerOrder)
		if u.PerOrder == 0 {
			earn = p.inWords(u.Rate)
			if u.Plain {
				earn += ", without multipliers"
			}
		}
		list = append(list, Field{path + ".earn", earn}, Field{path + ".expiry", u.Expiry.String()},
			Field{path + ".pending_days", strconv.Itoa(u.ActivationDays)})
	}
	return list
}
