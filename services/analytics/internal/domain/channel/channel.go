// Package channel tells how loyal dealers are, by what happens to their contracts and by what they say of their margin. It is
// fed account by account; whoever's events tell of a contract is a dealer.
package channel

import (
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/answers"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/contract"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const (
	// Months is how long a period is, unless said otherwise.
	Months     = 12
	monthsMost = 120
	periods    = 5
	// A year is 365 ¼ days: daysNum ÷ daysDen.
	daysNum, daysDen = 1461, 4
	half             = 2
)

// Check refuses a length of the periods. The error is a reason.InvalidArgument.
func Check(months int) error {
	if months < 1 || months > monthsMost {
		return reason.New(reason.InvalidArgument, "months", "%d months; give 1 to %d", months, monthsMost)
	}
	return nil
}

// Period is what happened in one. Of those under contract when it began some left of their own will: that is churn.
type Period struct {
	From, To               calendar.Day // To is the day after the last one
	AtStart, Joined        int64
	Left, LeftOther        int64 // of AtStart: of their own will, and otherwise
	Renewed, RenewedFreely int64 // contracts
	Ended                  int64 // contracts
}

// Churn is Left ÷ AtStart.
func (p Period) Churn() history.Share { return history.ShareOf(p.Left, p.AtStart) }

// Renewal is the contracts that were renewed freely, of those renewed or ended.
func (p Period) Renewal() history.Share { return history.ShareOf(p.RenewedFreely, p.Renewed+p.Ended) }

// Margin is what dealers under contract say, per cents: the least, the (lower) median, and the greatest.
type Margin struct{ N, Least, Median, Greatest int64 }

// Report is all dealers before the day.
type Report struct {
	Dealers, Current, Unsigned int64 // ever, under contract now, and whose signing was never told
	Unreadable                 int64
	CurrentDays                int64 // of cooperation, of those under contract
	Former, FormerDays         int64
	Periods                    []Period // rising, the last one ends with the day of the report
	Lowest, Highest            Margin
}

// Years is the mean of days of cooperation, in years of 365 ¼ days.
func Years(days, dealers int64) history.Share { return history.ShareOf(days*daysDen, dealers*daysNum) }

// Builder makes a Report. Not safe for many goroutines.
type Builder struct {
	asOf            calendar.Day
	kind            string
	report          Report
	lowest, highest []int64
}

// New makes a builder, to which own events of a kind tell of contracts; of any, if it is empty. The months have been checked.
func New(asOf calendar.Day, months int, kind string) *Builder {
	b := &Builder{asOf: asOf, kind: kind}
	for i := range periods {
		b.report.Periods = append(b.report.Periods, Period{From: asOf.AddMonths(-months * (periods - i)), To: asOf.AddMonths(-months * (periods - 1 - i))})
	}
	return b
}

// Add takes an account.
func (b *Builder) Add(c history.Customer) error {
	said, unreadable := answers.All(c.Before(b.asOf).Deeds)
	contracts := contract.Of(said, b.kind)
	if len(contracts.Stints) == 0 {
		return nil
	}
	for _, e := range contracts.Events {
		b.due(e)
	}
	b.report.Dealers++
	b.report.Unreadable += unreadable
	if !contracts.Signed {
		b.report.Unsigned++
	}
	days, current := int64(0), contracts.Stints[len(contracts.Stints)-1].Current()
	for _, s := range contracts.Stints {
		end := s.To
		if s.Current() {
			end = b.asOf
		}
		days += int64(end - s.From)
		for i := range b.report.Periods {
			b.report.Periods[i].count(s)
		}
	}
	if !current {
		b.report.Former++
		b.report.FormerDays += days
		return nil
	}
	b.report.Current++
	b.report.CurrentDays += days
	last := answers.Latest(said)
	if v, ok := last.Number(answers.MarginLowest); ok {
		b.lowest = append(b.lowest, v)
	}
	if v, ok := last.Number(answers.MarginHighest); ok {
		b.highest = append(b.highest, v)
	}
	return nil
}

// due counts what happened to a contract in its period.
func (b *Builder) due(e contract.Event) {
	for i := range b.report.Periods {
		p := &b.report.Periods[i]
		if e.Day < p.From || e.Day >= p.To {
			continue
		}
		switch {
		case e.What == answers.ContractEnded:
			p.Ended++
		case e.What == answers.ContractRenewed && e.Freely:
			p.Renewed++
			p.RenewedFreely++
		case e.What == answers.ContractRenewed:
			p.Renewed++
		}
	}
}

// count adds a time under contract to a period.
func (p *Period) count(s contract.Stint) {
	left := s.To != calendar.None && s.To >= p.From && s.To < p.To
	switch {
	case s.From >= p.From && s.From < p.To:
		p.Joined++
	case s.From < p.From && (s.To == calendar.None || s.To >= p.From):
		p.AtStart++
		if left && s.Freely {
			p.Left++
		} else if left {
			p.LeftOther++
		}
	}
}

// Report ends the collection.
func (b *Builder) Report() Report {
	r := b.report
	r.Lowest, r.Highest = margin(b.lowest), margin(b.highest)
	return r
}

func margin(values []int64) Margin {
	n := len(values)
	if n == 0 {
		return Margin{}
	}
	slices.Sort(values)
	return Margin{N: int64(n), Least: values[0], Median: values[(n-1)/half], Greatest: values[n-1]}
}
