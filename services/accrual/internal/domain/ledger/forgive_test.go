package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
)

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
