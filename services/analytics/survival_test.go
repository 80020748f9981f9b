package analytics_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// trial tells of 42 customers the weeks until the second purchase as days: those of Freireich and others 1963, who had 6-MP or a
// placebo. They are observed to 2025-04-10.
func (l *ledger) trial() []bus.Outgoing {
	end := date("2025-04-10")
	var told []bus.Outgoing
	buy := func(channel string, days int, again bool) {
		account := fmt.Sprintf("%s%02d", channel, len(l.seqs))
		line := &accrualv1.StandingLine{Sku: "pot", Category: channel + "-tea", BaseMinor: 100}
		first := end.AddDays(-days)
		if again {
			first = end.AddDays(-60)
			told = append(told, l.detailed(account, account+"a", channel, first, line), l.detailed(account, account+"b", "app", first.AddDays(days), line))
			return
		}
		told = append(told, l.detailed(account, account+"a", channel, first, line))
	}
	for _, days := range []int{6, 6, 6, 7, 10, 13, 16, 22, 23} {
		buy("mercapto", days, true)
	}
	for _, days := range []int{6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35} {
		buy("mercapto", days, false)
	}
	for _, days := range []int{1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23} {
		buy("placebo", days, true)
	}
	return told
}

// TestF11SurvivalByGroup: the textbook's curves, intervals and log-rank test come out of facts, over gRPC, by whatever tells the
// two groups apart; and groups have drawings of their own.
func TestF11SurvivalByGroup(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.tell(h.ledger.trial()...)
	s := h.run(size{})
	s.drained()
	ask := func(by string) *analyticsv1.GetReportRequest {
		return &analyticsv1.GetReportRequest{Program: "tea", Name: "survival", AsOf: "2025-04-11", Plots: true,
			Parameters: &analyticsv1.GetReportRequest_Survival{Survival: &analyticsv1.SurvivalParameters{By: by}}}
	}
	for by, names := range map[string][2]string{"channel": {"mercapto", "placebo"}, "category": {"mercapto-tea", "placebo-tea"}} {
		answer, err := s.grpc.GetReport(t.Context(), ask(by))
		require.NoError(t, err)
		r := answer.GetReport().GetSurvival()
		require.Equal(t, by, r.GetBy())
		require.Len(t, r.GetGroups(), 2)
		for i, name := range names {
			require.Equal(t, name, r.GetGroups()[i].GetName())
			require.EqualValues(t, 21, r.GetGroups()[i].GetFirstRepeat().GetCustomers())
		}
		six := r.GetGroups()[0].GetFirstRepeat().GetSteps()[0]
		require.EqualValues(t, 6, six.GetDay())
		requireNear(t, 0.857143, six.GetSurvival(), 1e-6)
		requireNear(t, 0.0764, six.GetError(), 1e-3)
		requireNear(t, 0.6197, six.GetLow(), 1e-4)
		requireNear(t, 0.9516, six.GetHigh(), 1e-4)
		requireNear(t, 19.25, r.GetGroups()[0].GetFirstRepeatExpected(), 1e-3)
		requireNear(t, 16.79, r.GetFirstRepeatTest().GetChiSquare(), 1e-3)
		requireNear(t, 4.17e-5, r.GetFirstRepeatTest().GetP(), 1e-3)
		require.EqualValues(t, 1, r.GetFirstRepeatTest().GetDegrees())
		require.Empty(t, r.GetLossTest().GetP(), "nobody is lost")
		require.Len(t, answer.GetPlots(), 3)
		require.Contains(t, answer.GetPlots()[1].GetSvg(), names[0]+" (9 of 21)")
		require.Contains(t, answer.GetPlots()[1].GetSvg(), "p = 4.1")
	}
	for by, name := range map[string]string{"tier": "(none)", "merchant": "shop"} {
		r := s.ask(ask(by)).GetSurvival()
		require.Len(t, r.GetGroups(), 1)
		require.Equal(t, name, r.GetGroups()[0].GetName())
		require.Empty(t, r.GetFirstRepeatTest().GetP())
	}
	require.Len(t, s.ask(ask("class")).GetSurvival().GetGroups(), 3)
	require.Len(t, s.ask(ask("cohort")).GetSurvival().GetGroups(), 3, "February, March, April")
	require.Empty(t, s.ask(ask("")).GetSurvival().GetGroups())
	_, err := s.grpc.GetReport(t.Context(), ask("shoe size"))
	requireRefused(t, err, reason.InvalidArgument, "survival.by", "cohort")
}
