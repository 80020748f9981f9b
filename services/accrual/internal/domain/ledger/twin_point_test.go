package ledger_test

import (
	"cmp"
	"math/big"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// settle gives or takes one point after the other until the order has what it should, and says if it took.
func (w *twin) settle(o *twinOrder, s orders.State) bool {
	p := w.policies[o.policy-1]
	day := calendar.DayOf(s.PaidAt(), w.zone)
	like := point{active: day.AddDays(p.pendingDays), gone: calendar.None, issuer: issuerOf(o.ref)}
	switch {
	case p.rolls():
		like.life = cmp.Or(o.life, w.life(p))
	case p.months > 0:
		like.gone = day.FirstOfMonth().AddMonths(p.months + 1)
	}
	if p.pendingDays == 0 {
		like.active = 0 // at once, also where the order lies minutes ahead, behind midnight
	}
	target := 0
	if !o.frozen {
		target = w.rate(s.Kept(), o.tier)
	}
	took := target < o.posted
	if target > o.posted {
		w.roll(p, day, p.rollEarn)
		o.life = like.life
	}
	for ; o.posted < target; o.posted++ {
		w.give(like)
	}
	for ; o.posted > target; o.posted-- {
		w.takeOne(like, p.owedMost)
	}
	return took
}

// give makes one point.
func (w *twin) give(like point) {
	w.points = append(w.points, &like)
	w.came = append(w.came, point{active: w.today, gone: like.gone, life: like.life, issuer: like.issuer})
	if like.state = "pending"; like.active > w.today {
		return
	}
	w.comeIn(&like)
}

// comeIn lets a point become active: it pays a debt, or lapses if its day has come.
func (w *twin) comeIn(p *point) {
	w.becomeActive(p)
	if p.state == "active" && w.past(p) {
		w.lapsed(p)
	}
}

// rate is ⌊Σ cents × rate⌋ in fractions.
func (w *twin) rate(kept []orders.Kept, tier string) int {
	sum := new(big.Rat)
	for _, k := range kept {
		cents := big.NewRat(int64(k.Amount), 100)
		switch k.Line.Category {
		case "books":
			cents.Mul(cents, big.NewRat(2, 1))
		case "tea":
			cents.Mul(cents, big.NewRat(5, 4))
		case "card":
			continue
		}
		switch tier {
		case "silver":
			cents.Mul(cents, big.NewRat(5, 4))
		case "gold":
			cents.Mul(cents, big.NewRat(3, 2))
		}
		sum.Add(sum, cents)
	}
	return int(new(big.Int).Div(sum.Num(), sum.Denom()).Int64())
}

// takeOne takes one point back: one of the order's own lot while it is pending, then active, then lapsed; then the active
// one that lapses first; then it is owed, as far as that may go.
func (w *twin) takeOne(like point, owedMost int) {
	own := func(p *point) bool { return p.gone == like.gone && p.life == like.life && p.issuer == like.issuer }
	ownPending := func(p *point) bool { return own(p) && p.active == like.active }
	anyone := func(*point) bool { return true }
	if w.first("pending", ownPending, "taken back") || w.first("active", own, "taken back") || w.first("lapsed", own, "taken back") {
		return
	}
	if p := w.pick("active", anyone, "taken back"); p != nil {
		w.goes(p, like.issuer)
		return
	}
	if owedMost < 0 || w.debt() < owedMost {
		w.debts[like.issuer]++
	}
}

// consumedBefore orders points: the first to lapse first; then, of pending ones, the first to become active; then by life and issuer.
func (w *twin) consumedBefore(state string, a, b *point) int {
	by := cmp.Compare(w.lapses(a), w.lapses(b))
	if state == "pending" {
		by = cmp.Or(by, cmp.Compare(a.active, b.active))
	}
	return cmp.Or(by, cmp.Compare(a.life, b.life), cmp.Compare(a.issuer, b.issuer))
}

// first moves the first point in a state that fits, the first to be consumed first, to another state.
func (w *twin) first(state string, fits func(*point) bool, to string) bool {
	return w.pick(state, fits, to) != nil
}

func (w *twin) pick(state string, fits func(*point) bool, to string) *point {
	var best *point
	for _, p := range w.points {
		if p.state == state && fits(p) && (best == nil || w.consumedBefore(state, p, best) < 0) {
			best = p
		}
	}
	if best != nil {
		best.state = to
	}
	return best
}

func (w *twin) spend(n int) {
	for range n {
		w.owed[flow{w.pick("active", func(*point) bool { return true }, "spent").issuer, "cafe"}]++
	}
	w.note("state")
}

// count is how many points are in a state.
func (w *twin) count(state string) money.Points {
	return money.Points(w.each(state, func(*point) bool { return true }, func(*point) {}))
}
