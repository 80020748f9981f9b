package overview_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/overview"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// step is an entry in short: what an account has after it, and how it came to that.
type step struct {
	account string
	at      string // "2006-01-02 15:04"
	clock   bool   // it fell due by time
	kind    ledger.Kind
	moves   []ledger.Movement
	order   *ledger.OrderPart
	change  *ladder.Change
	has     ledger.Balance // of points
	tier    string
}

func day(t *testing.T, text string) calendar.Day {
	t.Helper()
	d, err := calendar.Parse(text)
	require.NoError(t, err)
	return d
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04", text)
	require.NoError(t, err)
	return at
}

// add adds up the entries of steps, looking at some times.
func add(t *testing.T, steps []step, at ...time.Time) overview.Result {
	t.Helper()
	c := overview.New("points", at)
	for _, s := range steps {
		e := ledger.Entry{
			Account: ledger.AccountID(s.account), Kind: s.kind, Actor: "merchant/shop", EffectiveAt: instant(t, s.at),
			Order: s.order, Movements: s.moves, After: ledger.After{Tier: s.tier},
		}
		e.OccurredAt, e.Day = e.EffectiveAt, calendar.DayOf(e.EffectiveAt, time.UTC)
		if s.clock {
			e.Actor = ledger.ActorClock
		}
		if s.change != nil {
			e.Ladder = &ledger.LadderPart{Change: s.change}
		}
		if s.has != (ledger.Balance{}) {
			s.has.Unit = "points"
			e.After.Balances = []ledger.Balance{{Unit: "miles", Active: 1000}, s.has, {Unit: "stamps", Pending: 3}}
		}
		c.Entry(e)
	}
	return c.Result()
}

// moved is one movement of points, or of another unit.
func moved(m ledger.Move, points money.Points, unit ...string) ledger.Movement {
	key := ledger.LotKey{Unit: "points", Issuer: ledger.Operator, Activation: calendar.None, Expiry: calendar.None}
	if len(unit) > 0 {
		key.Unit = unit[0]
	}
	return ledger.Movement{Move: m, Lot: key, Points: points}
}

// paid is the n-th thing that happened to an order: its payment, a line for each amount.
func paid(order string, n int, revision int32, amounts ...money.Minor) *ledger.OrderPart {
	e := orders.Event{Kind: orders.Paid, Revision: revision, Currency: "USD"}
	for _, a := range amounts {
		e.Lines = append(e.Lines, orders.Line{Amount: a})
	}
	return &ledger.OrderPart{Ref: orders.Ref{Merchant: "shop", Order: order}, Number: n, Event: e}
}

// happened is the n-th thing that happened to an order, any but its payment.
func happened(order string, n int, kind orders.Kind) *ledger.OrderPart {
	return &ledger.OrderPart{Ref: orders.Ref{Merchant: "shop", Order: order}, Number: n, Event: orders.Event{Kind: kind}}
}
