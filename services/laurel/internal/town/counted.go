package town

import (
	"maps"
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// Counted is what one report should say of the town, counted by the town from its own orders and events: in plain arithmetic, and
// with no code of the report. What is written down: fields are added, never renamed.
type Counted struct {
	Report string `json:"report"`
	// With are the parameters that the report is asked with, as the contract has them; none: its own.
	With map[string]any `json:"with,omitempty"`
	// Now: the report is asked as of now, not as of the day after the town's last one.
	Now     bool     `json:"now,omitempty"`
	Figures []Figure `json:"figures,omitempty"`
	// Rates are what a report can only estimate: of all members, or of the chances by which they live.
	Rates []Rate `json:"rates,omitempty"`
}

// Figure is a whole number that must agree to the last unit.
type Figure struct {
	Name    string `json:"figure"`
	Planted int64  `json:"planted"`
}

// Rate is a part of a whole, or a difference of two.
type Rate struct {
	Name    string  `json:"figure"`
	Planted float64 `json:"planted"`
	// Deviation is the standard deviation of one member's value where the report tells a mean without its error.
	Deviation float64 `json:"deviation,omitempty"`
}

func (c *Counted) add(name string, planted int64) {
	c.Figures = append(c.Figures, Figure{name, planted})
}

func (c *Counted) rate(name string, planted float64) {
	c.Rates = append(c.Rates, Rate{Name: name, Planted: planted})
}

// member is what the town alone knows of a member: what they think, and that they have not stopped.
type member struct {
	person
	habits
	alive bool
}

// patron is what somebody bought and did, by rising day.
type patron struct {
	name   string
	orders []Order
	deeds  []Action
}

// patrons are all who bought or did anything, by name.
func (t Town) patrons() []patron {
	by := map[string]*patron{}
	of := func(name string) *patron {
		if by[name] == nil {
			by[name] = &patron{name: name}
		}
		return by[name]
	}
	for _, o := range t.Orders {
		a := of(o.Account)
		a.orders = append(a.orders, o)
	}
	for _, d := range t.Actions {
		a := of(d.Account)
		a.deeds = append(a.deeds, d)
	}
	var list []patron
	for _, name := range slices.Sorted(maps.Keys(by)) {
		list = append(list, *by[name])
	}
	return list
}

// counted is what reports should say.
func (t Town) counted(p Params) []Counted {
	all := t.patrons()
	buyers := slices.DeleteFunc(slices.Clone(all), func(a patron) bool { return len(a.orders) == 0 })
	return slices.Concat(t.bought(p, all, buyers), t.bonds(p, buyers), served(p, buyers))
}

// days are the days on which somebody bought, up to the eve of one.
func (a patron) days(before calendar.Day) []calendar.Day {
	var list []calendar.Day
	for _, o := range a.orders {
		if o.Day < before && (len(list) == 0 || list[len(list)-1] != o.Day) {
			list = append(list, o.Day)
		}
	}
	return list
}

// spent is what somebody paid from a day on and before another.
func (a patron) spent(from, before calendar.Day) int64 {
	sum := int64(0)
	for _, o := range a.between(from, before) {
		sum += int64(o.Amount)
	}
	return sum
}

// between are the orders from a day on and before another.
func (a patron) between(from, before calendar.Day) []Order {
	var list []Order
	for _, o := range a.orders {
		if o.Day >= from && o.Day < before {
			list = append(list, o)
		}
	}
	return list
}

func (a patron) first() calendar.Day { return a.orders[0].Day }

func (a patron) last() calendar.Day { return a.orders[len(a.orders)-1].Day }

// points are what orders earned.
func points(p Params, list []Order) int64 {
	sum := int64(0)
	for _, o := range list {
		sum += int64(p.Baskets.points(o))
	}
	return sum
}
