package catalogue_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/catalogue"
)

func noon(day int) time.Time { return time.Date(2026, 6, day, 12, 0, 0, 0, time.UTC) }

func midnight(day int) time.Time { return time.Date(2026, 6, day, 0, 0, 0, 0, time.UTC) }

// pot is a gift for 100 points, 80 at gold.
func pot() catalogue.Terms {
	return catalogue.Terms{
		Kind: catalogue.Gift, Name: "a pot", Points: 100, TierPrices: []catalogue.TierPrice{{Tier: "gold", Points: 80}}, Redeemer: "operator",
	}
}

// asker has 100 points at noon of the 15th, with one pot left.
func asker() catalogue.Asker {
	return catalogue.Asker{Tier: "bronze", Active: 100, Stock: catalogue.Stock{PutIn: 3, Left: 1}, At: noon(15)}
}

func TestWhatStandsInTheWay(t *testing.T) {
	for name, c := range map[string]struct {
		terms     func(*catalogue.Terms)
		asker     func(*catalogue.Asker)
		withdrawn bool
		want      []string
		metadata  map[string]string
	}{
		"nothing": {},
		"points, by one": {
			asker: func(a *catalogue.Asker) { a.Active = 99 },
			want:  []string{"INSUFFICIENT_POINTS (account): 1 point short"}, metadata: map[string]string{"asked": "100", "active": "99", "short": "1"},
		},
		"points at the price of another tier": {asker: func(a *catalogue.Asker) { a.Active, a.Tier = 80, "gold" }},
		"a point less at that tier": {
			asker: func(a *catalogue.Asker) { a.Active, a.Tier = 79, "gold" },
			want:  []string{"INSUFFICIENT_POINTS (account): 1 point short"}, metadata: map[string]string{"asked": "80", "active": "79", "short": "1"},
		},
		"nothing left": {
			asker: func(a *catalogue.Asker) { a.Stock.Left = 0 },
			want:  []string{"SOLD_OUT (reward): sold out"}, metadata: map[string]string{"left": "0"},
		},
		"nothing left of what does not run out": {
			terms: func(t *catalogue.Terms) { t.Unlimited = true }, asker: func(a *catalogue.Asker) { a.Stock = catalogue.Stock{} },
		},
		"another tier": {
			terms: func(t *catalogue.Terms) { t.Tiers = []string{"silver", "gold"} },
			want:  []string{"TIER_NOT_ELIGIBLE (account): silver, gold only"}, metadata: map[string]string{"tiers": "silver,gold", "tier": "bronze"},
		},
		"another segment": {
			terms: func(t *catalogue.Terms) { t.Segments = []string{"slipping", "new"} }, asker: func(a *catalogue.Asker) { a.Segments = []string{"kept"} },
			want: []string{"SEGMENT_NOT_ELIGIBLE (account): for slipping, new only"}, metadata: map[string]string{"segments": "slipping,new"},
		},
		"one of the segments": {
			terms: func(t *catalogue.Terms) { t.Segments = []string{"slipping", "new"} }, asker: func(a *catalogue.Asker) { a.Segments = []string{"kept", "new"} },
		},
		"the time before": {
			terms: func(t *catalogue.Terms) { t.From = noon(15).Add(time.Millisecond) },
			want:  []string{"REWARD_NOT_YET_VALID (reward): not yet: from 2026-06-15T12:00:00.001Z"}, metadata: map[string]string{"valid_from": "2026-06-15T12:00:00.001Z"},
		},
		"the first moment": {terms: func(t *catalogue.Terms) { t.From, t.Until = noon(15), noon(16) }},
		"the end": {
			terms: func(t *catalogue.Terms) { t.Until = noon(15) }, want: []string{"REWARD_NO_LONGER_VALID (reward): no longer: until 2026-06-15T12:00:00Z"},
			metadata: map[string]string{"valid_until": "2026-06-15T12:00:00Z"},
		},
		"the last moment": {terms: func(t *catalogue.Terms) { t.Until = noon(15).Add(time.Millisecond) }},
		"had it once": {
			terms: func(t *catalogue.Terms) { t.Limit.InAll = 1 }, asker: func(a *catalogue.Asker) { a.Had = []time.Time{noon(1)} },
			want: []string{"REWARD_LIMIT_REACHED (account): limit of 1 per member reached"}, metadata: map[string]string{"limit": "1", "had": "1"},
		},
		"had it once of twice": {
			terms: func(t *catalogue.Terms) { t.Limit.InAll = 2 }, asker: func(a *catalogue.Asker) { a.Had = []time.Time{noon(1)} },
		},
		"had it twice within the week": {
			terms:    func(t *catalogue.Terms) { t.Limit = catalogue.Limit{PerPeriod: 2, PeriodDays: 7} },
			asker:    func(a *catalogue.Asker) { a.Had = []time.Time{noon(14), midnight(1), midnight(9)} },
			want:     []string{"REWARD_LIMIT_REACHED (account): limit of 2 per member in 7 days reached; again from 2026-06-16"},
			metadata: map[string]string{"limit": "2", "period_days": "7", "had": "2", "again_from": "2026-06-16T00:00:00Z"},
		},
		"a week ago to the millisecond": {
			terms: func(t *catalogue.Terms) { t.Limit = catalogue.Limit{PerPeriod: 1, PeriodDays: 7} },
			asker: func(a *catalogue.Asker) { a.Had = []time.Time{noon(8)} },
		},
		"a millisecond less": {
			terms:    func(t *catalogue.Terms) { t.Limit = catalogue.Limit{PerPeriod: 1, PeriodDays: 1} },
			asker:    func(a *catalogue.Asker) { a.Had = []time.Time{noon(14).Add(time.Millisecond)} },
			want:     []string{"REWARD_LIMIT_REACHED (account): limit of 1 per member in 1 day reached; again from 2026-06-15T12:00:00.001Z"},
			metadata: map[string]string{"limit": "1", "period_days": "1", "had": "1", "again_from": "2026-06-15T12:00:00.001Z"},
		},
		"everything, what can be done least about first": {
			withdrawn: true,
			terms: func(t *catalogue.Terms) {
				t.From, t.Tiers, t.Limit.InAll = midnight(20), []string{"gold"}, 1
			},
			asker: func(a *catalogue.Asker) { a.Had, a.Stock.Left, a.Active = []time.Time{noon(1)}, 0, 0 },
			want: []string{
				"REWARD_WITHDRAWN (reward): withdrawn", "REWARD_NOT_YET_VALID (reward): not yet: from 2026-06-20", "TIER_NOT_ELIGIBLE (account): gold only",
				"REWARD_LIMIT_REACHED (account): limit of 1 per member reached", "SOLD_OUT (reward): sold out", "INSUFFICIENT_POINTS (account): 100 points short",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			terms, who := pot(), asker()
			if c.terms != nil {
				c.terms(&terms)
			}
			if c.asker != nil {
				c.asker(&who)
			}
			var got []string
			why := catalogue.Reward{ID: "pot", Version: 1, Terms: terms, Withdrawn: c.withdrawn}.WhyNot(who)
			for _, refusal := range why {
				got = append(got, refusal.Error())
			}
			require.Equal(t, c.want, got)
			if c.metadata != nil {
				require.Equal(t, c.metadata, why[0].Metadata)
			}
		})
	}
}

func TestWhatMayHaveChangedSinceIsLookedAtAgain(t *testing.T) {
	reward := catalogue.Reward{ID: "pot", Version: 1, Terms: pot()}
	reward.Terms.Limit.InAll = 1
	poor := catalogue.Asker{At: noon(15)} // points, stock and tier are others' to say then
	require.Nil(t, reward.Gone(poor))
	poor.Had = []time.Time{noon(1)}
	require.ErrorIs(t, reward.Gone(poor), reason.RewardLimitReached)
	reward.Withdrawn = true
	require.ErrorIs(t, reward.Gone(poor), reason.RewardWithdrawn)
}

func TestOtherTermsAreTheNextVersion(t *testing.T) {
	first, changed, err := catalogue.Reward{}.Put("pot", pot(), noon(1))
	require.NoError(t, err)
	require.True(t, changed)
	require.Equal(t, catalogue.Reward{ID: "pot", Version: 1, Terms: pot(), PutAt: noon(1)}, first)
	same, changed, err := first.Put("pot", pot(), noon(2))
	require.NoError(t, err)
	require.False(t, changed)
	require.Equal(t, first, same)

	for name, change := range map[string]func(*catalogue.Terms){
		"name":        func(t *catalogue.Terms) { t.Name = "a jug" },
		"description": func(t *catalogue.Terms) { t.Description = "blue" },
		"points":      func(t *catalogue.Terms) { t.Points++ },
		"price":       func(t *catalogue.Terms) { t.TierPrices = nil },
		"tiers":       func(t *catalogue.Terms) { t.Tiers = []string{"gold"} },
		"unlimited":   func(t *catalogue.Terms) { t.Unlimited = true },
		"limit":       func(t *catalogue.Terms) { t.Limit.InAll = 1 },
		"from":        func(t *catalogue.Terms) { t.From = noon(1) },
		"until":       func(t *catalogue.Terms) { t.Until = noon(1) },
		"cancel days": func(t *catalogue.Terms) { t.CancelDays = 1 },
		"redeemer":    func(t *catalogue.Terms) { t.Redeemer = "books" },
	} {
		terms := pot()
		change(&terms)
		next, changed, err := first.Put("pot", terms, noon(3))
		require.NoError(t, err, name)
		require.True(t, changed, name)
		require.Equal(t, catalogue.Reward{ID: "pot", Version: 2, Terms: terms, PutAt: noon(3)}, next, name)
	}
	first.Withdrawn = true
	back, changed, err := first.Put("pot", pot(), noon(4))
	require.NoError(t, err)
	require.True(t, changed, "it is on offer again")
	require.Equal(t, 1, back.Version)
	require.False(t, back.Withdrawn)
	terms := pot()
	terms.Kind = catalogue.Privilege
	_, _, err = first.Put("pot", terms, noon(5))
	require.ErrorIs(t, err, reason.InvalidArgument)
	require.ErrorContains(t, err, "pot is a gift and stays one")
}

func TestTermsThatContradictThemselvesAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*catalogue.Terms)
		field  string
	}{
		"a voucher without end": {func(t *catalogue.Terms) { t.Kind, t.Unlimited = catalogue.Voucher, true }, "terms.unlimited"},
		"an end at the begin":   {func(t *catalogue.Terms) { t.From, t.Until = noon(1), noon(1) }, "terms.valid_until"},
		"two prices at a tier":  {func(t *catalogue.Terms) { t.TierPrices = append(t.TierPrices, t.TierPrices[0]) }, "terms.tier_prices"},
	} {
		terms := pot()
		c.change(&terms)
		refusal, ok := reason.Of(terms.Check())
		require.True(t, ok, name)
		require.Equal(t, c.field, refusal.Field, name)
	}
}

func TestStockIsNeverLessThanNothing(t *testing.T) {
	stock, err := catalogue.Stock{PutIn: 5, Left: 3}.Add(-3)
	require.NoError(t, err)
	require.Equal(t, catalogue.Stock{PutIn: 2}, stock)
	_, err = stock.Add(-1)
	require.ErrorIs(t, err, reason.SoldOut)
	stock, err = stock.Add(7)
	require.NoError(t, err)
	require.Equal(t, catalogue.Stock{PutIn: 9, Left: 7}, stock)
}

func TestWordsOfKindsAreReadBack(t *testing.T) {
	for _, k := range []catalogue.Kind{catalogue.Gift, catalogue.Voucher, catalogue.Privilege} {
		require.Equal(t, k, catalogue.ParseKind(k.String()))
	}
	require.Equal(t, catalogue.KindUnset, catalogue.ParseKind("ghost"))
	require.Equal(t, money.Points(100), pot().Price(""))
}
