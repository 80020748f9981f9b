package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// TestOnePoisonousMessageIsFound plays processes that die whenever they compute the poisonous message: it alone is
// given up, all others are applied, in order.
func TestOnePoisonousMessageIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		messages := uint64(rapid.IntRange(1, 200).Draw(t, "messages"))       //nolint:gosec // small
		poison := uint64(rapid.IntRange(1, int(messages)).Draw(t, "poison")) //nolint:gosec // small
		batch := rapid.IntRange(1, 64).Draw(t, "batch")
		var (
			kept    *store.Attempt // what stands in the partition document
			mark    uint64
			refused []uint64
			deaths  int
		)
		for mark < messages {
			attempt, tried := kept.Found(), false
			for mark < messages {
				size := batch
				if attempt.IsSuspect() {
					size = min(size, attempt.Limit)
				}
				last := min(mark+uint64(size), messages) //nolint:gosec // small
				if !tried || attempt.IsSuspect() {
					attempt = attempt.Begin(mark+1, last, int(last-mark)) //nolint:gosec // small
					kept = attempt
				}
				if attempt.Poisoned(mark + 1) {
					refused = append(refused, mark+1)
				} else if mark < poison && poison <= last {
					deaths++
					break
				}
				mark, tried = last, true
				attempt = attempt.Passed(mark)
				kept = attempt
			}
			require.Less(t, deaths, 200, "it never ends")
		}
		require.Equal(t, []uint64{poison}, refused)
	})
}

func TestADeathOutsideComputingDoesNotCount(t *testing.T) {
	var none *store.Attempt
	done := none.Begin(7, 9, 3).End()
	require.False(t, done.Found().IsSuspect())
	require.True(t, none.Begin(7, 9, 3).Found().IsSuspect())
}
