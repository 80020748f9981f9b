package program

import (
	"maps"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Limits of rates. Each has a test that meets it.
const (
	rateCurrenciesMax = 50
	rateDaysMax       = 500 // of one currency
	rateMost          = 1_000_000
	exchangePattern   = `^[0-9]{1,7}(\.[0-9]{1,10})?$`
)

var exchangeForm = form{regexp.MustCompile(exchangePattern), "a rate", "digits, for example 0.92"}

// partNames are the parts that a programme may leave out.
var partNames = []string{"tax", "shipping", "gift_cards"}

// leaveOut reads what of an order does not count.
func (r *reader) leaveOut(v value) Parts {
	var out Parts
	if !v.given() || !r.is(v, yaml.SequenceNode, "a list, for example [tax, shipping]") {
		return out
	}
	seen := map[string]bool{}
	for i, node := range v.node.Content {
		item := v.item(i, node)
		name, ok := r.text(item)
		switch {
		case !ok:
		case seen[name]:
			r.fault(item, "%q is listed twice; delete one of the two", name)
		case name == "tax":
			out.Tax = true
		case name == "shipping":
			out.Shipping = true
		case name == "gift_cards":
			out.GiftCards = true
		default:
			r.fault(item, "unknown word %q; %s", short(name), suggest(name, partNames))
		}
		seen[name] = true
	}
	return out
}

// exchangeRates reads what other currencies are worth in the programme's own.
func (r *reader) exchangeRates(v value, own money.Currency) map[money.Currency][]ExchangeRate {
	if !v.given() {
		return nil
	}
	children, _ := r.pairs(v)
	if n := len(children); n > rateCurrenciesMax {
		r.fault(v, "%d currencies; write at most %d", n, rateCurrenciesMax)
		return nil
	}
	all := map[money.Currency][]ExchangeRate{}
	for _, child := range children {
		c, err := money.ParseCurrency(child.key.Value)
		switch {
		case err != nil:
			r.faultAt(child, child.key, "unknown currency %q; write an ISO 4217 code, for example USD", short(child.key.Value))
		case c == own:
			r.faultAt(child, child.key, "is the currency of the programme, which is worth itself; delete the section")
		default:
			all[c] = r.ratesByDay(child, own.Exponent()-c.Exponent())
		}
	}
	return all
}

// ratesByDay reads the rates of one currency; digits is how far the point moves from its minor units to the programme's.
func (r *reader) ratesByDay(v value, digits int) []ExchangeRate {
	days, ok := r.pairs(v)
	switch n := len(days); {
	case !ok:
		return nil
	case n == 0 || n > rateDaysMax:
		r.fault(v, "%d rates; write 1 to %d, each with the first day on which it holds, for example {2026-01-01: 0.92}", n, rateDaysMax)
		return nil
	}
	var list []ExchangeRate
	for _, child := range days {
		day, err := calendar.Parse(child.key.Value)
		if err != nil || !dateForm.pattern.MatchString(child.key.Value) {
			r.faultAt(child, child.key, "%q is not %s; write %s", short(child.key.Value), dateForm.name, dateForm.how)
			continue
		}
		if rate, ok := r.exchangeRate(child); ok {
			list = append(list, ExchangeRate{From: day, Rate: rate, Minor: r.scaled(child, rate, digits)})
		}
	}
	slices.SortFunc(list, func(a, b ExchangeRate) int { return int(a.From - b.From) })
	return list
}

func (r *reader) exchangeRate(v value) (money.Ratio, bool) {
	text, ok := r.exact(v, exchangeForm)
	if !ok {
		return money.Ratio{}, false
	}
	rate, err := money.ParseRatio(text)
	if err != nil || rate.Num() == 0 || rate.Num()/rate.Den() >= rateMost {
		r.fault(v, "a rate of %s is out of range; write more than 0 and less than %d", text, rateMost)
		return money.Ratio{}, false
	}
	return rate, true
}

// fields lists what a programme says of what counts of orders.
func (o OrderPolicy) fields() []Field {
	var list []Field
	for i, out := range []bool{o.LeaveOut.Tax, o.LeaveOut.Shipping, o.LeaveOut.GiftCards} {
		if out {
			list = append(list, Field{keyed("orders.leave_out", partNames[i]), "does not count"})
		}
	}
	if o.CountPoints {
		list = append(list, Field{"orders.count_paid_with_points", "counts"})
	}
	for _, c := range slices.Sorted(maps.Keys(o.Rates)) {
		for _, rate := range o.Rates[c] {
			list = append(list, Field{keyed(keyed("orders.rates", string(c)), rate.From.String()), rate.Rate.String()})
		}
	}
	return list
}
