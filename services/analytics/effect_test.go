package analytics_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/holdout"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// TestACampaignThatWorksIsFound: everybody buys what they always buy, and in March the treated 20.00 more.
func TestACampaignThatWorksIsFound(t *testing.T) {
	t.Parallel()
	h := open(t)
	share, err := money.ParseRatio("0.2")
	require.NoError(t, err)
	var told []bus.Outgoing
	var treated, held []string
	for i := range 200 {
		account, habit := fmt.Sprintf("m%03d", i), int64(1000+i*37%5000)
		more := int64(2000 + i*13%100)
		if holdout.In("spring", account, share) {
			held, more = append(held, account), int64(i*13%100)
		} else {
			treated = append(treated, account)
		}
		told = append(told, h.ledger.paid(account, account+"-1", date("2025-02-10"), habit), h.ledger.paid(account, account+"-2", date("2025-03-10"), habit+more))
	}
	h.tell(told...)
	s := h.run(size{})
	s.drained()
	ask := func(change func(*analyticsv1.EffectParameters)) *analyticsv1.EffectReport {
		t.Helper()
		in := &analyticsv1.EffectParameters{Campaign: "spring", Start: "2025-03-01", MarginShare: "1/2", CostMinor: 10_000}
		change(in)
		return s.ask(&analyticsv1.GetReportRequest{Program: "tea", Name: "effect", Parameters: &analyticsv1.GetReportRequest_Effect{Effect: in}}).GetEffect()
	}
	r := ask(func(*analyticsv1.EffectParameters) {})
	require.Equal(t, analyticsv1.EffectVerdict_EFFECT_VERDICT_WORKS, r.GetVerdict())
	require.Empty(t, r.GetWarnings())
	require.EqualValues(t, len(treated), r.GetTreated().GetCustomers())
	require.EqualValues(t, len(held), r.GetHeldOut().GetCustomers())
	require.Regexp(t, `^(99\d|10\d\d)\.\d\d$`, r.GetAdjusted().GetPerCustomer(), "half of 20.00 is margin")
	require.Greater(t, len(r.GetPlain().GetError()), len(r.GetAdjusted().GetError()), "the days before tell most")
	require.InDelta(t, 1000*len(treated)-10_000, r.GetNetMinor(), 2000)

	lists := ask(func(in *analyticsv1.EffectParameters) { in.TreatedAccounts, in.HeldOutAccounts = treated, held })
	lists.Campaign = r.GetCampaign()
	require.True(t, proto.Equal(r, lists), "by lists it is the same")

	leak := ask(func(in *analyticsv1.EffectParameters) { in.TreatedAccounts = slices.Concat(treated, held[:5]) })
	require.Equal(t, analyticsv1.EffectVerdict_EFFECT_VERDICT_REFUSED, leak.GetVerdict())
	require.EqualValues(t, 5, leak.GetLeaked())
	require.Nil(t, leak.GetAdjusted())

	_, err = s.grpc.GetReport(t.Context(), &analyticsv1.GetReportRequest{Program: "tea", Name: "effect", Parameters: &analyticsv1.GetReportRequest_Effect{
		Effect: &analyticsv1.EffectParameters{Campaign: "spring", Start: "2026-03-01"},
	}})
	requireRefused(t, err, reason.InvalidArgument, "effect.start", "")
	none := s.report("effect", "").GetEffect()
	require.Equal(t, "none", none.GetCampaign())
	require.Equal(t, analyticsv1.EffectVerdict_EFFECT_VERDICT_TOO_FEW, none.GetVerdict(), "nobody had bought 30 days before the end")
}
