package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/earning"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// writer encodes values as docs/decisions/0001 says: fixed order, fixed widths, lengths before content.
type writer struct{ buf []byte }

func (w *writer) int(v int64) { w.buf = binary.BigEndian.AppendUint64(w.buf, uint64(v)) } //nolint:gosec // two's complement is the encoding
func (w *writer) bytes(b []byte) {
	w.int(int64(len(b)))
	w.buf = append(w.buf, b...)
}
func (w *writer) str(s string) {
	w.int(int64(len(s)))
	w.buf = append(w.buf, s...)
}

func (w *writer) bool(b bool) { //nolint:revive // the value that is written, not a switch
	if b {
		w.buf = append(w.buf, 1)
		return
	}
	w.buf = append(w.buf, 0)
}

func (w *writer) time(t time.Time) {
	if t.IsZero() {
		w.int(math.MinInt64)
		return
	}
	w.int(t.UnixMilli())
}

func (w *writer) day(d calendar.Day) {
	if d == calendar.None {
		w.int(math.MinInt64)
		return
	}
	w.int(int64(d))
}

func (w *writer) strs(list []string) {
	w.int(int64(len(list)))
	for _, s := range list {
		w.str(s)
	}
}

// Canonical returns the bytes of an entry that its hash covers: all of it but Hash and RecordedAt.
func (e Entry) Canonical() []byte {
	w := &writer{buf: make([]byte, 0, 1024)}
	w.entry(&e)
	return w.buf
}

func (w *writer) entry(e *Entry) {
	w.buf = append(w.buf, e.Format)
	w.str(e.Program)
	w.str(e.Key)
	w.str(string(e.Account))
	w.int(int64(e.Seq))
	w.str(e.Kind.String())
	w.time(e.OccurredAt)
	w.time(e.EffectiveAt)
	w.day(e.Day)
	w.int(int64(e.Revision))
	w.str(e.Actor)
	w.str(e.EventID)
	w.str(e.EventSource)
	w.int(int64(e.Position.Epoch))
	w.int(int64(e.Position.Sequence)) //nolint:gosec // sequences stay far below 2^63
	w.order(e.Order)
	w.lines(e.Lines)
	w.movements(*e)
	w.ladder(e.Ladder)
	w.after(e.After)
	if e.Format == FormatParts {
		w.action(e.Action)
		w.enrolment(e.Enrolment)
	}
	if e.Format == FormatCommands || e.Format == FormatShared {
		w.command(e.Command)
		w.hold(e.Hold)
		w.refund(e.Refund)
	}
	if e.Format == FormatShared {
		w.shared(*e)
	}
	if e.Format == FormatSegments {
		w.segments(*e)
	}
	if e.Format == FormatFrozen {
		w.frozen(*e)
	}
	if e.Format == FormatLife {
		w.transfer(*e)
	}
	if e.Format == FormatImport {
		w.imported(*e)
	}
	if e.Format == FormatRolling {
		w.rolling(*e)
	}
	if e.Format == FormatUnits {
		w.units(*e)
	}
}

func (w *writer) command(c *CommandPart) {
	w.bool(c != nil)
	if c == nil {
		return
	}
	w.str(c.Caller)
	w.bytes(c.Content[:])
	w.int(int64(c.Points))
	w.str(c.Reason)
}

func (w *writer) hold(h *HoldPart) {
	w.bool(h != nil)
	if h == nil {
		return
	}
	w.str(h.ID)
	w.str(h.Caller)
	w.str(h.Redeemer)
	w.int(int64(h.Points))
	w.time(h.Deadline)
}

func (w *writer) refund(r *RefundPart) {
	w.bool(r != nil)
	if r == nil {
		return
	}
	w.str(r.Capture)
	w.int(int64(r.Seq))
	w.day(r.Day)
}

func (w *writer) shared(e Entry) {
	approver, left := "", money.Points(0)
	if e.Command != nil {
		approver = e.Command.Approver
	}
	if e.Refund != nil {
		left = e.Refund.Left
	}
	w.str(approver)
	w.int(int64(left))
}

func (w *writer) segments(e Entry) {
	w.bool(e.Ladder != nil && e.Ladder.Grants != nil)
	segment := ""
	if e.Order != nil {
		segment = e.Order.Segment
	}
	w.str(segment)
	w.bool(e.Segment != nil)
	if p := e.Segment; p != nil {
		w.str(p.Name)
		w.bool(p.Entered)
		w.int(p.Number)
		w.int(p.Revision)
		w.day(p.AsOf)
	}
}

func (w *writer) action(a *ActionPart) {
	w.bool(a != nil)
	if a == nil {
		return
	}
	w.str(a.Ref.Source)
	w.str(a.Ref.ID)
	w.str(a.Type)
	w.bytes(a.Content[:])
	w.day(a.Day)
	w.int(int64(a.Rule))
	w.int(int64(a.Points))
	w.int(int64(a.PerDay))
	w.strs(a.Rules)
}

func (w *writer) enrolment(e *EnrolmentPart) {
	w.bool(e != nil)
	if e == nil {
		return
	}
	w.str(e.Member)
	w.str(e.Kind)
}

func (w *writer) order(o *OrderPart) {
	w.bool(o != nil)
	if o == nil {
		return
	}
	w.str(o.Ref.Merchant)
	w.str(o.Ref.Order)
	w.int(int64(o.Number))
	w.bytes(o.Content[:])
	w.int(int64(o.Revision))
	w.str(o.Tier)
	w.int(int64(o.Base))
	w.int(int64(o.Target))
	w.bool(o.Waiting)
	w.time(o.Deadline)
}

func (w *writer) lines(lines []earning.Line) {
	w.int(int64(len(lines)))
	for _, l := range lines {
		w.str(l.ID)
		w.str(l.SKU)
		w.str(l.Category)
		w.int(int64(l.Base))
		w.str(l.Rate.String())
		w.int(int64(l.Points))
		w.strs(l.Rules)
	}
}

func (w *writer) movements(e Entry) {
	w.int(int64(len(e.Movements)))
	for _, m := range e.Movements {
		w.str(m.Move.String())
		w.str(m.Lot.Unit)
		w.str(m.Lot.Issuer)
		w.day(m.Lot.Activation)
		w.day(m.Lot.Expiry)
		w.int(int64(m.Points))
		w.str(m.Redeemer)
	}
	w.int(int64(len(e.Postings)))
	for _, p := range e.Postings {
		w.str(p.Unit)
		w.str(p.Bucket)
		w.int(int64(p.Points))
	}
}

func (w *writer) ladder(l *LadderPart) {
	w.bool(l != nil)
	if l == nil {
		return
	}
	w.int(int64(len(l.Counts)))
	for _, c := range l.Counts {
		w.day(c.Day)
		w.int(int64(c.Amount))
	}
	w.int(int64(l.Window))
	w.bool(l.Change != nil)
	if l.Change != nil {
		w.str(l.Change.From)
		w.str(l.Change.To)
		w.int(int64(l.Change.Qualifying))
		w.str(l.Change.Cause)
	}
	if l.Grants != nil { // the format says so
		w.grants(l.Grants)
	}
}

func (w *writer) grants(g *GrantsPart) {
	w.bool(g.Given != nil)
	if g.Given != nil {
		w.str(g.Given.ID)
		w.str(g.Given.Tier)
		w.day(g.Given.From)
		w.day(g.Given.Until)
		w.str(g.Given.Reason)
		w.str(g.Given.Actor)
	}
	w.str(g.Ended)
	w.str(g.Below)
}

func (w *writer) after(a After) {
	w.int(int64(len(a.Balances)))
	for _, b := range a.Balances {
		w.str(b.Unit)
		w.int(int64(b.Pending))
		w.int(int64(b.Active))
		w.int(int64(b.Held))
		w.int(int64(b.Debt))
	}
	w.str(a.Tier)
}

// hashAfter is SHA-256(previous hash ‖ canonical bytes).
func (e Entry) hashAfter(previous Hash) Hash {
	w := writer{buf: append(make([]byte, 0, 1280), previous[:]...)}
	w.entry(&e)
	return sha256.Sum256(w.buf)
}
