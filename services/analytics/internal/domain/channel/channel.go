// Package channel tells how loyal dealers are, by what happens to their contracts and by what they say of their margin. It is
// fed account by account; whoever's events tell of a contract is a dealer.
package channel

import (
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/answers"
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
	report          Report
	lowest, highest []int64
}

// New makes a builder. The months have been checked.
func New(asOf calendar.Day, months int) *Builder {
	b := &Builder{asOf: asOf}
	for i := range periods {
		b.report.Periods = append(b.report.Periods, Period{From: asOf.AddMonths(-months * (periods - i)), To: asOf.AddMonths(-months * (periods - 1 - i))})
	}
	return b
}

// stint is a time under contract; To is calendar.None while it lasts.
type stint struct {
	from, to calendar.Day
	freely   bool // it was ended of the dealer's own will
}

// Add takes an account.
func (b *Builder) Add(c history.Customer) error {
	said, unreadable := answers.All(c.Before(b.asOf).Deeds)
	stints, signed := b.stints(said)
	if len(stints) == 0 {
		return nil
	}
	b.report.Dealers++
	b.report.Unreadable += unreadable
	if !signed {
		b.report.Unsigned++
	}
	days, current := int64(0), stints[len(stints)-1].to == calendar.None
	for _, s := range stints {
		end := s.to
		if end == calendar.None {
			end = b.asOf
		}
		days += int64(end - s.from)
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

// stints reads contracts, and counts renewals and ends in their periods; whether the first one begins with a signing. One that
// is renewed or ended without having been signed is known from that day on; a second signing while it lasts changes nothing.
func (b *Builder) stints(said []answers.Said) ([]stint, bool) {
	var list []stint
	signed := false
	for _, s := range said {
		what := s.Text(answers.Contract)
		if what == "" {
			continue
		}
		if len(list) == 0 {
			signed = what == answers.ContractSigned
		}
		if len(list) == 0 || list[len(list)-1].to != calendar.None {
			if what == answers.ContractEnded && len(list) > 0 {
				continue // it had ended before
			}
			list = append(list, stint{from: s.Day, to: calendar.None})
		}
		freely := s.Flag(answers.Voluntary)
		if what == answers.ContractEnded {
			at := &list[len(list)-1]
			at.to, at.freely = s.Day, freely
		}
		b.due(s.Day, what, freely)
	}
	return list, signed
}

func (b *Builder) due(day calendar.Day, what string, freely bool) {
	for i := range b.report.Periods {
		p := &b.report.Periods[i]
		if day < p.From || day >= p.To {
			continue
		}
		switch {
		case what == answers.ContractEnded:
			p.Ended++
		case what == answers.ContractRenewed && freely:
			p.Renewed++
			p.RenewedFreely++
		case what == answers.ContractRenewed:
			p.Renewed++
		}
	}
}

// count adds a time under contract to a period.
func (p *Period) count(s stint) {
	left := s.to != calendar.None && s.to >= p.From && s.to < p.To
	switch {
	case s.from >= p.From && s.from < p.To:
		p.Joined++
	case s.from < p.From && (s.to == calendar.None || s.to >= p.From):
		p.AtStart++
		if left && s.freely {
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
