package town_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/town"
)

// TestThePlantedUpliftLiesInsideTheInterval: of 95 in a hundred towns it should.
func TestThePlantedUpliftLiesInsideTheInterval(t *testing.T) {
	const seeds = 100
	inside, works := 0, 0
	for seed := range uint64(seeds) {
		p := town.Of(seed, 600, 2)
		made := town.Make(p)
		purchases := make([]analytics.Purchase, len(made.Orders))
		for i, o := range made.Orders {
			purchases[i] = analytics.Purchase{Account: o.Account, Day: o.Day, Base: o.Amount}
		}
		planted := made.Planted(p)
		r, err := analytics.Effect(&analyticsv1.EffectParameters{
			Campaign: p.Campaign, Start: planted.Campaign.Start, HeldOutShare: planted.Campaign.HeldOutShare,
		}, p.CampaignFrom.AddDays(p.CampaignDays), purchases)
		require.NoError(t, err)
		require.Equal(t, planted.Campaign.Treated, r.GetTreated().GetCustomers())
		if r.GetTotalLowMinor() <= planted.Campaign.AddedMinor && planted.Campaign.AddedMinor <= r.GetTotalHighMinor() {
			inside++
		}
		if r.GetVerdict() == analyticsv1.EffectVerdict_EFFECT_VERDICT_WORKS {
			works++
		}
	}
	t.Logf("inside the interval in %d of %d towns, and found in %d", inside, seeds, works)
	require.GreaterOrEqual(t, inside, 90)
}
