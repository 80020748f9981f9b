// Package lifecycle tells at which stage of their life customers stand, by their own rhythm, and who went from which stage to
// which in each month. It is fed customer by customer and keeps counts only.
package lifecycle

import (
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Stage is where a customer stands.
type Stage int

// Stages. Unknown is who has neither bought nor done anything yet.
const (
	Unknown  Stage = iota
	Prospect       // has done something, and bought nothing yet
	Newcomer       // one purchase day
	Active         // buys in their rhythm
	Growing        // active, and spends more than before
	WonBack        // had lapsed before the last purchase
	AtRisk         // silent for longer than their rhythm
	Lapsed
	Lost
	stages
)

var names = [stages]string{"", "prospect", "new", "active", "growing", "won back", "at risk", "lapsed", "lost"}

// String is the stage in words; empty for Unknown.
func (s Stage) String() string { return names[s] }

const (
	// rhythmDays is from how many purchase days on a customer has an interval of their own.
	rhythmDays = 3
	// intervalLeast is the shortest interval, in days: who bought on three days of a week does not lapse in the next one.
	intervalLeast = 7
	// growMonths are the two periods compared for growth, and growNum/growDen is the least growth.
	growMonths       = 6
	growNum, growDen = 6, 5
)

// Interval is the days between purchases as a fraction.
type Interval struct{ Num, Den int64 }

// IntervalOf is the mean of days between the purchase days of who has three; else that of the parameters.
func (p Params) IntervalOf(days []calendar.Day) Interval {
	n := int64(len(days))
	if n < rhythmDays {
		return Interval{int64(p.Interval), 1}
	}
	between := int64(days[n-1] - days[0])
	if between < intervalLeast*(n-1) {
		return Interval{intervalLeast, 1}
	}
	return Interval{between, n - 1}
}

// exceeds tells whether so many days are more than so many intervals.
func (i Interval) exceeds(days int64, times money.Ratio) bool {
	return days*i.Den*times.Den() > times.Num()*i.Num // all are small: Params.Check
}

// Of is the stage of a customer when a day begins.
func (p Params) Of(c history.Customer, day calendar.Day) Stage {
	c = c.Before(day)
	days := c.Days()
	n := len(days)
	switch {
	case n == 0 && len(c.Deeds) == 0:
		return Unknown
	case n == 0:
		return Prospect
	}
	silent, interval := int64(day-days[n-1]), p.IntervalOf(days)
	switch {
	case interval.exceeds(silent, p.Lost):
		return Lost
	case interval.exceeds(silent, p.Lapsed):
		return Lapsed
	case interval.exceeds(silent, p.AtRisk):
		return AtRisk
	case n == 1:
		return Newcomer
	case p.IntervalOf(days[:n-1]).exceeds(int64(days[n-1]-days[n-2]), p.Lapsed):
		return WonBack
	case grows(c, day):
		return Growing
	}
	return Active
}

// grows compares the last six months with the six before them. Sums that do not fit do not grow.
func grows(c history.Customer, day calendar.Day) bool {
	later := day.AddMonths(-growMonths)
	earlier := later.AddMonths(-growMonths)
	if c.First() > earlier {
		return false
	}
	before, errBefore := c.Before(later).From(earlier).Spend()
	after, errAfter := c.From(later).Spend()
	const most = 1 << 60 // times growNum it still fits
	if errBefore != nil || errAfter != nil || before == 0 || before > most/growNum || after > most/growDen {
		return false
	}
	return after*growDen >= before*growNum
}

// Held is who stands at a stage, and what they have spent ever.
type Held struct {
	Stage     Stage
	Customers int64
	Sum       money.Minor
}

// Flow is how many went from one stage to another in a month, or stayed.
type Flow struct {
	Month     calendar.Day
	From, To  Stage
	Customers int64
}

// Report is all accounts known before a day.
type Report struct {
	Customers int64
	Stages    []Held // all, in their order
	Flows     []Flow // of whole months: by month, then from, then to
}

// Builder makes a Report. Not safe for many goroutines.
type Builder struct {
	asOf   calendar.Day
	params Params
	starts []calendar.Day // of the months, and the end of the last one
	report Report
	flows  []map[[2]Stage]int64
}

// New makes a builder. The parameters have been checked.
func New(asOf calendar.Day, p Params) *Builder {
	b := &Builder{asOf: asOf, params: p}
	end := asOf.FirstOfMonth()
	for k := p.Months; k >= 0; k-- {
		b.starts = append(b.starts, end.AddMonths(-k))
	}
	for range p.Months {
		b.flows = append(b.flows, map[[2]Stage]int64{})
	}
	for s := Prospect; s < stages; s++ {
		b.report.Stages = append(b.report.Stages, Held{Stage: s})
	}
	return b
}

// Add takes a customer. The error is a reason.AmountOutOfRange.
func (b *Builder) Add(c history.Customer) error {
	stage := b.params.Of(c, b.asOf)
	if stage == Unknown {
		return nil
	}
	spend, err := c.Before(b.asOf).Spend()
	if err != nil {
		return err
	}
	b.report.Customers++
	held := &b.report.Stages[stage-Prospect]
	held.Customers++
	if held.Sum, err = history.Add(held.Sum, spend); err != nil {
		return err
	}
	from := b.params.Of(c, b.starts[0])
	for i, flows := range b.flows {
		to := b.params.Of(c, b.starts[i+1])
		if to != Unknown {
			flows[[2]Stage{from, to}]++
		}
		from = to
	}
	return nil
}

// Report ends the collection.
func (b *Builder) Report() Report {
	for i, flows := range b.flows {
		for from := range stages {
			for to := Prospect; to < stages; to++ {
				if n := flows[[2]Stage{from, to}]; n > 0 {
					b.report.Flows = append(b.report.Flows, Flow{b.starts[i], from, to, n})
				}
			}
		}
	}
	return b.report
}
