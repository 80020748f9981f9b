package ledger

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// holdsMax is how many holds of an account may be open.
const holdsMax = 64

// HoldPart is the hold that an entry opened or ended.
type HoldPart struct {
	ID       string // key of the entry that opened it
	Caller   string // whose it is
	Redeemer string // where the points are spent
	Points   money.Points
	Deadline time.Time // when it lapses by itself
}

// Part is points that a hold has taken out of a lot.
type Part struct {
	Lot    LotKey
	Points money.Points // > 0
}

// OpenHold is points that are set aside. They do not expire while they are.
type OpenHold struct {
	HoldPart
	Parts []Part // in the order in which they were taken; they sum to Points
}

// Hold sets active points aside until they are captured or released. Refusals: ACCOUNT_FROZEN, INSUFFICIENT_POINTS,
// TOO_MANY_HOLDS.
type Hold struct {
	Points   money.Points
	Redeemer string        // where they will be spent
	For      time.Duration // after which it lapses
}

func (h Hold) content(w *writer) {
	w.str("hold")
	w.int(int64(h.Points))
	w.str(h.Redeemer)
	w.int(h.For.Milliseconds())
}

func (h Hold) do(d *draft, r Request, known program.Known) error {
	d.Kind = KindHold
	if err := positive(h.Points); err != nil {
		return err
	}
	if h.For < time.Millisecond {
		return reason.New(reason.InvalidArgument, "ttl", "a hold of %s; give it some time", h.For)
	}
	if err := d.work.maySpend(); err != nil {
		return err
	}
	if len(d.work.Holds) >= holdsMax {
		return reason.New(reason.TooManyHolds, "", "%d holds are open, the most that an account may have; capture or void some", holdsMax)
	}
	if err := d.spend(Movement{Move: MoveHold, Points: h.Points}, known.Program.Unit); err != nil {
		return err
	}
	d.Command.Points = h.Points
	d.Hold = &HoldPart{
		ID: d.Key, Caller: r.Caller, Redeemer: h.Redeemer, Points: h.Points,
		Deadline: calendar.Millis(latest(d.EffectiveAt, r.Now).Add(h.For)),
	}
	return nil
}

// spend takes points out of active lots in the order in which they are consumed, by movements like one.
func (d *draft) spend(like Movement, unit string) error {
	if active := d.work.Balance(unit).Active; like.Points > active {
		return d.insufficient(unit, like.Points)
	}
	left := like.Points
	for _, l := range d.work.consumed() {
		if l.Pending() || l.Unit != unit {
			continue
		}
		like.Lot, like.Points = l.LotKey, min(left, l.Left)
		if err := d.add(like); err != nil {
			return err
		}
		left -= like.Points
	}
	return nil
}

// insufficient says what is missing, and when there will be more.
func (d *draft) insufficient(unit string, asked money.Points) error {
	b := d.work.Balance(unit)
	text := fmt.Sprintf("%d points asked, %d active", asked, b.Active)
	day, more := d.work.nextActive(unit)
	if more > 0 {
		text += fmt.Sprintf("; %d more on %s", more, day)
	}
	refusal := reason.New(reason.InsufficientPoints, "points", "%s", text).With("asked", asked).With("active", b.Active).With("held", b.Held)
	if more > 0 {
		refusal = refusal.With("more", more).With("more_on", day)
	}
	return refusal
}

// nextActive is the first day on which points become active that can be spent, and how many: debts are paid first, and may
// take whole days for themselves. None and 0 if nothing that waits is more than the debt.
func (a Account) nextActive(unit string) (calendar.Day, money.Points) {
	byDay := map[calendar.Day]money.Points{}
	for _, l := range a.Lots {
		if l.Unit == unit && l.Pending() {
			byDay[l.Activation] += l.Left
		}
	}
	more := -a.Balance(unit).Debt
	for _, day := range slices.Sorted(maps.Keys(byDay)) {
		if more += byDay[day]; more > 0 {
			return day, more
		}
	}
	return calendar.None, 0
}

// Capture takes held points for good, whole or in part; the rest is released. Refusals: HOLD_NOT_FOUND,
// INSUFFICIENT_POINTS for more than is held.
type Capture struct {
	Hold   string       // its ID
	Points money.Points // 0: all of them
}

func (c Capture) content(w *writer) {
	w.str("capture")
	w.str(c.Hold)
	w.int(int64(c.Points))
}

func (c Capture) do(d *draft, r Request, known program.Known) error {
	d.Kind = KindCapture
	hold, err := d.open(c.Hold, r)
	if err != nil {
		return err
	}
	left := c.Points
	switch {
	case left == 0:
		left = hold.Points
	case left < 0:
		return positive(left)
	case left > hold.Points:
		return reason.New(reason.InsufficientPoints, "points", "%d points asked, the hold has %d", left, hold.Points).
			With("asked", left).With("held", hold.Points)
	}
	d.Command.Points = left
	if known.Program.Expiry.Rolling.BySpending {
		d.roll(known.Program, d.Day, true)
	}
	var rest []Part
	for _, p := range hold.Parts {
		n := min(left, p.Points)
		if err := d.add(Movement{Move: MoveCapture, Lot: p.Lot, Points: n, Redeemer: hold.Redeemer}); err != nil {
			return err
		}
		left -= n
		rest = append(rest, Part{p.Lot, p.Points - n})
	}
	return d.release(rest)
}

// Void releases held points. Refusal: HOLD_NOT_FOUND.
type Void struct {
	Hold string // its ID
}

func (v Void) content(w *writer) {
	w.str("void")
	w.str(v.Hold)
}

func (v Void) do(d *draft, r Request, _ program.Known) error {
	d.Kind = KindVoid
	hold, err := d.open(v.Hold, r)
	if err != nil {
		return err
	}
	d.Command.Points = hold.Points
	return d.release(hold.Parts)
}

// open finds an open hold that the caller may end, and notes it as what the entry is about.
func (d *draft) open(id string, r Request) (OpenHold, error) {
	i := slices.IndexFunc(d.work.Holds, func(h OpenHold) bool { return h.ID == id && r.mayEnd(h.HoldPart) })
	if i < 0 {
		return OpenHold{}, reason.New(reason.HoldNotFound, "hold_id",
			"no open hold %s of yours is on the account: it was captured, voided, has lapsed, or never was", id)
	}
	hold := d.work.Holds[i]
	d.Hold = &hold.HoldPart
	return hold, nil
}

// mayEnd tells whether the caller may capture, void or refund: whose hold it was, and the operator's people.
func (r Request) mayEnd(h HoldPart) bool {
	who, _, _ := strings.Cut(r.Caller, "/")
	return r.Caller == h.Caller || who == Operator
}

// lapseHold ends a hold whose deadline has come.
func (d *draft) lapseHold(h OpenHold) error {
	d.Kind, d.Hold = KindVoid, &h.HoldPart
	return d.release(h.Parts)
}

// release puts held points back where they came from. They pay debts, and those whose expiry day has come lapse.
func (d *draft) release(parts []Part) error {
	for _, p := range parts {
		if err := d.add(Movement{Move: MoveRelease, Lot: p.Lot, Points: p.Points}); err != nil {
			return err
		}
		if err := d.inflow(p.Lot, p.Points); err != nil {
			return err
		}
	}
	return nil
}

// holdsAfter adds the hold that an entry opened, or drops the one that it ended: whole, part by part.
func (a Account) holdsAfter(e Entry) ([]OpenHold, error) {
	if e.Hold == nil {
		return a.Holds, nil
	}
	i := slices.IndexFunc(a.Holds, func(h OpenHold) bool { return h.ID == e.Hold.ID })
	if e.Kind == KindHold {
		if i >= 0 || len(a.Holds) >= holdsMax {
			return nil, fmt.Errorf("it opens a hold twice, or more than %d", holdsMax)
		}
		opened := OpenHold{HoldPart: *e.Hold}
		for _, m := range e.Movements {
			opened.Parts = append(opened.Parts, Part{m.Lot, m.Points})
		}
		holds := append(slices.Clone(a.Holds), opened)
		slices.SortStableFunc(holds, func(x, y OpenHold) int { return x.Deadline.Compare(y.Deadline) })
		return holds, nil
	}
	if i < 0 || !a.Holds[i].same(*e.Hold) {
		return nil, fmt.Errorf("it ends hold %s, which the account does not have", e.Hold.ID)
	}
	left := slices.Clone(a.Holds[i].Parts)
	for _, m := range e.Movements {
		if m.Move != MoveCapture && m.Move != MoveRelease {
			continue
		}
		if m.Move == MoveCapture && m.Redeemer != e.Hold.Redeemer {
			return nil, fmt.Errorf("points of hold %s go to %q", e.Hold.ID, m.Redeemer)
		}
		n := slices.IndexFunc(left, func(p Part) bool { return p.Lot == m.Lot })
		if n < 0 || left[n].Points < m.Points {
			return nil, fmt.Errorf("it takes %d points of lot %s out of a hold that has less", m.Points, m.Lot)
		}
		left[n].Points -= m.Points
	}
	for _, p := range left {
		if p.Points != 0 {
			return nil, fmt.Errorf("it leaves %d points of lot %s in a hold that it ends", p.Points, p.Lot)
		}
	}
	return holdsWithout(a.Holds, i), nil
}

func holdsWithout(holds []OpenHold, i int) []OpenHold {
	if len(holds) == 1 {
		return nil
	}
	return slices.Delete(slices.Clone(holds), i, i+1)
}

// same compares all but the monotonic parts of times.
func (h HoldPart) same(o HoldPart) bool {
	equal := h.Deadline.Equal(o.Deadline)
	h.Deadline = o.Deadline
	return equal && h == o
}

// held is what the holds of a unit have set aside.
func (a Account) held(unit string) money.Points {
	sum := money.Points(0)
	for _, h := range a.Holds {
		for _, p := range h.Parts {
			if p.Lot.Unit == unit {
				sum += p.Points
			}
		}
	}
	return sum
}

// String names a hold and what it has set aside.
func (h OpenHold) String() string {
	parts := make([]string, len(h.Parts))
	for i, p := range h.Parts {
		parts[i] = fmt.Sprintf("%d %s", p.Points, p.Lot)
	}
	return fmt.Sprintf("%s for %s by %s until %s: %d points (%s)", h.ID, h.Redeemer, h.Caller,
		h.Deadline.UTC().Format(time.RFC3339Nano), h.Points, strings.Join(parts, ", "))
}

func sameHold(a, b OpenHold) bool { return a.same(b.HoldPart) && slices.Equal(a.Parts, b.Parts) }
