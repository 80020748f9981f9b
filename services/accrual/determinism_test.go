package accrual_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
)

// everyRule is a programme in which much depends on time and on what came before.
const everyRule = `
programme: tea
zone: Europe/Berlin
currency: USD
unit: points
earning:
  points: 1
  per: 1.00
  pending_days: 9
  multipliers: {category: {books: 2}, tier: {silver: 5/4, gold: 3/2}}
  exclude: {category: [card]}
expiry: {rule: end_of_month, months: 1}
returns: {wait_days: 12}
ladder:
  window_months: 2
  tiers: [{name: bronze, from: 0}, {name: silver, from: 150.00}, {name: gold, from: 300.00}]
`

// TestTheSameHistoryGivesTheSameLedger plays one history through houses that work in other ways: what comes out is the
// same, to the hash where the log was the same, to the lot and the tier where only the order between accounts was not.
func TestTheSameHistoryGivesTheSameLedger(t *testing.T) {
	t.Parallel()
	const seed = 20260101
	told := makeUp(seed, 20, 300)
	play := func(t *testing.T, s size, played []happening) (*standing, *service) {
		t.Helper()
		h := open(t, events)
		h.apply(everyRule)
		h.publish(letters(played)...)
		h.pass("2027-01-01T00:00:00Z")
		made := h.run(s)
		made.drained()
		made.requireSound()
		return h, made
	}
	first, service := play(t, size{lanes: 1, batch: 512}, told)
	accounts, entries := first.documents("accounts"), first.documents("entries")
	require.Len(t, accounts, 20)
	audit := service.audit()
	points := audit.Figures.Points
	for name, n := range map[string]int64{
		"earned": int64(points.Earned), "reversed": int64(points.Reversed), "expired": int64(points.Expired), "refused": audit.Refused,
	} {
		require.Positive(t, n, "the history should have %s: %+v", name, points)
	}

	for name, s := range map[string]size{
		"one event at a time": {lanes: 1, batch: 1}, "four lanes": {lanes: 4, batch: 512}, "four lanes, few at a time": {lanes: 4, batch: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, _ := play(t, s, told)
			require.Equal(t, entries, h.documents("entries"), "hashes included")
			require.Equal(t, accounts, h.documents("accounts"))
			require.Equal(t, len(first.stored(bus.Dead)), len(h.stored(bus.Dead)))
		})
	}

	// Where in the log an event stood, and what its partition's clock said, is part of an entry and of its hash.
	accounts, entries = first.documents("accounts", "hash", "clock"), first.documents("entries", "hash", "sequence", "effective_at")
	for name, change := range map[string]func(*rand.Rand, []happening) []happening{
		"accounts in another order": interleave,
		"much of it several times":  repeat,
		"both": func(r *rand.Rand, events []happening) []happening {
			return repeat(r, interleave(r, events))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events := change(rand.New(rand.NewPCG(seed, 2)), told)
			h, _ := play(t, size{lanes: 2, batch: 64}, events)
			require.Equal(t, entries, h.documents("entries", "hash", "sequence", "effective_at"))
			require.Equal(t, accounts, h.documents("accounts", "hash", "clock"))
		})
	}
}
