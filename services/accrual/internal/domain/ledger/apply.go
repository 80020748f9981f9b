package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// BrokenError says that an invariant of the ledger does not hold. It must never be committed over: the lane stops.
type BrokenError struct {
	Program string
	Account AccountID
	Seq     Seq
	What    string
}

// Error names the entry and what is wrong with it.
func (e *BrokenError) Error() string {
	return fmt.Sprintf("ledger broken at %s/%s entry %d: %s", e.Program, e.Account, e.Seq, e.What)
}

// Apply returns the account after an entry that carries its hash, and checks every invariant on the way.
// It is the same function for posting and for rebuilding. The only error is *BrokenError.
func (a Account) Apply(e Entry) (Account, error) {
	broken := func(format string, args ...any) (Account, error) {
		return Account{}, &BrokenError{a.Program, a.ID, e.Seq, fmt.Sprintf(format, args...)}
	}
	if e.Program != a.Program || e.Account != a.ID {
		return broken("it belongs to %s/%s", e.Program, e.Account)
	}
	if e.Seq != a.Version+1 {
		return broken("its seq does not follow %d", a.Version)
	}
	if want := e.format(); e.Format != want {
		return broken("its format is %d, what it holds is written in format %d", e.Format, want)
	}
	if got := e.hashAfter(a.Hash); got != e.Hash {
		return broken("hash is %x, its content and predecessor give %x", e.Hash[:6], got[:6])
	}
	if e.Order != nil && e.Order.Content != Hash(e.Order.Event.Content()) {
		return broken("the content of its order event does not give the content hash it carries")
	}
	next, err := a.evolve(e)
	if err != nil {
		return broken("%s", err)
	}
	next.Hash = e.Hash
	if want := next.after(); !slices.Equal(want.Balances, e.After.Balances) || want.Tier != e.After.Tier {
		return broken("it says %v after it, its movements give %v", e.After, want)
	}
	return next, nil
}

// evolve folds what the entry did. It trusts neither the movements nor the postings.
func (a Account) evolve(e Entry) (Account, error) {
	if wrong := cmp.Or(e.checkParts(), e.checkSegment(), e.checkFrozen(), e.checkTransfer(), e.checkExtension(), e.checkImport(), e.checkDonation(), e.checkOthers(), e.checkRolls(), e.checkCommand()); wrong != "" {
		return a, errors.New(wrong)
	}
	next := a
	next.Version, next.Clock = e.Seq, e.EffectiveAt
	if e.EffectiveAt.Before(a.Clock) {
		return a, fmt.Errorf("it takes effect at %s, before the account's clock %s", e.EffectiveAt, a.Clock)
	}
	if len(e.Movements) > 0 || len(e.Postings) > 0 {
		if i := slices.IndexFunc(e.Movements, func(m Movement) bool { return !m.Move.known() }); i >= 0 {
			return a, fmt.Errorf("movement %d is %q", i+1, e.Movements[i].Move)
		}
		if derived := postingsOf(e.Movements); !slices.Equal(derived, e.Postings) {
			return a, fmt.Errorf("postings %v do not follow from its movements, which give %v", e.Postings, derived)
		}
		if err := balanced(e.Postings); err != nil {
			return a, err
		}
		next.Lots = slices.Clone(a.Lots)
		next.Debts = slices.Clone(a.Debts)
		for _, m := range e.Movements {
			if err := next.move(m); err != nil {
				return a, err
			}
		}
		next.Lots = forgetOldest(next.Lots)
		next.Balances = withPostings(slices.Clone(a.Balances), e.Postings)
	}
	next.Waiting = a.waitingAfter(e)
	next.Counters = a.countersAfter(e)
	next.ActionsOnly = (a.Version == 0 || a.ActionsOnly) && (e.Action != nil || e.Command != nil || e.Segment != nil || e.Transfer != nil || e.dueByTime())
	var err error
	if next.Holds, err = a.holdsAfter(e); err != nil {
		return a, err
	}
	if next.Refunds, err = a.refundsAfter(e); err != nil {
		return a, err
	}
	if next.Rolling, err = a.rollingAfter(e); err != nil {
		return a, err
	}
	next.Ladder = a.ladderAfter(e)
	next.Segments, next.Frozen = a.segmentsAfter(e), a.frozenAfter(e)
	next.Reviewed = max(a.Reviewed, e.reviewedDay())
	return next, next.check()
}

// move changes one lot or debt in place; the slices are the account's own.
func (a *Account) move(m Movement) error {
	if m.Points <= 0 {
		return fmt.Errorf("a movement of %d points", m.Points)
	}
	lot, found := a.lot(m.Lot)
	if !found {
		lot = Lot{LotKey: m.Lot}
	}
	switch m.Move {
	case MoveEarn, MoveRelease, MoveRefund, MoveCredit, MoveReceive, MoveExtend, MoveImport:
		lot.Left += m.Points
	case MoveReverse, MoveHold, MoveDebit, MoveSend, MovePutOff, MoveDonate:
		lot.Left -= m.Points
	case MoveCapture:
		return nil // the points left the lot when they were held
	case MoveForgive, MoveFee:
		return nil // they had been spent, or never were this account's
	case MoveExpire:
		lot.Left -= m.Points
		lot.Uncounted += m.Points
	case MoveUncount:
		lot.Uncounted -= m.Points
	case MovePayoff:
		lot.Left -= m.Points
		a.Debts = withDebt(a.Debts, m.Lot.Unit, m.creditor(), -m.Points)
	case MoveActivate:
		lot.Left -= m.Points
		key := m.Lot
		key.Activation = calendar.None
		active, ok := a.lot(key)
		if !ok {
			active = Lot{LotKey: key}
		}
		active.Left += m.Points
		a.Lots = withLot(a.Lots, active)
	case MoveOwe:
		a.Debts = withDebt(a.Debts, m.Lot.Unit, m.Lot.Issuer, m.Points)
		return nil
	}
	if lot.Left < 0 || lot.Uncounted < 0 {
		return fmt.Errorf("lot %v would hold %d points and %d lapsed", m.Lot, lot.Left, lot.Uncounted)
	}
	a.Lots = withLot(a.Lots, lot)
	return nil
}

// creditor is the issuer whose debt a pay-off lowers: the redeemer, or the lot's own issuer.
func (m Movement) creditor() string {
	if m.Redeemer != "" {
		return m.Redeemer
	}
	return m.Lot.Issuer
}

func balanced(postings []Posting) error {
	sums := map[string]money.Points{}
	for _, p := range postings {
		sums[p.Unit] += p.Points
	}
	for unit, sum := range sums {
		if sum != 0 {
			return fmt.Errorf("postings in %s sum to %d", unit, sum)
		}
	}
	return nil
}

// check holds the account against its own invariants.
func (a Account) check() error {
	pending, active := map[string]money.Points{}, map[string]money.Points{}
	for _, l := range a.Lots {
		if l.Pending() {
			pending[l.Unit] += l.Left
		} else {
			active[l.Unit] += l.Left
		}
	}
	owed := map[string]money.Points{}
	for _, d := range a.Debts {
		if d.Points <= 0 {
			return fmt.Errorf("debt to %s is %d", d.Issuer, d.Points)
		}
		owed[d.Unit] += d.Points
	}
	for _, b := range a.Balances {
		switch {
		case b.Pending < 0 || b.Active < 0 || b.Held < 0 || b.Debt < 0:
			return fmt.Errorf("balance below zero: %+v", b)
		case b.Pending != pending[b.Unit] || b.Active != active[b.Unit]:
			return fmt.Errorf("lots of %s hold %d pending and %d active, the balance says %d and %d",
				b.Unit, pending[b.Unit], active[b.Unit], b.Pending, b.Active)
		case b.Held != a.held(b.Unit):
			return fmt.Errorf("holds of %s have %d points, the balance says %d", b.Unit, a.held(b.Unit), b.Held)
		case b.Debt != owed[b.Unit]:
			return fmt.Errorf("debts in %s sum to %d, the balance says %d", b.Unit, owed[b.Unit], b.Debt)
		}
	}
	return nil
}

func (a Account) after() After {
	return After{Balances: slices.Clone(a.Balances), Tier: a.Ladder.Tier}
}

// waitingAfter removes what the entry's order no longer waits for and adds what begins to wait.
func (a Account) waitingAfter(e Entry) []Waiting {
	if e.Order == nil {
		return a.Waiting
	}
	o := e.Order
	if o.Waiting {
		w := Waiting{o.Ref, o.Event.Kind, o.Event.Occurrence, o.Deadline}
		list := append(slices.Clone(a.Waiting), w)
		slices.SortStableFunc(list, func(x, y Waiting) int { return x.Deadline.Compare(y.Deadline) })
		return list
	}
	if len(a.Waiting) == 0 {
		return a.Waiting
	}
	return slices.DeleteFunc(slices.Clone(a.Waiting), func(w Waiting) bool {
		return w.Ref == o.Ref && o.settles(w)
	})
}

// settles tells whether an event ends a wait: its own lapse, or the payment of its order.
func (o *OrderPart) settles(w Waiting) bool {
	if o.Event.LapsedKind != 0 {
		return o.Event.LapsedKind == w.Kind && o.Event.Occurrence == w.Occurrence
	}
	return o.Revision > 0
}

func (a Account) ladderAfter(e Entry) ladder.State {
	state := a.Ladder
	if e.Ladder == nil {
		return state
	}
	window := ladder.Ladder{WindowMonths: e.Ladder.Window}
	for _, c := range e.Ladder.Counts {
		state = window.Count(state, c.Day, e.Day, c.Amount)
	}
	if e.Ladder.Change != nil {
		state.Tier = e.Ladder.Change.To
	}
	if g := e.Ladder.Grants; g != nil {
		state = state.Granted(ladder.Granted{Given: g.Given, Ended: g.Ended, Below: g.Below, On: e.Day})
	}
	return state
}

// reviewedDay is the last day whose review lies behind an entry. What falls due at 00:00 comes before that day's review,
// the review itself and whatever comes later in the day behind it.
func (e Entry) reviewedDay() calendar.Day {
	if !e.dueByTime() || e.Ladder != nil {
		return e.Day
	}
	return e.Day - 1
}

// dueByTime tells whether the clock caused the entry.
func (e Entry) dueByTime() bool { return e.Actor == ActorClock }

// ActorClock is who acts when something falls due by time.
const ActorClock = "clock"

// latest returns the later of two times.
func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
