package sbg

import (
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/answers"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/contract"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const (
	// Months is how long a term is, unless said otherwise.
	Months     = 12
	monthsMost = 120
)

// Check refuses a length of the terms. The error is a reason.InvalidArgument.
func Check(months int) error {
	if months < 1 || months > monthsMost {
		return reason.New(reason.InvalidArgument, "months", "%d months; give 1 to %d", months, monthsMost)
	}
	return nil
}

// Club is the contracts of all accounts before a day. Make it with NewClub.
type Club struct {
	Sample
	// Current and Ended are contracts; Unsigned are accounts whose signing was never told, which count nowhere else.
	Current, Ended, Unsigned, Unreadable int64

	asOf   calendar.Day
	months int
	kind   string
}

// NewClub makes an empty club, of whose contracts own events of a kind tell; of any, if it is empty. The months have been checked.
func NewClub(asOf calendar.Day, months int, kind string) *Club {
	return &Club{asOf: asOf, months: months, kind: kind}
}

// Add takes an account.
func (b *Club) Add(c history.Customer) error {
	said, unreadable := answers.All(c.Before(b.asOf).Deeds)
	contracts := contract.Of(said, b.kind)
	if len(contracts.Stints) == 0 {
		return nil
	}
	b.Unreadable += unreadable
	for i, s := range contracts.Stints {
		if i == 0 && !contracts.Signed {
			b.Unsigned++
			continue
		}
		renewals := s.Renewals(b.months, b.asOf)
		if s.Current() {
			b.Current++
			b.Kept(renewals)
		} else {
			b.Ended++
			b.Left(renewals)
		}
	}
	return nil
}
