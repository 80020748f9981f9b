package ledger

import (
	"math"
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// draft is an entry in the making, and the lots and debts as its movements leave them.
type draft struct {
	Entry
	work Account
}

// begin starts the next entry of an account, effective at t.
func (a Account) begin(known program.Known, t time.Time) *draft {
	work := a
	work.Lots, work.Debts = slices.Clone(a.Lots), slices.Clone(a.Debts)
	return &draft{work: work, Entry: Entry{
		Program: a.Program, Account: a.ID, Seq: a.Version + 1,
		EffectiveAt: t, Day: calendar.DayOf(t, known.Program.Zone), Revision: known.Revision,
	}}
}

// post seals the draft: postings, state after, hash. The account it returns is a after the entry.
func (d *draft) post(a Account) (Entry, Account, error) {
	e := d.Entry
	e.Format, e.Postings = e.format(), postingsOf(e.Movements)
	next, err := a.evolve(e)
	if err != nil {
		return Entry{}, a, &BrokenError{a.Program, a.ID, e.Seq, err.Error()}
	}
	e.After = next.after()
	e.Hash = e.hashAfter(a.Hash)
	next.Hash = e.Hash
	return e, next, nil
}

// add makes a movement, unless it moves nothing.
func (d *draft) add(m Movement) error {
	if m.Points == 0 {
		return nil
	}
	d.Movements = append(d.Movements, m)
	if err := d.work.move(m); err != nil {
		return &BrokenError{d.Program, d.Account, d.Seq, err.Error()}
	}
	return nil
}

// left is what a lot holds after the movements so far.
func (d *draft) left(key LotKey) money.Points {
	lot, _ := d.work.lot(key)
	return lot.Left
}

// room is how many points of a unit still fit: lots, what lapsed from them, holds and debts together stay within 64 bits.
func (d *draft) room(unit string) money.Points {
	room := money.Points(math.MaxInt64)
	for _, l := range d.work.Lots {
		if l.Unit == unit {
			room -= l.Left + l.Uncounted
		}
	}
	for _, debt := range d.work.Debts {
		if debt.Unit == unit {
			room -= debt.Points
		}
	}
	return room - d.work.held(unit)
}

// fits refuses points for which there is no room.
func (d *draft) fits(unit string, points money.Points) error {
	if room := d.room(unit); points > room {
		return reason.New(reason.AmountOutOfRange, d.pointsField(), "%d points do not fit, the account has room for %d", points, room)
	}
	return nil
}

// pointsField is the part of the event that the points come from.
func (d *draft) pointsField() string {
	switch {
	case d.Action != nil:
		return "data"
	case d.Command != nil:
		return "points"
	}
	return "lines"
}

// earn puts points into the lot of an order: pending until its activation day, else active, where they first pay debts.
// Points whose expiry day has come lapse in the same entry.
func (d *draft) earn(key LotKey, points money.Points) error {
	if err := d.fits(key.Unit, points); err != nil {
		return err
	}
	if key.Pending() && key.Activation > d.Day {
		return d.add(Movement{Move: MoveEarn, Lot: key, Points: points})
	}
	key.Activation = calendar.None
	if err := d.add(Movement{Move: MoveEarn, Lot: key, Points: points}); err != nil {
		return err
	}
	return d.inflow(key, points)
}

// inflow settles what has just become active: it pays debts, and lapses at once if its day has come.
func (d *draft) inflow(key LotKey, points money.Points) error {
	for _, debt := range slices.Clone(d.work.Debts) {
		if debt.Unit != key.Unit || points == 0 {
			continue
		}
		m := Movement{Move: MovePayoff, Lot: key, Points: min(points, debt.Points)}
		if debt.Issuer != key.Issuer {
			m.Redeemer = debt.Issuer
		}
		if err := d.add(m); err != nil {
			return err
		}
		points -= m.Points
	}
	if d.work.lapsed(key, d.Day) {
		return d.add(Movement{Move: MoveExpire, Lot: key, Points: points})
	}
	return nil
}

// takeBack takes the points of an order back: from its own lot first, then what lapsed of that lot unspent counts as
// taken back, then other active lots in the order of consumption; what is missing becomes debt to the issuer as far as the
// account may owe, and the rest is let go.
func (d *draft) takeBack(key LotKey, points, owedMost money.Points) error {
	active := key
	active.Activation = calendar.None
	own := []LotKey{active}
	if key.Pending() {
		own = []LotKey{key, active}
	}
	for _, k := range own {
		n := min(points, d.left(k))
		if err := d.add(Movement{Move: MoveReverse, Lot: k, Points: n}); err != nil {
			return err
		}
		points -= n
	}
	for _, k := range own { // pending ones lapse where rolling points follow what is spent alone
		lapsed, _ := d.work.lot(k)
		n := min(points, lapsed.Uncounted)
		if err := d.add(Movement{Move: MoveUncount, Lot: k, Points: n}); err != nil {
			return err
		}
		points -= n
	}
	for _, lot := range d.work.consumed() {
		if lot.Pending() || lot.Unit != key.Unit {
			continue
		}
		m := Movement{Move: MoveReverse, Lot: lot.LotKey, Points: min(points, lot.Left)}
		if lot.Issuer != key.Issuer {
			m.Redeemer = key.Issuer
		}
		if err := d.add(m); err != nil {
			return err
		}
		points -= m.Points
	}
	owed := LotKey{Unit: key.Unit, Issuer: key.Issuer, Activation: calendar.None, Expiry: calendar.None}
	debt := points
	if owedMost != program.OwedWithoutLimit {
		debt = min(points, owedMost-min(owedMost, d.work.owed(key.Unit)))
	}
	if err := d.fits(key.Unit, debt); err != nil {
		return err
	}
	if err := d.add(Movement{Move: MoveOwe, Lot: owed, Points: debt}); err != nil {
		return err
	}
	return d.add(Movement{Move: MoveForgive, Lot: owed, Points: points - debt})
}
