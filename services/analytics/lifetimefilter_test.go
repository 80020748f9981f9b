package analytics_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// twoChannels is a copy of customers who come back: even ones buy tea on the web and cups at the till, odd ones at the till alone;
// those below ten stand at gold, the others at silver.
func twoChannels(t *testing.T) *service {
	t.Helper()
	h := open(t)
	for i := range 24 {
		account := fmt.Sprintf("m%02d", i)
		for k := range 2 + i%5 {
			channel, category := "till", "cups"
			if i%2 == 0 && k%2 == 0 {
				channel, category = "web", "tea"
			}
			day := date("2024-02-01").AddDays(40*k + 7*i)
			h.tell(h.ledger.detailed(account, fmt.Sprint(account, k), channel, day, line(category, int64(1000+100*i+10*k))))
		}
		tier := "silver"
		if i < 10 {
			tier = "gold"
		}
		h.tell(h.ledger.rises(account, tier, date("2024-12-01")))
	}
	s := h.run(size{})
	s.drained()
	s.fit(&analyticsv1.FitModelRequest{IdempotencyKey: "1", HoldoutDays: 60, Prior: true})
	return s
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err)
	return v
}

// TestLifetimesOfAFilter: what was spent is of the orders that the filter leaves, the forecast of the customers who have one of
// them, with all that they buy; parts that share nobody add up to the whole.
func TestLifetimesOfAFilter(t *testing.T) {
	t.Parallel()
	s := twoChannels(t)
	const asOf = "2025-01-01"
	of := func(f *analyticsv1.ReportFilter) *analyticsv1.LifetimeReport {
		r := s.ask(&analyticsv1.GetReportRequest{Program: "tea", Name: "lifetime", AsOf: asOf, Filter: f})
		requireFinite(t, r)
		return r.GetLifetime()
	}
	all, gold, silver := of(nil), of(&analyticsv1.ReportFilter{Tier: "gold"}), of(&analyticsv1.ReportFilter{Tier: "silver"})
	require.EqualValues(t, 10, gold.GetHistoric().GetCustomers())
	require.Equal(t, all.GetHistoric().GetSumMinor(), gold.GetHistoric().GetSumMinor()+silver.GetHistoric().GetSumMinor())
	require.Equal(t, all.GetSimple().GetActive(), gold.GetSimple().GetActive()+silver.GetSimple().GetActive())
	for _, figure := range []func(*analyticsv1.ModelValue) string{
		(*analyticsv1.ModelValue).GetAlive, (*analyticsv1.ModelValue).GetPurchases, (*analyticsv1.ModelValue).GetResidualSum,
	} {
		require.InDelta(t, number(t, figure(all.GetModel())), number(t, figure(gold.GetModel()))+number(t, figure(silver.GetModel())), 1e-6)
	}
	require.Contains(t, gold.GetNotes()[len(gold.GetNotes())-1], "With a filter")
	require.NotContains(t, fmt.Sprint(all.GetNotes()), "With a filter")

	shop := of(&analyticsv1.ReportFilter{Merchant: "shop"})
	shop.Notes = all.GetNotes()
	require.True(t, proto.Equal(all, shop), "a filter that leaves everything changes nothing")

	spent := int64(0)
	for i := 0; i < 24; i += 2 {
		for k := 0; k < 2+i%5; k += 2 {
			spent += int64(1000 + 100*i + 10*k)
		}
	}
	lifetimes, err := s.models.ListLifetimes(t.Context(), &analyticsv1.ListLifetimesRequest{Program: "tea", AsOf: asOf})
	require.NoError(t, err)
	alive, purchases := 0.0, 0.0
	require.Len(t, lifetimes.GetLifetimes(), 24)
	for i, c := range lifetimes.GetLifetimes() {
		if i%2 == 0 {
			alive, purchases = alive+number(t, c.GetAlive()), purchases+number(t, c.GetPurchases())
		}
	}
	for name, f := range map[string]*analyticsv1.ReportFilter{"channel": {Channel: "web"}, "category": {Category: "tea"}} {
		web := of(f)
		require.EqualValues(t, 12, web.GetHistoric().GetCustomers(), name)
		require.Equal(t, spent, web.GetHistoric().GetSumMinor(), name)
		require.Equal(t, spent, web.GetSimple().GetSpentMinor(), name)
		require.InDelta(t, alive, number(t, web.GetModel().GetAlive()), 1e-6, "%s: by all that they buy", name)
		require.InDelta(t, purchases, number(t, web.GetModel().GetPurchases()), 1e-6, name)
	}
	nobody := of(&analyticsv1.ReportFilter{Channel: "phone"})
	require.Zero(t, nobody.GetHistoric().GetCustomers())
	require.Empty(t, nobody.GetHistoric().GetMean())

	segments := int64(0)
	for _, g := range s.report("rfm", asOf).GetRfm().GetSegments() {
		segments += of(&analyticsv1.ReportFilter{Segment: g.GetName()}).GetHistoric().GetSumMinor()
	}
	require.Equal(t, all.GetHistoric().GetSumMinor(), segments)
}

// TestChurnEffectOfAFilter: retention is measured among the orders that the filter leaves.
func TestChurnEffectOfAFilter(t *testing.T) {
	t.Parallel()
	s := twoChannels(t)
	of := func(f *analyticsv1.ReportFilter) *analyticsv1.SimpleValue {
		return s.ask(&analyticsv1.GetReportRequest{
			Program: "tea", Name: "churn-effect", AsOf: "2024-09-01", Filter: f,
			Parameters: &analyticsv1.GetReportRequest_ChurnEffect{ChurnEffect: &analyticsv1.ChurnEffectParameters{PeriodDays: 90}},
		}).GetChurnEffect().GetMeasured()
	}
	// The last 90 days begin on 2024-06-03, those before on 2024-03-05.
	want := func(web bool) (before, kept, active int64) { //nolint:nonamedreturns // which is which
		for i := range 24 {
			now, then := false, false
			for k := range 2 + i%5 {
				day := date("2024-02-01").AddDays(40*k + 7*i)
				if web && (i%2 != 0 || k%2 != 0) || day >= date("2024-09-01") {
					continue
				}
				now = now || day >= date("2024-06-03")
				then = then || day >= date("2024-03-05") && day < date("2024-06-03")
			}
			for _, c := range []struct {
				is   bool
				into *int64
			}{{then, &before}, {now && then, &kept}, {now, &active}} {
				if c.is {
					*c.into++
				}
			}
		}
		return before, kept, active
	}
	for _, c := range []struct {
		web    bool
		filter *analyticsv1.ReportFilter
	}{{false, nil}, {true, &analyticsv1.ReportFilter{Channel: "web"}}} {
		before, kept, active := want(c.web)
		require.Positive(t, kept)
		found := of(c.filter)
		require.Equal(t, []int64{before, kept, active}, []int64{found.GetBefore(), found.GetKept(), found.GetActive()})
	}
	gold := of(&analyticsv1.ReportFilter{Tier: "gold"})
	require.Zero(t, gold.GetBefore(), "the tier is the one held on that day")
}
