package alias_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/member/internal/domain/alias"
)

// TestWhateverHappensACardHasOneOwner: after any links, blocks and replacements a card belongs to whom it was linked first,
// what is blocked stays so with its cause and time, and who replaced whom is told once.
func TestWhateverHappensACardHasOneOwner(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cards, had := map[string]alias.Alias{}, map[string]int{}
		number, who := rapid.SampledFrom([]string{"1", "2", "3", "4"}), rapid.SampledFrom([]string{"ann", "bob"})
		at := day
		for range rapid.IntRange(1, 60).Draw(t, "commands") {
			at = at.Add(time.Minute)
			value, other := number.Draw(t, "card"), number.Draw(t, "other")
			cause := alias.Cause(rapid.IntRange(0, 5).Draw(t, "cause")) //nolint:gosec // small
			before := cards[value]
			switch rapid.IntRange(0, 2).Draw(t, "command") {
			case 0:
				l := alias.Linking{Member: who.Draw(t, "member"), At: at}
				l.Has = had[l.Member]
				if linked, fresh, err := alias.Link(card(value), before, l); err == nil {
					cards[value] = linked
					had[l.Member] += map[bool]int{true: 1}[fresh]
				}
			case 1:
				if blocked, err := before.Block(cause, at); err == nil && before.State() != alias.StateUnset {
					cards[value] = blocked
				}
			default:
				if before.State() == alias.StateUnset {
					continue
				}
				old, next, err := before.Replace(card(other), cards[other], cause, alias.Linking{Has: had[before.Member], At: at})
				if err == nil {
					cards[value], cards[other] = old, next
					had[before.Member]++
				}
			}
			requireKept(t, before, cards[value])
		}
		requireCounted(t, cards, had)
	})
}

// requireKept wants what a card was to hold of what it became.
func requireKept(t *rapid.T, before, after alias.Alias) {
	if before.State() == alias.StateUnset {
		return
	}
	require.Equal(t, before.Member, after.Member)
	require.Equal(t, before.LinkedAt, after.LinkedAt)
	if before.State() == alias.Blocked {
		require.Equal(t, before.Cause, after.Cause)
		require.Equal(t, before.BlockedAt, after.BlockedAt)
	}
	if before.ReplacedBy != "" {
		require.Equal(t, before.ReplacedBy, after.ReplacedBy)
	}
}

func requireCounted(t *rapid.T, cards map[string]alias.Alias, had map[string]int) {
	counted, successors := map[string]int{}, map[string]int{}
	for _, a := range cards {
		counted[a.Member]++
		if a.ReplacedBy != "" {
			successors[a.ReplacedBy]++
			require.Equal(t, alias.Blocked, a.State())
			require.Equal(t, a.Member, cards[a.ReplacedBy].Member, "a card is replaced by one of the same member")
		}
	}
	for member, n := range counted {
		require.Equal(t, had[member], n)
	}
	for value, n := range successors {
		require.Equal(t, 1, n, "card %s took the place of one", value)
	}
}
