package copying

import (
	"slices"
	"strings"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// has notes what an entry did to the points of the account that can be spent on its day, and what it has of them now. An entry
// without postings of them did nothing.
func (a *account) has(m follow.Message, posted *accrualv1.EntryPosted) error {
	e := posted.GetEntry()
	counts := func(unit string) bool { return posted.GetUnit() == "" || posted.GetUnit() == unit }
	if !slices.ContainsFunc(e.GetPostings(), func(p *accrualv1.Posting) bool { return counts(p.GetUnit()) }) {
		return nil
	}
	day, err := calendar.Parse(posted.GetEffectiveDay())
	if err != nil {
		return stop(m, "it took effect on %q, which is no day", posted.GetEffectiveDay())
	}
	if e.GetActor() == actorClock {
		day-- // what falls due at 00:00 belongs to the day before, as what is read does
	}
	at := history.PointsAt{Day: day}
	for _, b := range e.GetAfter().GetBalances() {
		if counts(b.GetUnit()) {
			at.Active += money.Points(b.GetActive())
			at.Bound += money.Points(b.GetPending() + b.GetHeld())
		}
	}
	for _, p := range e.GetPostings() {
		if !counts(p.GetUnit()) {
			continue
		}
		points := money.Points(p.GetPoints())
		switch bucket, _, _ := strings.Cut(p.GetBucket(), "/"); bucket {
		case "issued", "adjusted":
			at.Issued -= points // the programme's leg is the other side of what the account was given
		case "redeemed", "donated":
			at.Spent += points
		case "expired":
			at.Lapsed += points
		}
	}
	if n := len(a.points); n > 0 && day <= a.points[n-1].Day {
		a.points[n-1] = a.points[n-1].Then(at)
		a.again = a.again || n == a.known
		return nil
	}
	a.points = append(a.points, at)
	return nil
}
