package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

// TestAnAccountOwesNoMoreThanTheLimit for returns of points that were spent, whoever gave them: the rest is let go, and what is
// earned next pays what is owed.
func TestAnAccountOwesNoMoreThanTheLimit(t *testing.T) {
	h := newHouse(t, rules(t, "expiry: {rule: never}", "returns: {missing: negative_limit, limit: 12}"))
	h.tell(`
		2025-01-10 paid o1: 3 x 30.00 cd
		2025-01-11 spends 25
		2025-01-12 returned o1/r1: 1 x cd
		2025-01-12 returned o1/r2: 1 x cd
		2025-01-12 returned o1/r3: 1 x cd
		2025-01-13 paid o2: 4.00 cd
		2025-01-14 returned o2/r1: 1 x cd`)
	require.Equal(t, []string{
		"2025-01-12 reverse: reverse 5, owe 5 = active 0, debt 5",
		"2025-01-12 reverse: owe 7, forgive 3 = active 0, debt 12",
		"2025-01-12 reverse: forgive 10 = active 0, debt 12",
		"2025-01-13 earn: earn 4, payoff 4 = active 0, debt 8",
		"2025-01-14 reverse: owe 4 = active 0, debt 12",
	}, h.told[len(h.told)-5:])
	second := h.entries[len(h.entries)-4]
	require.Contains(t, second.Postings, ledger.Posting{Unit: "points", Bucket: "forgiven", Points: -3})
	said := ledger.Explain(second, h.schedule[0].Program)
	require.Contains(t, said, "7 points were not there any more: the account owes them, and what becomes active next pays back first.")
	require.Contains(t, said, "3 points were not there any more: they were let go.")
	h.rebuild()
}

// TestADebtThatIsOverANewLimitStays as it is, and does not grow.
func TestADebtThatIsOverANewLimitStays(t *testing.T) {
	schedule := append(rules(t, "expiry: {rule: never}"), program.Known{
		Revision: 2, Effective: noon(calendar.Date(2025, 2, 1)), Program: programme(t, "expiry: {rule: never}", "returns: {missing: negative_limit, limit: 5}"),
	})
	h := newHouse(t, schedule)
	h.tell(`
		2025-01-10 paid o1: 20.00 cd
		2025-01-11 spends 20
		2025-01-12 returned o1/r1: 1 x cd
		2025-02-10 paid o2: 30.00 cd
		2025-02-11 spends 10
		2025-02-12 returned o2/r1: 30.00 #1`)
	require.Equal(t, []string{"2025-02-12 reverse: owe 5, forgive 25 = active 0, debt 5"}, h.told[len(h.told)-1:])
}

// TestWhatAReturnDoesNotFindIsLetGo where the programme says so: what is there is taken back, the rest is nobody's debt, and what is
// earned next is the member's.
func TestWhatAReturnDoesNotFindIsLetGo(t *testing.T) {
	h := newHouse(t, rules(t, "expiry: {rule: never}", "returns: {missing: forgive}"))
	h.tell(`
		2025-01-10 paid o1: 2 x 20.00 cd
		2025-01-11 spends 15
		2025-01-12 returned o1/r1: 2 x cd
		2025-01-13 paid o2: 4.00 cd`)
	require.Equal(t, []string{"2025-01-12 reverse: reverse 5, forgive 15 = active 0", "2025-01-13 earn: earn 4 = active 4"}, h.told[len(h.told)-2:])
	back := h.entries[len(h.entries)-2]
	require.Contains(t, back.Postings, ledger.Posting{Unit: "points", Bucket: "forgiven", Points: -15})
	require.Contains(t, back.Postings, ledger.Posting{Unit: "points", Bucket: "issued/operator", Points: 20})
	require.Zero(t, back.Order.Target)
	require.Contains(t, ledger.Explain(back, h.schedule[0].Program), "15 points were not there any more: they were let go.")
	h.rebuild()
}
