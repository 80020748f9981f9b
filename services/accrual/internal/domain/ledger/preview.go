package ledger

import (
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

// Preview is what an order would do.
type Preview struct {
	// Entry is the one that it would make. Seq and hash say nothing: they are those of now.
	Entry Entry
	// Lot is where its points would go. Activation is calendar.None where they are active at once.
	Lot LotKey
	// Gone is the first day on which they would be gone; calendar.None: never.
	Gone calendar.Day
	// PaysDebt is how many of the points would pay what the account owes, at once or when they become active.
	PaysDebt money.Points
}

// PreviewOrder says what an order of which nothing is known would do to an account at effective time t, by what posts
// it: the account is brought up to t, then the event is taken. Books are those of the orders whose waits end by t
// (Account.LapsesBy); they are changed. Refusals are those of Take.
func PreviewOrder(a Account, books Books, c Command, schedule program.Schedule, t time.Time) (Preview, error) {
	_, a, err := BringUp(a, schedule, books, t)
	if err != nil {
		return Preview{}, err
	}
	verdict, err := Take(a, Book{}, c, schedule, t)
	if err != nil {
		return Preview{}, err
	}
	e := verdict.Entry
	p := Preview{Entry: e, Lot: a.orderLot(schedule.Revision(e.Order.Revision).Program, c.Ref, c.Event.OccurredAt)}
	p.Gone = verdict.Account.Gone(p.Lot)
	if p.Lot.Activation <= e.Day {
		p.Lot.Activation = calendar.None
	}
	p.PaysDebt = p.pays(verdict.Account)
	return p, nil
}

// pays counts what pays debts in the entry, or, of points that wait, what is left to pay when it is their turn: other
// points that become active sooner pay first.
func (p Preview) pays(after Account) money.Points {
	paid := money.Points(0)
	for _, m := range p.Entry.Movements {
		if m.Move == MovePayoff {
			paid += m.Points
		}
	}
	if !p.Lot.Pending() {
		return paid
	}
	owed := after.Balance(p.Lot.Unit).Debt
	for _, l := range after.Lots {
		if l.Unit == p.Lot.Unit && l.Pending() && l.LotKey != p.Lot && l.before(p.Lot) {
			owed -= min(owed, l.Left)
		}
	}
	return min(owed, p.Entry.Order.Target)
}

// before tells whether points of a pending lot become active before those of another one: on an earlier day, or on the
// same one and earlier in the order of lots.
func (k LotKey) before(o LotKey) bool {
	if k.Activation != o.Activation {
		return k.Activation < o.Activation
	}
	return k.compare(o) < 0
}
