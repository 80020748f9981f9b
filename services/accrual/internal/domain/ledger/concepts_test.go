package ledger_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestThePageOnTheLedgerIsTrue lets happen what docs/concepts/ledger.md begins with.
func TestThePageOnTheLedgerIsTrue(t *testing.T) {
	_ = os.Getenv("LAUREL_FILES_ARE") // what lies outside the module makes a kept result stale by this alone
	page, err := os.ReadFile("../../../../../docs/concepts/ledger.md")
	require.NoError(t, err)
	var told []string
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, " | ")
		if strings.HasPrefix(line, "|") && strings.Contains(line, "`") {
			told = append(told, strings.Join(cells[:len(cells)-1], " | "))
		}
	}
	const anna = `
		2025-01-07 paid A1: 7.80 coffee; 18.50 beans
		2025-01-20 returned A1/r1: coffee
		2026-02-10 paid A2: 12.00 cup
		2026-02-11 returned A1/r2: beans`
	h := newHouse(t, rules(t))
	h.tell(anna)
	var want []string
	for _, e := range h.entries {
		require.Len(t, e.Movements, 1)
		want = append(want, fmt.Sprintf("| %d | `%s` | %s | %s %d | %d", e.Seq, e.Key, e.EffectiveAt.Format("2006-01-02 15:04"),
			e.Movements[0].Move, e.Movements[0].Points, e.After.Balances[0].Active))
	}
	require.Equal(t, want, told)

	spent := newHouse(t, rules(t))
	spent.tell(strings.Replace(anna, "2026-02-10", "2025-02-01 spends 18\n2026-02-10", 1))
	require.Equal(t, "2026-02-11 reverse: reverse 12 gone 2027-03-01, owe 6 = active 0, debt 6", spent.told[len(spent.told)-1])
}
