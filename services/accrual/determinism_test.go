package accrual_test

import (
	"math/rand/v2"
	"testing"
	"time"

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
	audit := service.audit()
	service.stop() // what follows waits for its turn
	require.EqualValues(t, 20, audit.Figures.Accounts)
	points := audit.Figures.Points
	for name, n := range map[string]int64{
		"points earned": int64(points.Earned), "points reversed": int64(points.Reversed),
		"points expired": int64(points.Expired), "events refused": audit.Refused,
	} {
		require.Positive(t, n, "the history should have %s: %+v", name, audit.Figures)
	}

	for name, s := range map[string]size{
		"one event at a time": {lanes: 4, batch: 1}, "four lanes": {lanes: 4, batch: 512}, "four lanes, few at a time": {lanes: 4, batch: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, _ := play(t, s, told)
			requireSame(t, first, h, "entries", "original")
			requireSame(t, first, h, "accounts")
			require.Len(t, h.stored(bus.Dead), len(first.stored(bus.Dead)))
		})
	}

	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	mixed := func(r *rand.Rand) []happening { return interleave(r, berlin, told) }
	for name, change := range map[string]func(*rand.Rand) []happening{
		"accounts in another order": mixed,
		"much of it several times":  func(r *rand.Rand) []happening { return repeat(r, told) },
		"both":                      func(r *rand.Rand) []happening { return repeat(r, mixed(r)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, _ := play(t, size{lanes: 2, batch: 64}, change(rand.New(rand.NewPCG(seed, 2))))
			// Where in the log an event stood, and what its partition's clock said, is part of an entry and of its hash.
			requireSame(t, first, h, "entries", "original", "hash", "sequence", "effective_at")
			requireSame(t, first, h, "accounts", "hash", "clock")
		})
	}
}

// requireSame wants two houses to hold the same documents, but for some fields. It names the first that differs.
func requireSame(t *testing.T, a, b *standing, collection string, without ...string) {
	t.Helper()
	want, got := a.documents(collection, without...), b.documents(collection, without...)
	for i := range min(len(want), len(got)) {
		require.Equal(t, want[i], got[i], "%s", want[i]["_id"])
	}
	require.Len(t, got, len(want), collection)
}
