package program

import (
	"fmt"
	"strconv"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Field is one thing that a checked programme says, at its place in the file and in words. Two programmes that say the
// same have the same fields, however they are written.
type Field struct{ Path, Value string }

// Fields lists all that a programme says, in the order of the file.
func (p *Program) Fields() []Field {
	list := []Field{
		{"programme", p.ID}, {"name", p.Name}, {"zone", p.Zone.String()}, {"currency", string(p.Currency)},
		{"enrolment", p.Enrolment.String()}, {"unit", p.Unit},
	}
	list = append(list, p.earningFields()...)
	list = append(list, p.unitFields()...)
	list = append(list, Field{"expiry", p.Expiry.String()},
		Field{"returns.wait_days", strconv.Itoa(p.Returns.WaitDays)},
		Field{"returns.accept_days", orElse(p.Returns.AcceptDays, "without limit")},
		Field{"returns.missing", p.Returns.missing()},
		Field{"refunds.extend_expired_days", orElse(p.Refunds.ExtendExpiredDays, "they lapse")},
		Field{"orders.accept_late_days", strconv.Itoa(p.Orders.AcceptLateDays)})
	list = append(list, p.Orders.fields()...)
	list = append(append(list, p.ladderFields()...), p.actionFields()...)
	return append(append(list, p.partnerFields()...), append(append(append(p.adjustmentFields(), p.transferFields()...), p.causeFields()...), p.economicsFields()...)...)
}

func (p *Program) actionFields() []Field {
	var list []Field
	for _, a := range p.Actions {
		path := keyed("actions", a.Type)
		list = append(list, Field{path + ".name", a.Name}, Field{path + ".schema", a.Schema}, Field{path + ".earn", a.Earn.String()})
	}
	return list
}

func (p *Program) earningFields() []Field {
	list := []Field{
		{"earning.points", p.inWords(p.Earning.Rate)},
		{"earning.pending_days", strconv.Itoa(p.Earning.ActivationDays)},
	}
	for _, name := range sortedKeys(p.Earning.CategoryMultipliers) {
		list = append(list, Field{keyed("earning.multipliers.category", name), p.Earning.CategoryMultipliers[name].String()})
	}
	for _, name := range sortedKeys(p.Earning.SegmentMultipliers) {
		list = append(list, Field{keyed("earning.multipliers.segment", name), p.Earning.SegmentMultipliers[name].String()})
	}
	for _, name := range sortedKeys(p.Earning.TierMultipliers) {
		list = append(list, Field{keyed("earning.multipliers.tier", name), p.Earning.TierMultipliers[name].String()})
	}
	for _, c := range p.Earning.Campaigns {
		list = append(list, c.fields()...)
	}
	for _, name := range p.Earning.ExcludeCategories {
		list = append(list, Field{keyed("earning.exclude.category", name), "earns nothing"})
	}
	for _, name := range p.Earning.ExcludeSKUs {
		list = append(list, Field{keyed("earning.exclude.sku", name), "earns nothing"})
	}
	return list
}

func (c *Campaign) fields() []Field {
	path := keyed("earning.campaigns", c.Name)
	list := []Field{{path + ".factor", c.Factor.String()}}
	for _, d := range []struct {
		key string
		day calendar.Day
	}{{".from", c.From}, {".until", c.Until}} {
		if d.day != calendar.None {
			list = append(list, Field{path + d.key, d.day.String()})
		}
	}
	if c.When != "" {
		list = append(list, Field{path + ".when", c.When})
	}
	return list
}

// inWords writes a rate for an amount of at least one major unit, where that divides: 2 per 1.00, not 1 per 0.50.
func (p *Program) inWords(rate money.Ratio) string {
	points, per := rate.Num(), rate.Den()
	unit := int64(1)
	for range p.Currency.Exponent() {
		unit *= 10
	}
	if unit%per == 0 {
		points, per = points*(unit/per), unit
	}
	return fmt.Sprintf("%d per %s", points, money.Format(money.Minor(per), p.Currency))
}

func (p *Program) ladderFields() []Field {
	if p.Ladder == nil {
		return nil
	}
	downgrade := "to_fit"
	if p.Ladder.SoftLanding {
		downgrade = "one_step"
	}
	list := []Field{
		{"ladder.window_months", strconv.Itoa(p.Ladder.WindowMonths)}, {"ladder.downgrade", downgrade},
		{"ladder.notice_days", strconv.Itoa(p.NoticeDays)},
	}
	for _, t := range p.Ladder.Tiers {
		list = append(list, Field{keyed("ladder.tiers", t.Name) + ".from", money.Format(t.Reach, p.Currency)})
	}
	return list
}

// String is the word of the file.
func (e Enrolment) String() string {
	switch e {
	case EnrolmentOnFirstOrder:
		return "on_first_order"
	case EnrolmentExplicit:
		return "explicit"
	case EnrolmentUnset:
	}
	return "unset"
}

// missing is the word of the file, with the limit.
func (r Returns) missing() string {
	switch r.OwedMost {
	case 0:
		return missingForgive
	case OwedWithoutLimit:
		return missingDebt
	}
	return fmt.Sprintf("%s, %d points", missingLimit, r.OwedMost)
}

// keyed is the path of a key below another.
func keyed(path, key string) string { return value{path: path}.below(key) }

func orElse(n int, none string) string {
	if n == 0 {
		return none
	}
	return strconv.Itoa(n)
}
