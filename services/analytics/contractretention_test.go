package analytics_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
)

// TestAClubsContractsAreForetold: a thousand members of whom so many are left after each of seven years, the regular segment of
// Fader & Hardie 2007, through the whole service: what was counted, the paper's parameters, and what is still to come.
func TestAClubsContractsAreForetold(t *testing.T) {
	t.Parallel()
	h := open(t)
	l := newLedger("club")
	signed := date("2015-03-01")
	var told []bus.Outgoing
	member := func(years int) {
		account := fmt.Sprintf("m%04d", len(l.seqs))
		told = append(told, l.said(account, "contract", signed, `{"contract":"signed"}`))
		if years > 0 {
			told = append(told, l.said(account, "contract", signed.AddMonths(12*years), `{"contract":"ended","voluntary":true}`))
		}
	}
	before := 1000
	for year, left := range []int{631, 468, 382, 326, 289, 262, 241} {
		for range before - left {
			member(year + 1)
		}
		before = left
	}
	for range before {
		member(0)
	}
	told = append(told, l.said("stranger", "contract", date("2020-01-01"), `{"contract":"renewed"}`),
		l.said("dealer", "trade", signed, `{"contract":"signed"}`))
	h.tell(told...)
	s := h.run(size{})
	s.drained()

	got := s.ask(&analyticsv1.GetReportRequest{Program: "club", Name: "contract-retention", AsOf: "2022-03-02",
		Parameters: &analyticsv1.GetReportRequest_ContractRetention{ContractRetention: &analyticsv1.ContractRetentionParameters{Type: "contract"}},
	}).GetContractRetention()
	require.Empty(t, got.GetWithout())
	require.Equal(t, []int64{1000, 241, 759, 1}, []int64{got.GetContracts(), got.GetCurrent(), got.GetEnded(), got.GetUnsigned()})
	require.InDelta(t, 0.704, number(t, got.GetAlpha()), 0.0006)
	require.InDelta(t, 1.182, number(t, got.GetBeta()), 0.0006)
	require.InDelta(t, -1680.27, number(t, got.GetLogLikelihood()), 0.006)
	require.Len(t, got.GetTerms(), 7+5)
	third := got.GetTerms()[2]
	require.Equal(t, []int64{468, 86}, []int64{third.GetAtRisk(), third.GetLeft()})
	require.Equal(t, "0.816239316", third.GetRetentionShare())
	last := got.GetTerms()[11]
	require.Zero(t, last.GetAtRisk())
	require.Empty(t, last.GetRetentionShare())
	require.InDelta(t, 0.170, number(t, last.GetModelSurvivalShare()), 0.0005)
	require.InDelta(t, (1.182+7)/(0.704+1.182+7), number(t, got.GetTerms()[7].GetModelRetentionShare()), 1e-3)
	require.Greater(t, number(t, got.GetRemainingTerms()), 6.0, "those who are left leave seldom")

	half := s.ask(&analyticsv1.GetReportRequest{
		Program: "club", Name: "contract-retention", AsOf: "2015-04-01",
		Parameters: &analyticsv1.GetReportRequest_ContractRetention{ContractRetention: &analyticsv1.ContractRetentionParameters{Months: 1}},
	}).GetContractRetention()
	require.EqualValues(t, 1001, half.GetContracts(), "of any type, unless one is said")
	dealers := s.ask(&analyticsv1.GetReportRequest{
		Program: "club", Name: "channel", AsOf: "2022-03-02",
		Parameters: &analyticsv1.GetReportRequest_Channel{Channel: &analyticsv1.ChannelParameters{Type: "trade"}},
	}).GetChannel()
	require.Equal(t, []int64{1, 1, 0}, []int64{dealers.GetDealers(), dealers.GetCurrent(), dealers.GetUnsigned()})
	require.Contains(t, half.GetWithout(), "nobody has left")
	require.Empty(t, half.GetTerms(), "nobody has come to a renewal")
	require.Empty(t, half.GetAlpha())
}
