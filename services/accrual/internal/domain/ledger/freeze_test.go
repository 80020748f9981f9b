package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
)

// freeze says what the account may not do from now on.
func (h *house) freeze(key string, what ledger.Frozen, at time.Time) ledger.Entry {
	e, err := h.do(ledger.Request{Caller: "operator/eva", Key: key, Deed: ledger.Freeze{Frozen: what, Reason: "LOOKED_INTO"}}, at)
	require.NoError(h.t, err)
	return e
}

// TestWhoMayNotEarnEarnsNothingMore: what was paid before is amended and taken back as ever, what is paid meanwhile earns nothing,
// then and later; so do actions. What is there can be spent.
func TestWhoMayNotEarnEarnsNothingMore(t *testing.T) {
	h := newHouse(t, rules(t, "expiry: {rule: never}", "actions:\n  review: {schema: {type: object}, earn: {points: 5, per_day: 10}}"))
	h.tell("2025-01-10 paid before: 2 x 20.00 cd")
	e := h.freeze("f1", ledger.Frozen{Earning: true}, instant(t, "2025-01-11"))
	require.Equal(t, ledger.KindState, e.Kind)
	require.Equal(t, []string{"On 11 January 2025 operator/eva froze the account: it may not earn, but spend (LOOKED_INTO).", "The account now has 20 points to spend."},
		ledger.Explain(e, h.schedule[0].Program))
	h.told = nil
	h.tell(`
		2025-01-12 paid meanwhile: 2 x 20.00 cd
		2025-01-12 awards a1: 5
		2025-01-13 returned before/r1: 1 x cd
		2025-01-13 holds h1: 3 48h
		2025-01-14 captures c1/h1
		2025-01-14 adjusts j1: 2`)
	require.Equal(t, []string{
		"2025-01-12 earn = active 20",
		"refused: ACCOUNT_FROZEN",
		"2025-01-13 reverse: reverse 10 = active 10",
		"2025-01-13 hold: hold 3 = active 7, held 3",
		"2025-01-14 capture: capture 3 for books = active 7",
		"2025-01-14 adjust: credit 2 = active 9",
	}, h.told)
	paid := h.entries[2]
	require.Equal(t, ledger.FormatFrozen, paid.Format)
	require.True(t, paid.Order.Frozen)
	require.EqualValues(t, 2000, paid.Order.Base, "it counts for the tier")
	require.Contains(t, ledger.Explain(paid, h.schedule[0].Program), "It earns nothing: when it was paid the account might not earn.")

	at := instant(t, "2025-01-15")
	v, err := h.act(h.action("review", "r1", "{}", at), at)
	require.NoError(t, err)
	require.Zero(t, v.Entry.Action.Points)
	require.Contains(t, ledger.Explain(v.Entry, h.schedule[0].Program),
		"It earned nothing: it would have given 5 points (as each does), but the account might not earn.")

	h.freeze("f2", ledger.Frozen{}, instant(t, "2025-01-16"))
	h.told = nil
	h.tell(`
		2025-01-17 returned meanwhile/r1: 1 x cd
		2025-01-18 paid after: 10.00 cd`)
	require.Equal(t, []string{"2025-01-17 reverse = active 9", "2025-01-18 earn: earn 10 = active 19"}, h.told)
	h.rebuild()
}

// TestWhoMayNotSpendHoldsNothingMore: what is held already is captured, and what comes is earned.
func TestWhoMayNotSpendHoldsNothingMore(t *testing.T) {
	h := newHouse(t, rules(t, "expiry: {rule: never}"))
	h.tell(`
		2025-01-10 paid o1: 20.00 cd
		2025-01-10 holds h1: 5 48h`)
	h.freeze("f1", ledger.Frozen{Spending: true}, instant(t, "2025-01-10"))
	h.told = nil
	h.tell(`
		2025-01-11 holds h2: 1
		2025-01-11 captures c1/h1: 4
		2025-01-11 paid o2: 10.00 cd`)
	require.Equal(t, []string{"refused: ACCOUNT_FROZEN", "2025-01-11 capture: capture 4 for books, release 1 = active 16", "2025-01-11 earn: earn 10 = active 26"}, h.told)
	h.freeze("f2", ledger.Frozen{}, instant(t, "2025-01-12"))
	h.tell("2025-01-12 holds h3: 26")
	require.Equal(t, "2025-01-12 hold: hold 26 = active 0, held 26", h.told[len(h.told)-1])
	h.rebuild()
}

// TestAFrozenAccountThatEarnedIsBroken: what an entry says of frozen accounts must fit together, also where its hash is right.
func TestAFrozenAccountThatEarnedIsBroken(t *testing.T) {
	h := newHouse(t, rules(t, "expiry: {rule: never}"))
	h.tell("2025-01-10 paid o1: 20.00 cd")
	before := h.account
	freeze := h.freeze("f1", ledger.Frozen{Earning: true}, instant(t, "2025-01-11"))
	frozen := h.account
	h.tell("2025-01-12 paid o2: 10.00 cd")
	paid := h.entries[2]
	for _, c := range []struct {
		name  string
		on    ledger.Account
		entry ledger.Entry
		alter func(e *ledger.Entry)
	}{
		{"an order that earns", frozen, paid, func(e *ledger.Entry) { e.Order.Target = 5 }},
		{"an order by a segment", frozen, paid, func(e *ledger.Entry) { e.Order.Segment = "cold" }},
		{"frozen by nobody", before, freeze, func(e *ledger.Entry) { e.Command = nil }},
		{"frozen by an entry of another kind", before, freeze, func(e *ledger.Entry) { e.Kind = ledger.KindPark }},
		{"a command that did nothing", before, freeze, func(e *ledger.Entry) { e.Frozen, e.Format = nil, ledger.FormatCommands }},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := c.entry
			if e.Order != nil {
				order := *e.Order
				e.Order = &order
			}
			_, err := c.on.Apply(e)
			require.NoError(t, err)
			c.alter(&e)
			_, err = c.on.Apply(ledger.Rehashed(e, c.on.Hash))
			var broken *ledger.BrokenError
			require.ErrorAs(t, err, &broken)
			require.NotContains(t, broken.What, "hash")
			require.NotContains(t, broken.What, "format")
		})
	}
}
