package ledger

import (
	"cmp"
	"errors"
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Limits of refunds.
const (
	// refundDays is for how many days after it a capture can be refunded: so long the account remembers that it was.
	refundDays = 400
	// refundsMax is how many captures that an account had in these days may be refunded.
	refundsMax = 256
)

// RefundPart is the capture that an entry undid.
type RefundPart struct {
	Capture string // its key
	Seq     Seq
	Day     calendar.Day // on which it took effect
}

// Refunded is a capture that was refunded, for as long as somebody might try again.
type Refunded struct {
	Capture Seq
	Day     calendar.Day
}

// Refund undoes a capture: each point goes back into the lot that it came from; points whose expiry day has come lapse in
// the same entry. Refusals: CAPTURE_NOT_FOUND, CAPTURE_REFUNDED, REFUND_TOO_LATE, TOO_MANY_REFUNDS, AMOUNT_OUT_OF_RANGE.
type Refund struct {
	Capture string // the key of its entry
	// Captured is the entry under this key; the zero Entry: there is none.
	Captured Entry
}

func (f Refund) content(w *writer) {
	w.str("refund")
	w.str(f.Capture)
}

func (f Refund) do(d *draft, r Request, _ program.Known) error {
	d.Kind = KindRefund
	c := f.Captured
	switch {
	case c.Kind != KindCapture || c.Account != d.Account || c.Key != f.Capture || !r.mayEnd(*c.Hold):
		return reason.New(reason.CaptureNotFound, "capture_id", "no capture %s of yours is on the account", f.Capture)
	case d.late(c.Day):
		return reason.New(reason.RefundTooLate, "capture_id", "it was captured on %s; captures are refunded for %d days", c.Day, refundDays)
	case d.work.refunded(c.Seq):
		return reason.New(reason.CaptureRefunded, "capture_id", "capture %s is refunded already", f.Capture)
	case len(d.work.Refunds) >= refundsMax:
		return reason.New(reason.TooManyRefunds, "", "%d captures of the last %d days are refunded, the most that an account may have", refundsMax, refundDays)
	}
	d.Refund = &RefundPart{Capture: c.Key, Seq: c.Seq, Day: c.Day}
	for _, m := range c.Movements {
		if m.Move != MoveCapture {
			continue
		}
		d.Command.Points += m.Points
		if err := d.bring(Movement{Move: MoveRefund, Lot: m.Lot, Points: m.Points, Redeemer: m.Redeemer}); err != nil {
			return err
		}
	}
	return nil
}

// late tells whether it is too late to refund what was captured on a day.
func (e Entry) late(captured calendar.Day) bool { return e.Day > captured.AddDays(refundDays) }

func (a Account) refunded(capture Seq) bool {
	return slices.ContainsFunc(a.Refunds, func(r Refunded) bool { return r.Capture == capture })
}

// refundsAfter remembers what an entry refunded, and forgets captures that cannot be refunded any more.
func (a Account) refundsAfter(e Entry) ([]Refunded, error) {
	refunds := a.Refunds
	late := func(r Refunded) bool { return e.late(r.Day) }
	if slices.ContainsFunc(refunds, late) {
		refunds = slices.DeleteFunc(slices.Clone(refunds), late)
	}
	if e.Refund != nil {
		if a.refunded(e.Refund.Seq) || e.Refund.Seq >= e.Seq || e.late(e.Refund.Day) {
			return nil, errors.New("it refunds a capture that is refunded already, too old, or not before it")
		}
		refunds = append(slices.Clone(refunds), Refunded{e.Refund.Seq, e.Refund.Day})
		slices.SortFunc(refunds, func(x, y Refunded) int { return cmp.Compare(x.Capture, y.Capture) })
	}
	if len(refunds) == 0 {
		return nil, nil
	}
	return refunds, nil
}
