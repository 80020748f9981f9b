package cohort

import (
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const monthsPerYear = 12

// utc is where a civil day is taken apart: it has the same year and month everywhere.
var utc = time.UTC

// Limits of a report.
const (
	MonthsMax  = 240 // of the triangle
	WindowsMax = 12
	DaysMax    = 3660 // of a window
)

// Params are what a report looks at.
type Params struct {
	Months  int         // how many months back the cohorts go
	Windows []int       // days from the first purchase, rising
	Mark    money.Ratio // share from which on most newcomers become regulars
}

// Defaults are ten years, 30, 90, 180 and 365 days, and a half.
func Defaults() Params {
	return Params{Months: 10 * monthsPerYear, Windows: []int{30, 90, 180, 365}, Mark: money.MustRatio(1, 2)}
}

// Check refuses numbers out of range. Errors are reason.InvalidArgument.
func (p Params) Check() error {
	if p.Months < 1 || p.Months > MonthsMax {
		return reason.New(reason.InvalidArgument, "months", "%d months; give 1 to %d", p.Months, MonthsMax)
	}
	if n := len(p.Windows); n == 0 || n > WindowsMax {
		return reason.New(reason.InvalidArgument, "window_days", "%d windows; give 1 to %d", n, WindowsMax)
	}
	for i, days := range p.Windows {
		if days < 1 || days > DaysMax || i > 0 && days <= p.Windows[i-1] {
			return reason.New(reason.InvalidArgument, "window_days", "%v; give rising numbers of 1 to %d days", slices.Clone(p.Windows), DaysMax)
		}
	}
	if p.Mark == (money.Ratio{}) || p.Mark.Cmp(money.MustRatio(1, 1)) > 0 {
		return reason.New(reason.InvalidArgument, "mark_share", "%s is no share; write a number above 0 and up to 1, for example 0.5", p.Mark)
	}
	return nil
}
