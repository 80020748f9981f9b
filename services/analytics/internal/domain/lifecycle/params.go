package lifecycle

import (
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Limits of the parameters.
const (
	intervalMost = 1830
	timesMost    = 1000
	monthsMost   = 60
)

// Params are what stages are told by: silence in intervals.
type Params struct {
	Interval             int // days between purchases of who has no interval of their own
	AtRisk, Lapsed, Lost money.Ratio
	Months               int // how many months the flows go back
}

// Defaults are 90 days, 1.5, 3 and 6 intervals, 12 months.
func Defaults() Params {
	return Params{Interval: 90, AtRisk: money.MustRatio(3, 2), Lapsed: money.MustRatio(3, 1), Lost: money.MustRatio(6, 1), Months: 12}
}

// Check refuses numbers out of range. Errors are reason.InvalidArgument.
func (p Params) Check() error {
	if p.Interval < 1 || p.Interval > intervalMost {
		return reason.New(reason.InvalidArgument, "interval_days", "%d days; give 1 to %d", p.Interval, intervalMost)
	}
	if p.Months < 1 || p.Months > monthsMost {
		return reason.New(reason.InvalidArgument, "months", "%d months; give 1 to %d", p.Months, monthsMost)
	}
	before := money.Ratio{}
	for _, t := range []struct {
		field string
		times money.Ratio
	}{{"at_risk", p.AtRisk}, {"lapsed", p.Lapsed}, {"lost", p.Lost}} {
		if t.times.Cmp(before) <= 0 || t.times.Num() > timesMost*t.times.Den() || t.times.Den() > timesMost {
			return reason.New(reason.InvalidArgument, t.field, "%s intervals; give rising numbers above 0 and up to %d, of three digits after the point at most", t.times, timesMost)
		}
		before = t.times
	}
	return nil
}
