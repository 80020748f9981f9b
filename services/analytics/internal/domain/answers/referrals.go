package answers

import "github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"

// Referral is the type of the events that tell of somebody brought along. It is the one type that reports know by its name:
// such an event needs no data.
const Referral = "referral"

// promoterFrom is the least answer to recommend of a promoter (Reichheld 2003).
const promoterFrom = 9

// Referrals is how many a customer brought along.
func Referrals(deeds []history.Deed) int64 {
	n := int64(0)
	for _, d := range deeds {
		if d.Type == Referral {
			n++
		}
	}
	return n
}

// Promotes tells whether 9 or 10 was said to recommend.
func (s Said) Promotes() bool {
	n, ok := s.Number(Recommend)
	return ok && n >= promoterFrom
}
