package ledger

import (
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

// NextDue is the first moment at which something changes if nothing more comes: a hold lapses, a wait ends, pending points become
// active, points lapse, a review lowers the tier. False: nothing ever does.
func NextDue(a Account, schedule program.Schedule) (time.Time, bool) {
	var next time.Time
	earlier := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	zone := schedule.Latest().Program.Zone
	if len(a.Holds) > 0 {
		earlier(a.Holds[0].Deadline)
	}
	if len(a.Waiting) > 0 {
		earlier(a.Waiting[0].Deadline)
	}
	for _, l := range a.Lots {
		if l.Left == 0 {
			continue
		}
		if l.Pending() {
			earlier(l.Activation.Start(zone))
		}
		if gone := a.Gone(l.LotKey); gone != calendar.None {
			earlier(gone.Start(zone))
		}
	}
	if a.Version == 0 {
		return next, !next.IsZero()
	}
	if day, ok := schedule.NextPass(a.Ladder, a.Reviewed); ok {
		earlier(day.Start(zone))
	}
	return next, !next.IsZero()
}

// LapsesBy names the orders whose waits end by t: their books are needed to bring the account up.
func (a Account) LapsesBy(t time.Time) []orders.Ref {
	var refs []orders.Ref
	for _, w := range a.Waiting {
		if !w.Deadline.After(t) {
			refs = append(refs, w.Ref)
		}
	}
	return refs
}

// BringUp posts everything that falls due for an account up to and including t, each at its own moment, in the order
// lapsed holds, waits, activations, expiries, review. It adds the entries of lapsed waits to books. The result does not
// depend on how often or when it is called.
func BringUp(a Account, schedule program.Schedule, books Books, t time.Time) ([]Entry, Account, error) {
	var entries []Entry
	if a.Version == 0 {
		return nil, a, nil
	}
	for {
		moment, ok := NextDue(a, schedule)
		if !ok || moment.After(t) {
			return entries, a, nil
		}
		d := a.begin(schedule.In(moment), latest(moment, a.Clock))
		d.OccurredAt, d.Actor, d.Key = moment, ActorClock, DueKey(a.ID, d.Seq)
		if err := d.fallDue(a, schedule, books); err != nil {
			return nil, a, err
		}
		e, next, err := d.post(a)
		if err != nil {
			return nil, a, err
		}
		if e.Order != nil {
			book, err := books[e.Order.Ref].Add(e)
			if err != nil {
				return nil, a, err
			}
			books[e.Order.Ref] = book
		}
		entries, a = append(entries, e), next
	}
}

// fallDue fills the draft with the first kind of thing that is due at its moment.
func (d *draft) fallDue(a Account, schedule program.Schedule, books Books) error {
	moment, zone := d.OccurredAt, schedule.Latest().Program.Zone
	if len(a.Holds) > 0 && !a.Holds[0].Deadline.After(moment) {
		return d.lapseHold(a.Holds[0])
	}
	if len(a.Waiting) > 0 && !a.Waiting[0].Deadline.After(moment) {
		return d.lapse(a.Waiting[0], books)
	}
	day := calendar.DayOf(moment, zone)
	for _, l := range slices.Clone(a.Lots) {
		if l.Left > 0 && l.Pending() && l.Activation <= day {
			d.Kind = KindActivate
			if err := d.activate(l); err != nil {
				return err
			}
		}
	}
	if d.Kind == KindActivate {
		return nil
	}
	for _, l := range slices.Clone(a.Lots) {
		if l.Left > 0 && a.lapsed(l.LotKey, day) {
			d.Kind = KindExpire
			if err := d.add(Movement{Move: MoveExpire, Lot: l.LotKey, Points: l.Left}); err != nil {
				return err
			}
		}
	}
	if d.Kind == KindExpire {
		return nil
	}
	d.Kind = KindState
	steps := schedule.In(moment).Program.Ladder
	next, change, moved := steps.Pass(a.Ladder, day)
	if !moved {
		return &BrokenError{d.Program, d.Account, d.Seq, "nothing falls due at " + moment.String()}
	}
	d.Ladder = &LadderPart{Window: steps.WindowMonths}
	d.Ladder.moved(next, change)
	if d.Ladder.Grants == nil && len(a.Ladder.Grants) > 0 {
		d.Ladder.Grants = &GrantsPart{}
	}
	return nil
}

func (d *draft) activate(l Lot) error {
	if err := d.add(Movement{Move: MoveActivate, Lot: l.LotKey, Points: l.Left}); err != nil {
		return err
	}
	key := l.LotKey
	key.Activation = calendar.None
	return d.inflow(key, l.Left)
}

// lapse ends a wait: the entry stands under the order, so that a payment that still comes counts whole.
func (d *draft) lapse(w Waiting, books Books) error {
	book := books[w.Ref]
	if book.Entries == 0 {
		return &BrokenError{d.Program, d.Account, d.Seq, "an event waits for order " + w.Ref.Order + ", of which no entry was given"}
	}
	d.Kind = KindPark
	d.Key = OrderKey(w.Ref, book.Entries+1)
	d.Order = book.part(w.Ref, orders.Event{
		Kind: orders.Lapsed, LapsedKind: w.Kind, Occurrence: w.Occurrence, OccurredAt: w.Deadline,
	})
	return nil
}
