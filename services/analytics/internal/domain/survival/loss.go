package survival

import (
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/pareto"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// SilentDays is after how many days without a purchase a customer counts as lost, unless said otherwise.
const SilentDays = 180

// silentMax bounds them.
const silentMax = 3660

// CheckSilent refuses a number of silent days out of range. The error is a reason.InvalidArgument.
func CheckSilent(days int) error {
	if days < 1 || days > silentMax {
		return reason.New(reason.InvalidArgument, "silent_days", "%d days; give 1 to %d", days, silentMax)
	}
	return nil
}

// Report is both curves of all customers with an order before a day, each observed to the end of the day before it.
type Report struct {
	Repeat Curve // from the first to the second purchase day
	Loss   Curve // from the first purchase day to the loss
	// Groups are those of Params.By, the largest first, equally large ones by name; beyond GroupsMax the rest is Others.
	Groups []Group
	// RepeatTest and LossTest say whether the groups differ, Others included.
	RepeatTest, LossTest LogRank
}

// Params say what is lost, and what customers are told apart by.
type Params struct {
	Silent int
	By     By
}

// Check refuses what is out of range: reason.InvalidArgument.
func (p Params) Check() error {
	if err := CheckSilent(p.Silent); err != nil {
		return err
	}
	return p.By.check()
}

// Builder makes a Report. Not safe for many goroutines.
type Builder struct {
	asOf   calendar.Day
	params Params
	all    pair
	groups map[string]*pair
	// Of classes alone: they are known once everybody is.
	classes *pareto.Builder
	waiting []waiting
}

// pair is what is counted of some customers.
type pair struct{ repeat, loss tally }

func newPair() pair { return pair{newTally(), newTally()} }

func (p *pair) add(repeat, loss Observation) {
	p.repeat.add(repeat)
	p.loss.add(loss)
}

func (p *pair) merge(o *pair) {
	p.repeat.merge(o.repeat)
	p.loss.merge(o.loss)
}

// New makes a builder for the orders before a day. The parameters have been checked.
func New(asOf calendar.Day, params Params) *Builder {
	return &Builder{asOf: asOf, params: params, all: newPair(), groups: map[string]*pair{}, classes: pareto.New(asOf, pareto.Defaults())}
}

// Add takes a customer. It is a reason.AmountOutOfRange if classes are asked for and amounts do not fit.
func (b *Builder) Add(c history.Customer) error {
	known := c.Before(b.asOf)
	days := known.Days()
	if len(days) == 0 {
		return nil
	}
	last := b.asOf - 1
	first, gone := repeat(days, last), loss(days, last, b.params.Silent)
	b.all.add(first, gone)
	switch b.params.By {
	case Nothing:
		return nil
	case Class:
		return b.wait(known, first, gone)
	default:
		b.group(b.params.By.of(known)).add(first, gone)
		return nil
	}
}

// Report ends the collection.
func (b *Builder) Report() Report {
	r := Report{Repeat: b.all.repeat.estimate(), Loss: b.all.loss.estimate()}
	if b.params.By != Nothing {
		b.compare(&r)
	}
	return r
}

func repeat(days []calendar.Day, last calendar.Day) Observation {
	if len(days) >= 2 {
		return Observation{Days: int(days[1] - days[0]), Happened: true}
	}
	return Observation{Days: int(last - days[0])}
}

// loss finds the first purchase day that silent days follow, all of them observed. Who comes back later was lost and is
// won back.
func loss(days []calendar.Day, last calendar.Day, silent int) Observation {
	for i, d := range days {
		gone := d.AddDays(silent)
		if gone > last {
			break
		}
		if i+1 == len(days) || days[i+1] > gone {
			return Observation{Days: int(gone - days[0]), Happened: true}
		}
	}
	return Observation{Days: int(last - days[0])}
}
