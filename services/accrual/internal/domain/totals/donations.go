package totals

import (
	"maps"
	"math/big"
	"slices"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

// Donation is what a cause has got. Credited = Donated + Matched.
type Donation struct {
	Cause, Name string
	Donated     *big.Int // by members
	Matched     *big.Int // added by the operator
	Credited    *big.Int
}

// Donations adds up what members have given to causes. The zero value is that of nothing. Not safe for many goroutines.
type Donations struct{ given map[string]*given }

// given is what a cause got in all, and on days on which something is added to it.
type given struct{ all, matched big.Int }

// Add adds the tally of a day. What the operator adds to gifts of that day, the programme says.
func (d *Donations) Add(p *program.Program, day calendar.Day, t Tally) {
	for cell, sum := range t.cells {
		if cell.Move != ledger.MoveDonate || cell.Unit != p.Unit {
			continue
		}
		of := d.of(cell.Redeemer)
		of.all.Add(&of.all, sum.Points)
		if c, ok := p.Cause(cell.Redeemer); ok && c.Match != nil && c.Match.On(day) {
			of.matched.Add(&of.matched, sum.Points)
		}
	}
}

func (d *Donations) of(cause string) *given {
	if d.given == nil {
		d.given = map[string]*given{}
	}
	if d.given[cause] == nil {
		d.given[cause] = &given{}
	}
	return d.given[cause]
}

// Causes lists what each cause of the programme has got, and each that it has left out since, by id.
func (d *Donations) Causes(p *program.Program) []Donation {
	for _, c := range p.Causes {
		d.of(c.ID)
	}
	var list []Donation
	for _, id := range slices.Sorted(maps.Keys(d.given)) {
		of := d.given[id]
		one := Donation{Cause: id, Name: id, Donated: new(big.Int).Set(&of.all), Matched: new(big.Int)}
		if c, ok := p.Cause(id); ok {
			one.Name = c.Name
			if c.Match != nil {
				one.Matched = c.Match.Of(&of.matched)
			}
		}
		one.Credited = new(big.Int).Add(one.Donated, one.Matched)
		list = append(list, one)
	}
	return list
}
