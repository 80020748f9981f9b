package ladder_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
)

// A year of daily orders, as a large account has them.
func busy(t testing.TB) (ladder.State, calendar.Day) {
	t.Helper()
	state, now := ladder.State{Tier: "gold"}, day(t, "2025-01-01")
	for range 400 {
		now++
		state = cdnow.Count(state, now, now, 2_00)
	}
	return state, now
}

func TestCountAllocatesOnceAndReachNever(t *testing.T) {
	state, now := busy(t)
	require.Len(t, state.Days, 365)
	require.Zero(t, cap(state.Days)-len(state.Days), "no room is kept that nobody uses")
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { cdnow.Count(state, now, now, 1_00) }), 1.0)
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { cdnow.Count(state, now, now, 0) }), 0.0)
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { cdnow.Reach(state, now) }), 0.0)
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { cdnow.NextReview(state, now) }), 0.0)
}

func BenchmarkOrderOfABusyAccount(b *testing.B) {
	state, now := busy(b)
	benchmarkOrder(b, state, now)
}

func BenchmarkOrderOfAnOrdinaryAccount(b *testing.B) {
	state, now := busy(b)
	state.Days = slices.Clone(state.Days[len(state.Days)-3:])
	benchmarkOrder(b, state, now)
}

func benchmarkOrder(b *testing.B, state ladder.State, now calendar.Day) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		next, _, _ := cdnow.Reach(cdnow.Count(state, now, now, 5_00), now)
		cdnow.NextReview(next, now)
	}
}
