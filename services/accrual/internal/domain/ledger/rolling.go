package ledger

import (
	"fmt"
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

// Rolling is the day that all rolling points of an account share. It moves with what the account does, and never back.
type Rolling struct {
	// Until is the first day on which they are gone; calendar.None before there were any.
	Until calendar.Day
	// Lapses is how often they lapsed: what comes in belongs to the life after that.
	Lapses int
}

// RollPart says that an entry moved the day of the account's rolling points.
type RollPart struct{ Until calendar.Day }

// life is the one that rolling points which come in now belong to.
func (r Rolling) life() int { return r.Lapses + 1 }

// Gone is the first day on which points of a lot are gone as things stand; calendar.None: never.
func (a Account) Gone(k LotKey) calendar.Day {
	if k.Life > 0 {
		return a.Rolling.Until
	}
	return k.Expiry
}

// lapsed tells whether by a day the points of a lot are gone.
func (a Account) lapsed(k LotKey, day calendar.Day) bool {
	gone := a.Gone(k)
	return gone != calendar.None && gone <= day
}

// consumed lists the lots in the order in which their points are consumed: the first to lapse first.
func (a Account) consumed() []Lot {
	lots := slices.Clone(a.Lots)
	if a.Rolling.Until != calendar.None {
		slices.SortStableFunc(lots, func(x, y Lot) int { return x.byDay(a.Gone(x.LotKey), y.LotKey, a.Gone(y.LotKey)) })
	}
	return lots
}

// roll moves the day of the account's rolling points behind what happened on a day, if the programme has such points. What does
// not count as an activity only gives them a day where they have none to come: else points that come in then would be gone.
func (d *draft) roll(p *program.Program, day calendar.Day, counts bool) { //nolint:revive // what counts is the programme's word, and no mode of this
	until := d.work.Rolling.Until
	if !p.Expiry.Rolling.On() || !counts && until > d.Day {
		return
	}
	d.rollTo(max(until, p.ExpiryDay(day)))
}

func (d *draft) rollTo(until calendar.Day) {
	if until != d.work.Rolling.Until {
		d.work.Rolling.Until, d.Rolls = until, &RollPart{until}
	}
}

// rollingAfter folds what an entry did to the day that rolling points share. Where they lapsed, another life begins: what came in
// before counts as lapsed for returns, what comes in from then on does not.
func (a Account) rollingAfter(e Entry) (Rolling, error) {
	r := a.Rolling
	if e.Rolls != nil {
		if e.Rolls.Until <= r.Until {
			return r, fmt.Errorf("it moves the day of rolling points from %s to %s", r.Until, e.Rolls.Until)
		}
		r.Until = e.Rolls.Until
	}
	for _, m := range e.Movements {
		switch {
		case m.Lot.Life == 0:
		case m.Lot.Life < 0 || m.Lot.Life > a.Rolling.life() || m.Lot.Expiry != calendar.None || r.Until == calendar.None:
			return r, fmt.Errorf("lot %s cannot be rolling", m.Lot)
		case m.Move == MoveExpire && m.Lot.Life == a.Rolling.life():
			r.Lapses = a.Rolling.Lapses + 1
		}
	}
	return r, nil
}

// rolls says whether the entry has anything to do with rolling points.
func (e Entry) rolls() bool {
	return e.Rolls != nil || e.Transfer != nil && e.Transfer.Rolled != calendar.None ||
		slices.ContainsFunc(e.Movements, func(m Movement) bool { return m.Lot.Life != 0 })
}

// checkRolls holds what an entry says of rolling points against itself. Empty: it is as it should be.
func (e Entry) checkRolls() string {
	if e.Rolls != nil && (e.dueByTime() || e.Transfer != nil || e.Frozen != nil || e.Segment != nil || e.Enrolment != nil || len(e.Movements) == 0) {
		return "it moves the day of rolling points, and nothing that counts has happened"
	}
	return ""
}

// rolled says until when the account's rolling points live now.
func (x explainer) rolled() []string {
	if x.e.Rolls == nil {
		return nil
	}
	return []string{fmt.Sprintf("Now all points of the account without a last day of their own can be spent until %s.", long(x.e.Rolls.Until-1))}
}

// lapsedRolling says why points lapsed whose day follows the account.
func (x explainer) lapsedRolling(points string) string {
	if !x.e.dueByTime() {
		return points + " expired at once: the account had not done for long enough what its points live by."
	}
	return fmt.Sprintf("%s expired unspent: the last day was %s, and until then the account did nothing that its points live by.", points, x.dayBefore(x.e.OccurredAt))
}

// rolling is all that an entry can hold beside what format 1 has.
func (w *writer) rolling(e Entry) {
	w.segments(e)
	w.enrolment(e.Enrolment)
	w.frozen(e)
	w.hold(e.Hold)
	w.refund(e.Refund)
	w.shared(e)
	w.transfer(e)
	w.bool(e.Rolls != nil)
	if e.Rolls != nil {
		w.day(e.Rolls.Until)
	}
	w.bool(e.Transfer != nil)
	if e.Transfer != nil {
		w.day(e.Transfer.Rolled)
	}
	w.importPart(e.Import)
	for _, m := range e.Movements {
		w.int(int64(m.Lot.Life))
	}
}
