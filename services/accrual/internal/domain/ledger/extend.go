package ledger

import (
	"fmt"
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// ExtensionPart says which points an entry gave a later day: those that would have been gone before Before are gone on To.
type ExtensionPart struct{ Before, To calendar.Day }

// Extend gives all points that would be gone before a day a later one; held ones stay as they are. Refusals:
// INVALID_ARGUMENT, NOTHING_TO_EXTEND, ADJUSTMENT_LIMIT for more points than Most.
type Extend struct {
	ExtensionPart
	Reason string // UPPER_SNAKE code
	// Most is how many points the caller may extend; it is no part of what is asked for.
	Most money.Points
}

func (x Extend) content(w *writer) {
	w.str("extend")
	w.day(x.Before)
	w.day(x.To)
	w.str(x.Reason)
}

// Extends adds up the points of a unit that it would give a later day.
func (x Extend) Extends(a Account, unit string) money.Points {
	sum := money.Points(0)
	for _, l := range a.Lots {
		if x.meant(l.LotKey, a.Gone(l.LotKey), unit) {
			sum += l.Left
		}
	}
	return sum
}

// Nothing is the refusal where no points are meant.
func (x ExtensionPart) Nothing() error {
	return reason.New(reason.NothingToExtend, "before_day", "no points of the account are gone before %s", x.Before)
}

// meant tells whether points of a lot that are gone on a day get the later one.
func (x ExtensionPart) meant(k LotKey, gone calendar.Day, unit string) bool {
	return k.Unit == unit && gone != calendar.None && gone < x.Before && k.Activation < x.To
}

func (x Extend) do(d *draft, _ Request, known program.Known) error {
	d.Kind, d.Command.Reason = KindExtend, x.Reason
	switch {
	case x.Reason == "":
		return reason.New(reason.InvalidArgument, "reason", "to extend points needs a reason")
	case x.To == calendar.None || x.Before == calendar.None || x.To <= d.Day || x.To < x.Before:
		return reason.New(reason.InvalidArgument, "expiry_day", "points that are gone before %s cannot be given until %s; name a later day, and one behind %s", x.Before, x.To, d.Day)
	}
	unit := known.Program.Unit
	d.Command.Points = x.Extends(d.work, unit)
	switch {
	case d.Command.Points == 0:
		return x.Nothing()
	case d.Command.Points > x.Most:
		return reason.New(reason.AdjustmentLimit, "", "%d points are gone before %s, %d may be extended", d.Command.Points, x.Before, x.Most).
			With("asked", d.Command.Points).With("limit", x.Most)
	}
	part := x.ExtensionPart
	d.Extension = &part
	was := d.work
	for _, l := range slices.Clone(d.work.Lots) {
		if l.Left == 0 || !x.meant(l.LotKey, was.Gone(l.LotKey), unit) {
			continue
		}
		later := x.later(l.LotKey)
		if l.Life > 0 {
			d.rollTo(x.To)
		}
		if err := d.add(Movement{Move: MovePutOff, Lot: l.LotKey, Points: l.Left}); err != nil {
			return err
		}
		if err := d.add(Movement{Move: MoveExtend, Lot: later, Points: l.Left}); err != nil {
			return err
		}
	}
	return nil
}

// later is the lot in which points are from then on. Rolling ones stay where they are: their day is the account's.
func (x ExtensionPart) later(k LotKey) LotKey {
	if k.Life == 0 {
		k.Expiry = x.To
	}
	return k
}

// checkExtension holds the entry of an extension against itself: each movement has its counterpart. Empty: it is as it
// should be.
func (e Entry) checkExtension() string {
	switch x := e.Extension; {
	case (e.Kind == KindExtend) != (x != nil):
		return "an extension without its part, or the part of one on another entry"
	case x == nil:
		return ""
	case e.Command == nil || e.Hold != nil || e.Refund != nil || e.Frozen != nil || e.Transfer != nil || len(e.Movements)%2 != 0 || len(e.Movements) == 0:
		return "an extension with the part of something else, or of nothing"
	}
	for pair := range slices.Chunk(e.Movements, 2) {
		lot, later := pair[0].Lot, e.Extension.later(pair[0].Lot)
		gone := lot.Expiry
		if lot.Life > 0 {
			gone = e.Extension.Before - 1 // of rolling points the account knows it
		}
		if lot.Life > 0 && (e.Rolls == nil || e.Rolls.Until != e.Extension.To) {
			return "rolling points are extended, and their day is another"
		}
		if pair[0].Move != MovePutOff || !e.Extension.meant(lot, gone, later.Unit) || pair[1] != (Movement{Move: MoveExtend, Lot: later, Points: pair[0].Points}) {
			return "points of an extension come from elsewhere than they go to"
		}
	}
	return ""
}

func (w *writer) extension(x *ExtensionPart) {
	w.bool(x != nil)
	if x != nil {
		w.day(x.Before)
		w.day(x.To)
	}
}

// extended says what was given a later day.
func (x explainer) extended() string {
	return fmt.Sprintf("gave %s, whose last day was before %s, until %s", x.points(x.e.Command.Points), long(x.e.Extension.Before-1), long(x.e.Extension.To-1))
}
