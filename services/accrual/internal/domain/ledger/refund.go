package ledger

import (
	"cmp"
	"errors"
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
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

// RefundPart is the capture of which an entry gave points back.
type RefundPart struct {
	Capture string // its key
	Seq     Seq
	Day     calendar.Day // on which it took effect
	Left    money.Points // what can still be given back of it
}

// Refunded is a capture of which points were given back, for as long as somebody might try again.
type Refunded struct {
	Capture Seq
	Day     calendar.Day
	Left    money.Points // what can still be given back of it
}

// Refund gives points of a capture back, each into the lot that it came from, the last ones taken first: what is left of
// the capture is what one of fewer points would have taken. Points whose expiry day has come lapse in the same entry, or
// live on for as many days as the programme says. Refusals: CAPTURE_NOT_FOUND, CAPTURE_REFUNDED, REFUND_EXCEEDS_CAPTURE,
// REFUND_TOO_LATE, TOO_MANY_REFUNDS, AMOUNT_OUT_OF_RANGE.
type Refund struct {
	Capture string       // the key of its entry
	Points  money.Points // 0: all that is left
	// Captured is the entry under this key; the zero Entry: there is none.
	Captured Entry
}

func (f Refund) content(w *writer) {
	w.str("refund")
	w.str(f.Capture)
	if f.Points != 0 {
		w.int(int64(f.Points))
	}
}

func (f Refund) do(d *draft, r Request, known program.Known) error {
	d.Kind = KindRefund
	if f.Points < 0 {
		return positive(f.Points)
	}
	captured, left, err := f.refundable(d, r)
	if err != nil {
		return err
	}
	d.Command.Points = cmp.Or(f.Points, left)
	if d.Command.Points > left {
		return reason.New(reason.RefundExceedsCapture, "points", "%d points asked, %d of the %d captured are not refunded yet", f.Points, left, captured).
			With("asked", f.Points).With("left", left).With("captured", captured)
	}
	c := f.Captured
	d.Refund = &RefundPart{Capture: c.Key, Seq: c.Seq, Day: c.Day, Left: left - d.Command.Points}
	from, to := d.Refund.Left, left // of the points in the order in which they were captured
	for _, m := range c.Movements {
		if m.Move != MoveCapture {
			continue
		}
		n := max(0, min(to, m.Points)-max(from, 0))
		from, to = from-m.Points, to-m.Points
		if n == 0 {
			continue
		}
		back := Movement{Move: MoveRefund, Lot: m.Lot, Points: n, Redeemer: m.Redeemer}
		if days := known.Program.Refunds.ExtendExpiredDays; days > 0 && d.work.lapsed(m.Lot, d.Day) {
			back.Lot.Expiry, back.Lot.Life = d.Day.AddDays(days), 0
		}
		if err := d.bring(back); err != nil {
			return err
		}
	}
	return nil
}

// refundable tells how many points were captured and how many of them can still be given back: at least one.
func (f Refund) refundable(d *draft, r Request) (money.Points, money.Points, error) {
	c := f.Captured
	if c.Kind != KindCapture || c.Account != d.Account || c.Key != f.Capture || !r.mayEnd(*c.Hold) {
		return 0, 0, reason.New(reason.CaptureNotFound, "capture_id", "no capture %s of yours is on the account", f.Capture)
	}
	captured := c.moved()
	before, again := d.work.refunded(c.Seq)
	switch {
	case d.late(c.Day):
		return 0, 0, reason.New(reason.RefundTooLate, "capture_id", "it was captured on %s; captures are refunded for %d days", c.Day, refundDays)
	case again && before.Left == 0:
		return 0, 0, reason.New(reason.CaptureRefunded, "capture_id", "capture %s is refunded already", f.Capture)
	case again:
		return captured, before.Left, nil
	case len(d.work.Refunds) >= refundsMax:
		return 0, 0, reason.New(reason.TooManyRefunds, "", "%d captures of the last %d days are refunded, the most that an account may have", refundsMax, refundDays)
	}
	return captured, captured, nil
}

// late tells whether it is too late to refund what was captured on a day.
func (e Entry) late(captured calendar.Day) bool { return e.Day > captured.AddDays(refundDays) }

func (a Account) refunded(capture Seq) (Refunded, bool) {
	i := slices.IndexFunc(a.Refunds, func(r Refunded) bool { return r.Capture == capture })
	if i < 0 {
		return Refunded{}, false
	}
	return a.Refunds[i], true
}

// refundsAfter remembers what an entry refunded, and forgets captures that cannot be refunded any more.
func (a Account) refundsAfter(e Entry) ([]Refunded, error) {
	gone := func(r Refunded) bool { return e.late(r.Day) || e.Refund != nil && r.Capture == e.Refund.Seq }
	refunds := a.Refunds
	if slices.ContainsFunc(refunds, gone) {
		refunds = slices.DeleteFunc(slices.Clone(refunds), gone)
	}
	if e.Refund != nil {
		before, again := a.refunded(e.Refund.Seq)
		switch {
		case e.Refund.Seq >= e.Seq || e.late(e.Refund.Day):
			return nil, errors.New("it refunds a capture that is too old, or not before it")
		case e.Refund.Left < 0 || again && (before.Left != e.moved()+e.Refund.Left || before.Day != e.Refund.Day):
			return nil, errors.New("it refunds a capture of which less is left")
		}
		refunds = append(slices.Clone(refunds), Refunded{e.Refund.Seq, e.Refund.Day, e.Refund.Left})
		slices.SortFunc(refunds, func(x, y Refunded) int { return cmp.Compare(x.Capture, y.Capture) })
	}
	if len(refunds) == 0 {
		return nil, nil
	}
	return refunds, nil
}
