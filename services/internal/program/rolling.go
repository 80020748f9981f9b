package program

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// Rolling says that all points of an account live for so long after it last did something that counts. Exactly one of Months and
// Days is set, and at least one kind of activity counts; the zero value: points have days of their own.
type Rolling struct {
	// Months counts whole months: active on 15 January with 12, gone on 15 January of the next year.
	Months int
	// Days counts days.
	Days int
	// ByEarning and BySpending say what counts.
	ByEarning, BySpending bool
}

// On tells whether points of an account follow what it does.
func (r Rolling) On() bool { return r != Rolling{} }

// day is the first day on which points are gone if a day is the last on which the account did something.
func (r Rolling) day(active calendar.Day) calendar.Day {
	if r.Months > 0 {
		return active.AddMonths(r.Months)
	}
	return active.AddDays(r.Days)
}

// String says how long points live, in words.
func (r Rolling) String() string {
	var kinds []string
	if r.ByEarning {
		kinds = append(kinds, activityEarn)
	}
	if r.BySpending {
		kinds = append(kinds, activitySpend)
	}
	life := fmt.Sprintf("%d days", r.Days)
	if r.Months > 0 {
		life = fmt.Sprintf("%d months", r.Months)
	}
	return fmt.Sprintf("rolling, %s after the last %s", life, strings.Join(kinds, " or "))
}

// The words for what an account does.
const (
	activityEarn  = "earn"
	activitySpend = "spend"
)

// rolling reads how long points live after what.
func (r *reader) rolling(v value, s section) Rolling {
	months, days := s.get("months"), s.get("days")
	roll := Rolling{ByEarning: true}
	switch {
	case months.given() && days.given():
		r.faultAt(days, days.key, "months are said already; keep one of the two")
	case days.given():
		roll.Days = r.whole(days, span{1, expiryDaysMost, 0})
	case s.lacks("months") && s.lacks("days"):
		r.missing(v, "months")
	default:
		roll.Months = r.whole(months, span{1, monthsMost, 0})
	}
	activity := s.get("activity")
	if !activity.given() || !r.is(activity, yaml.SequenceNode, "a list, for example [earn, spend]") {
		return roll
	}
	words := r.names(activity)
	for _, name := range sortedKeys(words) {
		if name != activityEarn && name != activitySpend {
			r.fault(words[name], "unknown word %q; %s", short(name), suggest(name, []string{activityEarn, activitySpend}))
		}
	}
	if len(activity.node.Content) == 0 {
		r.fault(activity, "nothing would count; write [earn], [spend] or both")
	}
	_, roll.ByEarning = words[activityEarn]
	_, roll.BySpending = words[activitySpend]
	return roll
}
