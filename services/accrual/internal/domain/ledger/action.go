package ledger

import (
	"cmp"
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/earning"
	"github.com/laurel-loyalty/laurel/services/internal/actions"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orderbook"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/token"
)

// cappedLateDays is how many days late an action of a type with a cap per day may come: so long its days are counted.
const cappedLateDays = 31

// ActionPart links an entry to its action. The data stay outside: they may speak of a person.
type ActionPart struct {
	Ref     actions.Ref
	Type    string
	Content Hash         // of the event: what makes a duplicate
	Day     calendar.Day // in the programme's zone, on which it happened
	Rule    money.Points // what its rule gives
	Points  money.Points // what was given: less where the day's cap was reached
	PerDay  money.Points // the cap; 0: none
	Rules   []string     // in words
	Frozen  bool         // the account might not earn: nothing was given
}

// Counter is what actions of one type have given on one day. Invariant: Points > 0.
type Counter struct {
	Day    calendar.Day
	Type   string
	Points money.Points
}

// ActionKey is the key of an action's entry.
func ActionKey(ref actions.Ref) string {
	return "action/" + token.Of(ref.Source) + "/" + token.Of(ref.ID)
}

// ActionCommand is one action for an account, decoded.
type ActionCommand struct {
	Ref         actions.Ref
	Event       actions.Event
	EventID     string
	EventSource string
	Position    Position
}

// Taken is the entry that stands under an action's key; the zero Taken: there is none.
type Taken struct {
	Key     string
	Account AccountID
	Content Hash
}

// TakenBy is what is known of an action by its entry.
func TakenBy(e Entry) Taken { return Taken{e.Key, e.Account, e.Action.Content} }

// TakeAction decides what an action does to an account at effective time t. The account has been brought up to t; taken is
// what stands under the action's key. Refusals are *reason.Error: CONFLICTING_DUPLICATE, ACCOUNT_NOT_ENROLLED,
// UNKNOWN_EVENT_TYPE, EVENT_TOO_LATE, INVALID_ACTION_DATA, AMOUNT_OUT_OF_RANGE.
func TakeAction(a Account, taken Taken, c ActionCommand, schedule program.Schedule, t time.Time) (Verdict, error) {
	content := Hash(c.Event.Content())
	switch {
	case taken.Key != "" && taken.Account == a.ID && taken.Content == content:
		return Verdict{Repeats: taken.Key}, nil
	case taken.Key != "":
		return Verdict{}, reason.New(reason.ConflictingDuplicate, "id",
			"an action %s of %s is known with other content, or on another account; give this one an id of its own", c.Ref.ID, c.Ref.Source)
	}
	if err := orderbook.Enrolled(a.opened(), schedule, t); err != nil {
		return Verdict{}, err
	}
	rules, action, ok := declared(schedule, c.Event, t)
	if !ok {
		return Verdict{}, reason.New(reason.UnknownEventType, "type",
			"programme %s declares no event type %s; declare it under actions, then redrive", a.Program, c.Event.Type)
	}
	d := a.begin(rules, t)
	d.Kind, d.Key, d.Actor = KindAction, ActionKey(c.Ref), "source/"+c.Ref.Source
	d.OccurredAt, d.EventID, d.EventSource, d.Position = c.Event.OccurredAt, c.EventID, c.EventSource, c.Position
	part := &ActionPart{
		Ref: c.Ref, Type: action.Type, Content: content, PerDay: action.Earn.PerDay,
		Day: calendar.DayOf(c.Event.OccurredAt, rules.Program.Zone),
	}
	if err := part.accepted(rules.Program, d.Day); err != nil {
		return Verdict{}, err
	}
	if err := action.Check(c.Event.Data); err != nil {
		return Verdict{}, err
	}
	var err error
	if part.Rule, part.Rules, err = earning.RateAction(action, c.Event.Data); err != nil {
		return Verdict{}, err
	}
	d.Action = part
	switch part.Frozen = a.Frozen.Earning; {
	case part.Frozen:
	case part.PerDay > 0:
		part.Points = min(part.Rule, part.PerDay-min(part.PerDay, a.counted(part.Day, part.Type)))
	default:
		part.Points = part.Rule
	}
	if part.Points > 0 {
		d.roll(rules.Program, part.Day, rules.Program.Expiry.Rolling.ByEarning)
	}
	if err := d.earn(a.lotOf(rules.Program, c.Event.OccurredAt), part.Points); err != nil {
		return Verdict{}, err
	}
	e, next, err := d.post(a)
	return Verdict{Entry: e, Account: next}, err
}

// declared finds the revision that rates an action: the one in force when it happened; where that one does not declare
// the type, the one in force now. So a type that is declared late takes what was refused before, once that is redriven.
func declared(schedule program.Schedule, e actions.Event, t time.Time) (program.Known, *program.Action, bool) {
	rules := schedule.In(e.OccurredAt)
	action, ok := rules.Program.Action(e.Type)
	if !ok {
		rules = schedule.In(t)
		action, ok = rules.Program.Action(e.Type)
	}
	return rules, action, ok
}

// accepted refuses what comes too late.
func (p *ActionPart) accepted(rules *program.Program, today calendar.Day) error {
	limit := rules.Orders.AcceptLateDays
	if p.PerDay > 0 {
		limit = min(limit, cappedLateDays)
	}
	if today > p.Day.AddDays(limit) {
		return reason.New(reason.EventTooLate, "time",
			"it happened on %s; on %s the programme takes nothing older than %d days", p.Day, today, limit)
	}
	return nil
}

// counted is what actions of a type have given on a day.
func (a Account) counted(day calendar.Day, kind string) money.Points {
	i, found := slices.BinarySearchFunc(a.Counters, Counter{Day: day, Type: kind}, compareCounters)
	if !found {
		return 0
	}
	return a.Counters[i].Points
}

func compareCounters(a, b Counter) int {
	return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Type, b.Type))
}

// countersAfter counts what an entry gave against its cap, and forgets days on which nothing can come any more.
func (a Account) countersAfter(e Entry) []Counter {
	counters := a.Counters
	if gone := e.Day.AddDays(-cappedLateDays); len(counters) > 0 && counters[0].Day < gone {
		counters = slices.DeleteFunc(slices.Clone(counters), func(c Counter) bool { return c.Day < gone })
	}
	if e.Action != nil && e.Action.PerDay > 0 && e.Action.Points > 0 {
		more := Counter{e.Action.Day, e.Action.Type, e.Action.Points}
		i, found := slices.BinarySearchFunc(counters, more, compareCounters)
		counters = slices.Clone(counters)
		if found {
			counters[i].Points += more.Points
		} else {
			counters = slices.Insert(counters, i, more)
		}
	}
	if len(counters) == 0 {
		return nil
	}
	return counters
}

// checkParts holds the entry of an action or an enrolment against itself: what an action gave is what its movements gave.
// Empty: it is as it should be.
func (e Entry) checkParts() string {
	switch {
	case (e.Kind == KindAction) != (e.Action != nil):
		return "an action without its part, or the part of one on another entry"
	case e.Enrolment != nil && (e.Kind != KindState || e.Key != EnrolKey(e.Account, e.Enrolment.Member)):
		return "its key or its kind is not that of its enrolment"
	case (e.Action != nil || e.Enrolment != nil) && (e.Order != nil || e.Ladder != nil):
		return "an action or an enrolment with the part of an order or of the ladder"
	case e.Action == nil:
		return ""
	}
	given := money.Points(0)
	for _, m := range e.Movements {
		if m.Move == MoveEarn {
			given += m.Points
		}
	}
	switch p := e.Action; {
	case given != p.Points:
		return "its action gave other points than its movements"
	case p.Points < 0 || p.Points > p.Rule || p.PerDay > 0 && p.Points > p.PerDay:
		return "its action gave more than its rule or its cap allows"
	case e.Key != ActionKey(p.Ref):
		return "its key is not that of its action"
	}
	return ""
}
