package survival

import (
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
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
}

// Builder makes a Report. Not safe for many goroutines.
type Builder struct {
	asOf         calendar.Day
	silent       int
	repeat, loss tally
}

// New makes a builder for the orders before a day. The silent days have been checked.
func New(asOf calendar.Day, silent int) *Builder {
	return &Builder{asOf: asOf, silent: silent, repeat: newTally(), loss: newTally()}
}

// Add takes a customer.
func (b *Builder) Add(c history.Customer) error {
	days := c.Before(b.asOf).Days()
	if len(days) == 0 {
		return nil
	}
	last := b.asOf - 1
	b.repeat.add(repeat(days, last))
	b.loss.add(loss(days, last, b.silent))
	return nil
}

// Report ends the collection.
func (b *Builder) Report() Report {
	return Report{Repeat: b.repeat.estimate(), Loss: b.loss.estimate()}
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
