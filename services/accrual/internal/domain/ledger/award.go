package ledger

import (
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// lotsMax is how many lots that hold points an account may have before it takes no more awards.
const lotsMax = 256

// Award gives points that an issuer owes for. Refusals: INVALID_ARGUMENT, ACCOUNT_FROZEN, AMOUNT_OUT_OF_RANGE,
// TOO_MANY_LOTS.
type Award struct {
	Points     money.Points
	Issuer     string
	Activation *calendar.Day // nil: as the programme says; a day that has come: at once
	Expiry     *calendar.Day // nil: as the programme says; calendar.None: never
	Reason     string
}

func (a Award) content(w *writer) {
	w.str("award")
	w.int(int64(a.Points))
	w.str(a.Issuer)
	for _, day := range []*calendar.Day{a.Activation, a.Expiry} {
		w.bool(day != nil)
		if day != nil {
			w.day(*day)
		}
	}
	w.str(a.Reason)
}

func (a Award) do(d *draft, _ Request, known program.Known) error {
	d.Kind = KindEarn
	if err := positive(a.Points); err != nil {
		return err
	}
	if err := d.work.mayEarn(); err != nil {
		return err
	}
	key := d.work.lotOf(known.Program, d.EffectiveAt)
	key.Issuer = a.Issuer
	if a.Activation != nil {
		key.Activation = *a.Activation
	}
	if a.Expiry != nil {
		key.Expiry, key.Life = *a.Expiry, 0
	}
	d.roll(known.Program, d.Day, known.Program.Expiry.Rolling.ByEarning)
	if key.Activation <= d.Day {
		key.Activation = calendar.None
	}
	if gone := d.work.Gone(key); gone != calendar.None && (gone <= d.Day || gone <= key.Activation) {
		return reason.New(reason.InvalidArgument, "expiry_day", "the points would be gone on %s, before anybody could spend them", gone)
	}
	d.Command.Points, d.Command.Reason = a.Points, a.Reason
	if err := d.fresh(key); err != nil {
		return err
	}
	return d.earn(key, a.Points)
}

// fresh refuses another lot where there are too many.
func (d *draft) fresh(key LotKey) error {
	if lot, _ := d.work.lot(key); lot.Left > 0 {
		return nil
	}
	full := 0
	for _, l := range d.work.Lots {
		if l.Left > 0 && l.Unit == key.Unit {
			full++
		}
	}
	if full >= lotsMax {
		return reason.New(reason.TooManyLots, "", "points of %d kinds of issuer, activation and expiry are on the account, the most that it may have", full)
	}
	return nil
}

// Adjust corrects what an account has, up or down, never below zero. Refusals: INVALID_ARGUMENT, INSUFFICIENT_POINTS,
// AMOUNT_OUT_OF_RANGE, TOO_MANY_LOTS.
type Adjust struct {
	Points money.Points // below zero: taken away
	Reason string       // UPPER_SNAKE code
}

func (a Adjust) content(w *writer) {
	w.str("adjust")
	w.int(int64(a.Points))
	w.str(a.Reason)
}

func (a Adjust) do(d *draft, _ Request, known program.Known) error {
	d.Kind = KindAdjust
	d.Command.Points, d.Command.Reason = a.Points, a.Reason
	switch {
	case a.Points == 0:
		return positive(a.Points)
	case a.Reason == "":
		return reason.New(reason.InvalidArgument, "reason", "an adjustment needs a reason")
	case a.Points < 0:
		if a.Points == -a.Points { // the least number has no counterpart
			return reason.New(reason.AmountOutOfRange, "points", "%d points do not fit", a.Points)
		}
		return d.spend(Movement{Move: MoveDebit, Points: -a.Points}, known.Program.Unit)
	}
	d.roll(known.Program, d.Day, false)
	key := d.work.lotOf(known.Program, d.EffectiveAt)
	key.Activation = calendar.None
	if err := d.fresh(key); err != nil {
		return err
	}
	return d.bring(Movement{Move: MoveCredit, Lot: key, Points: a.Points})
}

// bring puts points into an active lot from outside the account; they pay debts, and lapse if their day has come.
func (d *draft) bring(m Movement) error {
	if err := d.fits(m.Lot.Unit, m.Points); err != nil {
		return err
	}
	if err := d.add(m); err != nil {
		return err
	}
	return d.inflow(m.Lot, m.Points)
}
