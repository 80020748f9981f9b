package holdout_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/holdout"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

func share(t testing.TB, num, den int64) money.Ratio {
	t.Helper()
	r, err := money.NewRatio(num, den)
	require.NoError(t, err)
	return r
}

// TestTheSplitNeverChanges: a campaign that runs must not change sides in the midst of it.
func TestTheSplitNeverChanges(t *testing.T) {
	fifth, held, digest := share(t, 1, 5), 0, sha256.New()
	for i := range 10_000 {
		in := holdout.In("spring", fmt.Sprintf("%05d", i), fifth)
		if in {
			held++
		}
		_, _ = fmt.Fprintln(digest, in)
	}
	require.Equal(t, 1916, held)
	require.Equal(t, "53c784f2c85e6794b48067ad1d08efe2d3ee32fdf29b91f2820dfa1af942c4c0", hex.EncodeToString(digest.Sum(nil)))
}

func TestSplits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		campaign, account := rapid.String().Draw(t, "campaign"), rapid.String().Draw(t, "account")
		den := rapid.Int64Range(1, 1<<40).Draw(t, "den")
		num := rapid.Int64Range(0, den).Draw(t, "num")
		less := rapid.Int64Range(0, num).Draw(t, "less")
		ratio := func(num int64) money.Ratio {
			r, err := money.NewRatio(num, den)
			require.NoError(t, err)
			return r
		}
		if holdout.In(campaign, account, ratio(less)) {
			require.True(t, holdout.In(campaign, account, ratio(num)), "who is held out stays so at a greater share")
		}
		require.True(t, holdout.In(campaign, account, ratio(den)))
		require.False(t, holdout.In(campaign, account, ratio(0)))
	})
}

func TestTwoCampaignsHaveNothingToDoWithEachOther(t *testing.T) {
	half, both, one := share(t, 1, 2), 0, 0
	for i := range 10_000 {
		account := fmt.Sprint(i)
		a, b := holdout.In("a", account, half), holdout.In("b", account, half)
		if a && b {
			both++
		}
		if a {
			one++
		}
	}
	require.InDelta(t, 5000, one, 200)
	require.InDelta(t, 2500, both, 200)
}
