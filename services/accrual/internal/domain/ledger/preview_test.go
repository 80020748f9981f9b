package ledger_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// preview asks what a new order would do, pays it, and wants the very entry that was foretold.
func (m *machine) preview(*rapid.T) {
	e := m.drawEvent()
	for e.Kind != orders.Paid {
		e = m.drawEvent()
	}
	m.ids++
	c := command(fmt.Sprint("new", m.ids), e)
	c.Position = ledger.Position{Epoch: 1, Sequence: uint64(m.now.UnixMilli())}
	a, t := m.lazy.account, later(m.lazy.account.Clock, m.now)
	preview, err := ledger.PreviewOrder(a, maps.Clone(m.lazy.books), c, m.lazy.schedule, t)
	requireSame(m.t, a, m.lazy.account)
	before := len(m.lazy.entries)
	m.commands = append(m.commands, c)
	m.send(c)
	if err != nil {
		_, refused := reason.Of(err)
		require.True(m.t, refused, "%v", err)
		m.seen["preview "+reasonOf(err)]++
		return
	}
	require.Greater(m.t, len(m.lazy.entries), before)
	require.Equal(m.t, m.lazy.entries[len(m.lazy.entries)-1], preview.Entry)
	m.seen["previewed"]++
}

// TestPreviewIsWhatTheOrderThenEarns has its random half in the machine (I14).
func TestPreviewIsWhatTheOrderThenEarns(t *testing.T) {
	type want struct {
		points, pays money.Points
		active, gone string
		held, tier   string
	}
	for _, c := range []struct {
		name, before string
		rules        []string
		cents        money.Minor
		want         want
	}{
		{"a newcomer without a ladder", "", nil, 1999, want{19, 0, "", "2026-02-01", "", ""}},
		{
			"a newcomer on a ladder rates at the lowest tier and may reach the highest", "",
			[]string{ladderOf500, "earning: {points: 1, per: 1.00, pending_days: 14, multipliers: {tier: {bronze: 2, gold: 3}}}"},
			2_000_00,
			want{4000, 0, "2025-01-24", "2026-02-01", "bronze", "gold"},
		},
		{
			"a silver member stays silver", "2025-01-05 paid o1: 600.00 cd",
			[]string{ladderOf500, "earning: {points: 1, per: 1.00, multipliers: {tier: {silver: 5/4}}}"}, 10_00,
			want{12, 0, "", "2026-02-01", "silver", "silver"},
		},
		{
			"debt is paid at once", "2025-01-05 paid o1: 30.00 cd\n2025-01-06 spends 30\n2025-01-07 returned o1/r1: 20.00 #1",
			nil, 50_00,
			want{50, 20, "", "2026-02-01", "", ""},
		},
		{
			"debt is paid when the points become active, after others that come sooner",
			"2024-12-01 paid o1: 30.00 cd\n2024-12-30 spends 30\n2025-01-07 returned o1/r1: 20.00 #1\n2025-01-08 paid o2: 15.00 cd",
			[]string{"earning: {points: 1, per: 1.00, pending_days: 14}"}, 50_00,
			want{50, 5, "2025-01-24", "2026-02-01", "", ""},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, rules(t, c.rules...))
			if c.before != "" {
				h.tell(c.before)
			}
			at := time.Date(2025, 1, 10, 12, 0, 0, 0, time.UTC)
			order := command("new", orders.Event{
				Kind: orders.Paid, OccurredAt: at, Currency: "USD", Lines: []orders.Line{{SKU: "cd", Quantity: 1, Amount: c.cents}},
			})
			p, err := ledger.PreviewOrder(h.account, maps.Clone(h.books), order, h.schedule, at)
			require.NoError(t, err)
			got := want{p.Entry.Order.Target, p.PaysDebt, p.Lot.Activation.String(), p.Lot.Expiry.String(), p.Entry.Order.Tier, p.Entry.After.Tier}
			require.Equal(t, c.want, got)
			v, err := h.take(order, at)
			require.NoError(t, err)
			require.Equal(t, v.Entry, p.Entry)
			if c.want.active != "" {
				h.pass(p.Lot.Activation.Start(time.UTC))
				paid := money.Points(0)
				for _, m := range h.entries[len(h.entries)-1].Movements {
					if m.Move == ledger.MovePayoff {
						paid += m.Points
					}
				}
				require.Equal(t, c.want.pays, paid)
			}
		})
	}
}

func TestPreviewIsRefusedAsTheOrderWouldBe(t *testing.T) {
	at := time.Date(2025, 1, 10, 12, 0, 0, 0, time.UTC)
	event := orders.Event{Kind: orders.Paid, OccurredAt: at, Currency: "USD", Lines: []orders.Line{{SKU: "cd", Amount: 100}}}
	for want, change := range map[reason.Reason]func(*orders.Event){
		reason.CurrencyMismatch: func(e *orders.Event) { e.Currency = "EUR" },
		reason.EventTooLate:     func(e *orders.Event) { e.OccurredAt = at.AddDate(-2, 0, 0) },
		reason.InvalidField:     func(e *orders.Event) { e.Lines = append(e.Lines, orders.Line{ID: "1"}) },
		reason.AmountOutOfRange: func(e *orders.Event) { e.Lines = []orders.Line{{Amount: 1 << 62}, {Amount: 1 << 62}} },
	} {
		e := event
		change(&e)
		h := newHouse(t, rules(t))
		_, err := ledger.PreviewOrder(h.account, h.books, command("o", e), h.schedule, at)
		require.ErrorIs(t, err, want)
		_, err = h.take(command("o", e), at)
		require.ErrorIs(t, err, want)
	}
}
