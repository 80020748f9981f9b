package replay

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
)

func TestALineOfProgressSaysSpeedAndRestAndLag(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]standing{
		"0 of 900 orders in the ledger, 0 orders/s, 900 left, no lag":     {total: 900},
		"300 of 900 orders in the ledger, 100 orders/s, 600 left, no lag": {total: 900, applied: 300, seconds: 3},
		"300 of 900 orders in the ledger, 100 orders/s, 600 left, lag: 4 partitions behind, 2 accounts due, 1 chunks of facts to send": {
			total: 900, applied: 300, seconds: 3, lag: follow.Progress{Behind: 4, Due: 2, Outbox: 1},
		},
		"900 of 900 orders in the ledger, 0 orders/s, 0 left, no lag":   {total: 900, known: 900, seconds: 3},
		"900 of 900 orders in the ledger, 300 orders/s, 0 left, no lag": {total: 900, applied: 917, seconds: 3},
	} {
		require.Equal(t, want, s.line())
	}
}

// TestProgressIsToldInLinesWithoutATerminal: one every two seconds, and one at the end.
func TestProgressIsToldInLinesWithoutATerminal(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	now := clock.At(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	b := newBar(Options{Err: &out, Clock: now}, 900)
	b.set(10)
	require.Empty(t, out.String())
	now.Advance(linesEvery)
	b.left(follow.Progress{Behind: 3})
	b.set(200)
	b.set(250)
	require.Equal(t, "  200 of 900 orders in the ledger, 100 orders/s, 700 left, lag: 3 partitions behind, 0 accounts due, 0 chunks of facts to send\n", out.String())
	b.known(600)
	b.left(follow.Progress{})
	b.set(300)
	b.done()
	require.Contains(t, out.String(), "\n  900 of 900 orders in the ledger, 150 orders/s, 0 left, no lag\n")
}
