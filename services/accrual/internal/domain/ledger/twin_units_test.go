package ledger_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// otherUnits are those that a policy may have beside points, in the order in which later policies add them. One stands before points
// in the alphabet, one behind.
var otherUnits = []string{"miles", "stamps"}

// unitPolicy is what a policy says of one of them.
type unitPolicy struct {
	name        string
	each        int // points for each order; 0: for each dollar by rate
	rate        int
	plain       bool
	days        int // 0: they never lapse
	pendingDays int
}

func drawUnits(t *rapid.T, least int) []unitPolicy {
	var list []unitPolicy
	for _, name := range otherUnits[:rapid.IntRange(least, len(otherUnits)).Draw(t, "units")] {
		u := unitPolicy{name: name, days: rapid.SampledFrom([]int{0, 8, 30}).Draw(t, "days of a unit")}
		if rapid.Bool().Draw(t, "for each order") {
			u.each = rapid.IntRange(1, 3).Draw(t, "each")
		} else {
			u.rate = rapid.IntRange(1, 3).Draw(t, "rate of a unit")
			u.plain = rapid.Bool().Draw(t, "plain")
		}
		u.pendingDays = rapid.SampledFrom([]int{0, 0, 1, 7}).Draw(t, "pending days of a unit")
		list = append(list, u)
	}
	return list
}

func (p policy) unitsYAML() string {
	var list []string
	for _, u := range p.units {
		earn, expiry := fmt.Sprintf("{points: %d, per: 1.00}, plain: %t", u.rate, u.plain), "{rule: never}"
		if u.each > 0 {
			earn = fmt.Sprintf("{per_order: %d}", u.each)
		}
		if u.days > 0 {
			expiry = fmt.Sprintf("{rule: days, days: %d}", u.days)
		}
		list = append(list, fmt.Sprintf("%s: {earn: %s, expiry: %s, pending_days: %d}", u.name, earn, expiry, u.pendingDays))
	}
	return "units: {" + strings.Join(list, ", ") + "}"
}

// unit is the twin of one other unit: an account of nothing but its points, which nobody spends.
func (w *twin) unit(name string) *twin {
	if w.units == nil {
		w.units = map[string]*twin{}
	}
	if w.units[name] == nil {
		w.units[name] = &twin{zone: w.zone, debts: map[string]int{}, owed: map[flow]int{}, has: map[*twinOrder]int{}}
	}
	w.units[name].today = w.today
	return w.units[name]
}

// inUnits does something to the twin of every unit and adds up.
func (w *twin) inUnits(do func(*twin) int) int {
	n := 0
	for name := range w.units {
		n += do(w.unit(name))
	}
	return n
}

// settleUnits gives or takes one point of each unit after the other until the order has what it should.
func (w *twin) settleUnits(o *twinOrder, s orders.State) {
	for _, p := range w.policies[o.policy-1].units {
		unit, day := w.unit(p.name), calendar.DayOf(s.PaidAt(), w.zone)
		like := point{active: day.AddDays(p.pendingDays), gone: calendar.None, issuer: ledger.Operator}
		if p.days > 0 {
			like.gone = day.AddDays(p.days)
		}
		if p.pendingDays == 0 {
			like.active = 0
		}
		target := 0
		switch kept := s.Kept(); {
		case o.frozen:
		case p.each == 0:
			target = w.rateOf(kept, o.tier, p)
		case slices.ContainsFunc(kept, func(k orders.Kept) bool { return k.Amount > 0 && k.Line.Category != "card" }):
			target = p.each
		}
		for ; unit.has[o] < target; unit.has[o]++ {
			unit.give(like)
		}
		for ; unit.has[o] > target; unit.has[o]-- {
			unit.takeOne(like, 0)
		}
	}
}

// rateOf is rate times as much, or without the multipliers.
func (w *twin) rateOf(kept []orders.Kept, tier string, p unitPolicy) int {
	var all []orders.Kept
	for _, k := range kept {
		k.Amount *= money.Minor(p.rate)
		if p.plain && k.Line.Category != "card" {
			k.Line.Category = ""
		}
		all = append(all, k)
	}
	if p.plain {
		tier = ""
	}
	return w.rate(all, tier)
}

// compareUnits holds the other units of the account against their twins.
func (m *machine) compareUnits() {
	a, w := m.lazy.account, m.twin
	for _, name := range otherUnits {
		unit, b := w.unit(name), a.Balance(name)
		require.Equal(m.t, []money.Points{unit.count("pending"), unit.count("active"), 0, 0}, []money.Points{b.Pending, b.Active, b.Held, b.Debt}, name)
		require.Equal(m.t, unit.lots(), lotsOf(a, name), name)
		soon, said := map[calendar.Day]int{}, map[calendar.Day]int{}
		for _, p := range unit.points {
			if p.state != "lapsed" && p.state != "taken back" && p.gone != calendar.None && p.gone <= w.today+40 {
				soon[p.gone]++
			}
		}
		for _, l := range a.Lapsing(w.today + 40) {
			if l.Unit == name {
				said[l.Expiry] += int(l.Points)
			}
		}
		require.Equal(m.t, soon, said, "what lapses of %s within 40 days", name)
		m.seen["compared "+name] += int(b.Active)
	}
}

// lots counts the points of the twin by what makes lots equal.
func (w *twin) lots() map[string]int {
	lots := map[string]int{}
	for _, p := range w.points {
		switch p.state {
		case "pending":
			lots[fmt.Sprint("pending ", p.active, p.gone, p.life, p.issuer)]++
		case "active", "lapsed":
			lots[fmt.Sprint(p.state, p.gone, p.life, p.issuer)]++
		}
	}
	return lots
}

// lotsOf counts the points of an account likewise.
func lotsOf(a ledger.Account, unit string) map[string]int {
	got := map[string]int{}
	for _, l := range a.Lots {
		if l.Unit != unit {
			continue
		}
		name := fmt.Sprint("active", l.Expiry, l.Life, l.Issuer)
		if l.Pending() {
			name = fmt.Sprint("pending ", l.Activation, l.Expiry, l.Life, l.Issuer)
		}
		add(got, name, int(l.Left))
		add(got, fmt.Sprint("lapsed", l.Expiry, l.Life, l.Issuer), int(l.Uncounted))
	}
	return got
}
