package town_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/laurel/internal/town"
)

func small(seed uint64) town.Params {
	return town.Of(seed, 300, 2)
}

// TestTheSameSeedMakesTheSameTown: the digest changes only when the generator does, and then the figures of the docs do too.
func TestTheSameSeedMakesTheSameTown(t *testing.T) {
	var orders, again bytes.Buffer
	require.NoError(t, town.Make(small(7)).WriteOrders(&orders))
	require.NoError(t, town.Make(small(7)).WriteOrders(&again))
	require.Equal(t, orders.String(), again.String())
	sum := sha256.Sum256(orders.Bytes())
	require.Equal(t, "00d3271dfb48c9989d7383f35476cc9d8205c232d57ccf08916c22ca93a99ddb", hex.EncodeToString(sum[:]))
	again.Reset()
	require.NoError(t, town.Make(small(8)).WriteOrders(&again))
	require.NotEqual(t, orders.String(), again.String())
}

// TestWhoIsAddedChangesNobodyElse: a town of more members holds the smaller one.
func TestWhoIsAddedChangesNobodyElse(t *testing.T) {
	p := small(7)
	few := town.Make(p)
	p.Members++
	var rest []town.Order
	for _, o := range town.Make(p).Orders {
		if o.Account != "town-000301" {
			rest = append(rest, o)
		}
	}
	require.Equal(t, few.Orders, rest)
}

func TestTheTruthIsThatOfTheOrders(t *testing.T) {
	p := small(7)
	made := town.Make(p)
	accounts, revenue := map[string]bool{}, int64(0)
	for i, o := range made.Orders {
		accounts[o.Account], revenue = true, revenue+int64(o.Amount)
		require.Positive(t, o.Amount)
		require.GreaterOrEqual(t, o.Day, p.Start)
		require.Less(t, o.Day, p.End())
		if i > 0 {
			require.GreaterOrEqual(t, o.Day, made.Orders[i-1].Day)
		}
	}
	truth := made.Planted(p)
	require.Len(t, accounts, p.Members)
	require.EqualValues(t, len(accounts), truth.Customers)
	require.EqualValues(t, len(made.Orders), truth.Orders)
	require.Equal(t, revenue, truth.RevenueMinor)

	p.Uplift = p.HeldOut // another uplift: the same lives
	other := town.Make(p)
	require.Len(t, other.Orders, len(made.Orders))
	require.Equal(t, int64(other.Truth.Revenue)-int64(made.Truth.Revenue), int64(other.Truth.Effect.Added)-int64(made.Truth.Effect.Added))
}

// TestThePlantedLivesComeOut compares what the parameters say of many with what these many did: within four standard errors.
func TestThePlantedLivesComeOut(t *testing.T) {
	p := town.Of(7, 4000, 1)
	p.StopA, p.StopB = 1e-9, 1 // nobody stops
	made := town.Make(p)
	days := 365.0 - 90 // on average, since the first order
	repeats := float64(len(made.Orders)-p.Members) / float64(p.Members)
	require.InDelta(t, p.RateMean*days/365, repeats, 0.7)
	require.InDelta(t, p.SpendMean, float64(made.Truth.Revenue-made.Truth.Effect.Added)/float64(len(made.Orders)), 150)

	made = town.Make(town.Of(7, 4000, 10)) // some hardly ever stop
	require.Less(t, float64(made.Truth.Alive)/4000, 0.35)
	require.Greater(t, float64(made.Truth.Alive)/4000, 0.02)
}

func TestTownsThatAreRefused(t *testing.T) {
	require.NoError(t, town.Of(7, 1, 1).Check())
	require.ErrorContains(t, town.Of(7, 0, 1).Check(), "0 members; write 1 to 1000000")
	require.ErrorContains(t, town.Of(7, 1, town.YearsMax+1).Check(), "21 years")
}

func TestTheTruthIsWrittenDown(t *testing.T) {
	p := small(7)
	var out strings.Builder
	require.NoError(t, town.Make(p).WriteTruth(&out, p))
	for _, line := range []string{`"seed": 7`, `"as_of": "2025-12-31"`, `"name": "spring"`, `"start": "2025-02-04"`, `"held_out_share": "1/5"`} {
		require.Contains(t, out.String(), line)
	}
}
