package ledger_test

import (
	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// aLife is a history that holds every kind of entry, every move but one, and every part of an entry.
func aLife(t require.TestingT) *house {
	h := newHouse(t, rules(t, ladderOf100, "earning: {points: 1, per: 1.00, pending_days: 3, multipliers: {category: {books: 2}}}",
		"expiry: {rule: end_of_month, months: 1}"))
	h.tell(`
		2025-01-10 paid o1: 2 x 60.00 cd; 50.00 novel@books as e1
		2025-01-11 returned o1/r1: 1 x cd; 5.00 #2 as e2
		2025-01-12 returned o2/r1 as e3
		2025-01-20 spends 100
		2025-01-21 returned o1/r2 as e4
		2025-01-22 paid o3: 90.00 cd
		2025-01-28 paid o4: 30.00 cd
		2025-01-28 awards a1: 40 cafe 2025-01-28 2025-03-01
		2025-01-28 holds h1: 20 2h
		2025-01-28 holds h2: 10 3h
		2025-01-28 holds h3: 5 1h
		2025-01-28 captures c1/h1: 15
		2025-01-28 voids v1/h2
		2025-01-29 refunds r1/c1: 4
		2025-01-29 refunds r2/c1
		2025-01-29 adjusts j1: 7
		2025-01-29 adjusts j2: -3
		2025-03-02 returned o4/r1
		2025-04-01 passes`)
	return h
}

// before is the account before the i-th entry.
func (h *house) before(i int) ledger.Account {
	a := ledger.NewAccount(h.account.Program, h.account.ID)
	for _, e := range h.entries[:i] {
		var err error
		a, err = a.Apply(e)
		require.NoError(h.t, err)
	}
	return a
}

// aRollingLife is a history of points that follow what the account does, with all that moves, ends and refills them.
func aRollingLife(t require.TestingT) *house {
	h := newHouse(t, rules(t, ladderOf100, "earning: {points: 1, per: 1.00, pending_days: 3}", "expiry: {rule: rolling, days: 30, activity: [earn, spend]}",
		"returns: {missing: negative_limit, limit: 20}", "transfers: {older_than_days: 0}"))
	h.tell(`
		2025-01-10 paid o1: 2 x 60.00 cd
		2025-01-20 paid o2: 30.00 cd
		2025-01-25 holds h1: 20 200h
		2025-01-26 captures c1/h1: 15
		2025-01-27 refunds r1/c1: 4
		2025-01-28 adjusts j1: 7
		2025-01-28 awards a1: 12 cafe 2025-01-28
		2025-04-01 returned o1/r1
		2025-04-02 paid o3: 50.00 cd
		2025-04-06 spends 45
		2025-04-07 returned o3/r1`)
	at := noon(calendar.Date(2025, 4, 8))
	for _, r := range []ledger.Request{
		{Key: "j2", Deed: ledger.Adjust{Points: 100, Reason: "GOODWILL"}},
		{Key: "s1", Deed: ledger.Transfer{To: "ben", Points: 5}},
		{Key: "x1", Deed: ledger.Extend{ExtensionPart: ledger.ExtensionPart{Before: calendar.Date(2025, 6, 1), To: calendar.Date(2025, 7, 1)}, Reason: "CLOSED", Most: 1000}},
	} {
		r.Caller = "till"
		_, err := h.do(r, at)
		require.NoError(t, err)
	}
	out, ok := h.entry("cmd/till/s1")
	require.True(t, ok)
	_, err := h.arrive(out, reason.AccountNotFound, at)
	require.NoError(t, err)
	h.pass(noon(calendar.Date(2025, 8, 1)))
	return h
}

// aLifeInUnits has what format 11 says, and what becomes of points of other units by time.
func aLifeInUnits(t require.TestingT) *house {
	h := newHouse(t, rules(t, statusAndStamps, ladderOf100))
	h.tell(`
		2025-01-10 paid o1: 2 x 60.00 cd
		2025-01-20 paid o2: 30.00 cd
		2025-01-25 returned o1/r1: 1 x cd
		2025-02-12 returned o1/r2
		2025-02-13 cancelled o2`)
	h.pass(noon(calendar.Date(2025, 4, 1)))
	return h
}
