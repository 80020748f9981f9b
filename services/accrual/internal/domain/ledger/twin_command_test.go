package ledger_test

import (
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// twinHold is a hold and what became of it.
type twinHold struct {
	id       string
	deadline time.Time
	redeemer string
	points   []*point
	over     bool
	capture  string // its key, once it was captured
	spent    []*point
	on       calendar.Day
}

// lapse ends holds whose deadline has come by t and lies before the end of the day, the first to lapse first.
func (w *twin) lapse(t, end time.Time) {
	for {
		var first *twinHold
		for _, h := range w.holds {
			if !h.over && !h.deadline.After(t) && h.deadline.Before(end) && (first == nil || h.deadline.Before(first.deadline)) {
				first = h
			}
		}
		if first == nil {
			return
		}
		first.over = true
		w.free(first.points)
		w.note("void")
	}
}

// free puts points back where they came from.
func (w *twin) free(points []*point) {
	for _, p := range points {
		w.comeIn(p)
	}
}

// open finds an open hold.
func (w *twin) open(id string) *twinHold {
	for _, h := range w.holds {
		if h.id == id && !h.over {
			return h
		}
	}
	return nil
}

func (w *twin) captured(key string) *twinHold {
	for _, h := range w.holds {
		if h.capture == key {
			return h
		}
	}
	return nil
}

// judge is what should become of a command: empty, or a reason.
func (w *twin) judge(d ledger.Deed, now time.Time) string {
	active := w.count("active")
	_, award := d.(ledger.Award)
	if _, brought := d.(ledger.Import); !award && !brought && !w.enrolled {
		return "ACCOUNT_NOT_FOUND"
	}
	switch d := d.(type) {
	case ledger.Award:
		if w.frozen.Earning {
			return "ACCOUNT_FROZEN"
		}
		if d.Expiry != nil && *d.Expiry != calendar.None && *d.Expiry <= w.today { // it was refused, and comes again too late
			return "INVALID_ARGUMENT"
		}
		if w.goneBefore(d, now) {
			return "INVALID_ARGUMENT"
		}
	case ledger.Import:
		like, p := w.imported(d, now), w.policies[w.in(now)-1]
		gone := like.gone
		if like.life > 0 {
			gone = w.after(p, w.given(d), p.rollEarn)
		}
		switch {
		case d.Issuer != "operator" && d.Issuer != "cafe":
			return "INVALID_ARGUMENT"
		case w.frozen.Earning:
			return "ACCOUNT_FROZEN"
		case gone != calendar.None && gone <= w.today:
			return "INVALID_ARGUMENT"
		}
	case ledger.Hold:
		if w.frozen.Spending {
			return "ACCOUNT_FROZEN"
		}
		if d.Points > active {
			return "INSUFFICIENT_POINTS"
		}
	case ledger.Capture:
		h := w.open(d.Hold)
		if h == nil {
			return "HOLD_NOT_FOUND"
		}
		if int(d.Points) > len(h.points) {
			return "INSUFFICIENT_POINTS"
		}
	case ledger.Void:
		if w.open(d.Hold) == nil {
			return "HOLD_NOT_FOUND"
		}
	case ledger.Refund:
		switch h := w.captured(d.Capture); {
		case h == nil:
			return "CAPTURE_NOT_FOUND"
		case w.today > h.on+ledger.RefundDays:
			return "REFUND_TOO_LATE"
		case len(h.spent) == 0:
			return "CAPTURE_REFUNDED"
		case int(d.Points) > len(h.spent):
			return "REFUND_EXCEEDS_CAPTURE"
		}
	case ledger.Extend:
		if d.To <= w.today {
			return "INVALID_ARGUMENT"
		}
		if len(w.extended(d)) == 0 {
			return "NOTHING_TO_EXTEND"
		}
	case ledger.Donate:
		switch {
		case d.Cause != "trees":
			return "UNKNOWN_CAUSE"
		case w.frozen.Spending:
			return "ACCOUNT_FROZEN"
		case d.Points > active:
			return "INSUFFICIENT_POINTS"
		}
	case ledger.Transfer:
		return w.maySend(int(d.Points), now)
	case ledger.Adjust:
		if -d.Points > active {
			return "INSUFFICIENT_POINTS"
		}
	}
	return ""
}

// obey lets a command happen that was not refused.
func (w *twin) obey(key string, d ledger.Deed, now time.Time) {
	w.enrolled = true
	switch d := d.(type) {
	case ledger.Award:
		p := w.policies[w.in(now)-1]
		like := w.likeOf(now)
		w.roll(p, w.today, p.rollEarn)
		like.issuer = d.Issuer
		if d.Activation != nil {
			like.active = *d.Activation
		}
		if d.Expiry != nil {
			like.gone, like.life = *d.Expiry, 0
		}
		for range d.Points {
			w.give(like)
		}
		w.note("earn")
	case ledger.Import:
		like, p := w.imported(d, now), w.policies[w.in(now)-1]
		if like.life > 0 {
			w.roll(p, w.given(d), p.rollEarn)
		}
		for range d.Points {
			w.give(like)
			if d.Issued != calendar.None {
				w.came[len(w.came)-1].active = d.Issued
			}
		}
		w.note("import")
	case ledger.Hold:
		h := &twinHold{id: key, deadline: now.Add(d.For), redeemer: d.Redeemer}
		for range d.Points {
			h.points = append(h.points, w.pick("active", func(*point) bool { return true }, "held"))
		}
		w.holds = append(w.holds, h)
		w.note("hold")
	case ledger.Capture:
		h, n := w.open(d.Hold), int(d.Points)
		if n == 0 {
			n = len(h.points)
		}
		if p := w.policies[w.in(now)-1]; p.rollSpend {
			w.roll(p, w.today, true)
		}
		h.over, h.capture, h.spent, h.on = true, key, h.points[:n], w.today
		for _, p := range h.spent {
			p.state = "spent"
			w.owed[flow{p.issuer, h.redeemer}]++
		}
		w.free(h.points[n:])
		w.note("capture")
	case ledger.Void:
		h := w.open(d.Hold)
		h.over = true
		w.free(h.points)
		w.note("void")
	case ledger.Refund:
		h := w.captured(d.Capture)
		keep := 0
		if d.Points > 0 {
			keep = len(h.spent) - int(d.Points)
		}
		for _, p := range h.spent[keep:] {
			w.owed[flow{p.issuer, h.redeemer}]--
			if days := w.policies[w.in(now)-1].extendDays; days > 0 && w.past(p) {
				p.gone, p.life = w.today.AddDays(days), 0
			}
			w.comeIn(p)
		}
		h.spent = h.spent[:keep]
		w.note("refund")
	case ledger.Adjust:
		w.adjust(int(d.Points), now)
	case ledger.Extend:
		for _, p := range w.extended(d) {
			if p.life > 0 {
				w.rolled = append(w.rolled, d.To)
			} else {
				p.gone = d.To
			}
			w.came = append(w.came, point{active: w.today, gone: p.gone, life: p.life, issuer: p.issuer})
		}
		w.note("extend")
	case ledger.Donate:
		for range d.Points {
			w.owed[flow{w.pick("active", func(*point) bool { return true }, "donated").issuer, d.Cause}]++
		}
		w.note("donate")
	case ledger.Transfer:
		w.send(key, int(d.Points), now)
	case ledger.Freeze:
		w.frozen = d.Frozen
		w.note("state")
	}
}

func (w *twin) adjust(n int, now time.Time) {
	like := w.likeOf(now)
	like.active = w.today
	if n > 0 {
		w.roll(w.policies[w.in(now)-1], w.today, false)
	}
	for range n {
		w.give(like)
	}
	for ; n < 0; n++ {
		w.first("active", func(*point) bool { return true }, "adjusted")
	}
	w.note("adjust")
}

// imported is a point that comes over now.
func (w *twin) imported(i ledger.Import, now time.Time) point {
	like := point{active: w.today, gone: calendar.None, issuer: i.Issuer}
	switch p := w.policies[w.in(now)-1]; {
	case i.Expiry != nil:
		like.gone = *i.Expiry
	case p.rolls():
		like.life = w.life(p)
	case p.months > 0:
		like.gone = w.given(i).FirstOfMonth().AddMonths(p.months + 1)
	}
	return like
}

// given is the day from which the life of imported points counts.
func (w *twin) given(i ledger.Import) calendar.Day {
	if i.Issued != calendar.None {
		return i.Issued
	}
	return w.today
}

// after is the day on which rolling points are gone once something was done.
func (w *twin) after(p policy, day calendar.Day, counts bool) calendar.Day {
	then := twin{today: w.today, rolled: slices.Clone(w.rolled)}
	then.roll(p, day, counts)
	return then.until()
}

// likeOf is a point that is earned now.
func (w *twin) likeOf(now time.Time) point {
	p := w.policies[w.in(now)-1]
	like := point{active: w.today.AddDays(p.pendingDays), gone: calendar.None, issuer: "operator"}
	switch {
	case p.rolls():
		like.life = w.life(p)
	case p.months > 0:
		like.gone = w.today.FirstOfMonth().AddMonths(p.months + 1)
	}
	return like
}

// goneBefore tells whether rolling points of an award would be gone before anybody could spend them.
func (w *twin) goneBefore(d ledger.Award, now time.Time) bool {
	p := w.policies[w.in(now)-1]
	if !p.rolls() || d.Expiry != nil {
		return false
	}
	active := w.today.AddDays(p.pendingDays)
	if d.Activation != nil {
		active = *d.Activation
	}
	return active > w.today && w.after(p, w.today, p.rollEarn) <= active
}

// stake is all that the account could ever spend, and has spent, less what it owes.
func (w *twin) stake() money.Points {
	return w.count("pending") + w.count("active") + w.count("held") + w.count("spent") - money.Points(w.debt())
}
