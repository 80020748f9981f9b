package analytics_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// TestEachFieldOfAMatrixIsASegment: its condition finds as many as the report counts, for every measure there is, and those whom it
// names.
func TestEachFieldOfAMatrixIsASegment(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*service{"library": library(t), "made up": madeUp(t)} {
		g := groupsOf(s)
		for _, measure := range []string{"average", "categories", "orders", "profit", "recency", "revenue", "tenure"} {
			matrix := &analyticsv1.MatrixParameters{X: measure, Y: "recency", Size: 3, MembersOf: "high/low"}
			ask := &analyticsv1.GetReportRequest{Program: "tea", Name: "matrix", Parameters: &analyticsv1.GetReportRequest_Matrix{Matrix: matrix}}
			report := s.ask(ask)
			for i, f := range report.GetMatrix().GetFields() {
				answer, err := g.client.PreviewSegment(t.Context(), &analyticsv1.PreviewSegmentRequest{Program: "tea", Condition: f.GetCondition(), AsOf: report.GetAsOf()})
				require.NoError(t, err)
				require.Equal(t, f.GetCustomers(), answer.GetSize().GetCustomers(), "%s: %s", name, f.GetCondition())
				require.Equal(t, f.GetRevenueMinor(), answer.GetSize().GetSumMinor(), f.GetCondition())
				if f.GetX() != "high" || f.GetY() != "low" {
					continue
				}
				var named []string
				for _, m := range report.GetMatrix().GetMembers() {
					named = append(named, m.GetAccount())
				}
				id := fmt.Sprint(measure, i)
				g.define(live, id, f.GetCondition())
				require.Equal(t, named, g.members(id, report.GetAsOf()), f.GetCondition())
			}
			ask.Filter = &analyticsv1.ReportFilter{Merchant: "shop"}
			require.Empty(t, s.ask(ask).GetMatrix().GetFields()[0].GetCondition(), "a segment knows no filter")
		}
	}
}

// TestProfitIsAFigureOfASegment: that of the report profitability, of each customer.
func TestProfitIsAFigureOfASegment(t *testing.T) {
	t.Parallel()
	s := library(t)
	g := groupsOf(s)
	found := map[string]int64{}
	for _, l := range s.report("profitability", "2025-03-01").GetProfitability().GetBest() {
		found[l.GetAccount()] = l.GetProfitMinor()
	}
	for _, account := range []string{"ann", "bob"} {
		g.define(live, account, fmt.Sprintf("profit_minor == %d", found[account]))
		require.Equal(t, []string{account}, g.members(account, "2025-03-01"))
	}
	require.NotEqual(t, found["ann"], found["bob"])
}

// TestBandsOfWhatIsToCome: by the report lifetime's figures with its defaults, page by page; a fit that is needed is asked for.
func TestBandsOfWhatIsToCome(t *testing.T) {
	t.Parallel()
	s := madeUp(t)
	g := groupsOf(s)
	_, err := g.client.DefineSegment(t.Context(), &analyticsv1.DefineSegmentRequest{Program: "tea", Name: "best", Kind: live, Condition: "worth_score == 5"})
	requireRefused(t, err, reason.FitNotFound, "id", "")
	s.fit(&analyticsv1.FitModelRequest{IdempotencyKey: "1", HoldoutDays: 60, Prior: true})
	answer, err := s.models.ListLifetimes(t.Context(), &analyticsv1.ListLifetimesRequest{Program: "tea", PageSize: 5000})
	require.NoError(t, err)
	list := answer.GetLifetimes()
	require.Greater(t, len(list), 10)
	for _, l := range []*analyticsv1.Lifetime{list[0], list[len(list)-1]} {
		cents := int64(estimated(t, l.GetResidual()) * 100)
		g.define(live, "of-"+l.GetAccount(), fmt.Sprintf("worth_minor == %d && account == %q", cents, l.GetAccount()))
		require.Equal(t, []string{l.GetAccount()}, g.members("of-"+l.GetAccount(), ""))
	}
	slices.SortStableFunc(list, func(a, b *analyticsv1.Lifetime) int {
		return int(estimated(t, b.GetResidual())*100) - int(estimated(t, a.GetResidual())*100)
	})
	var all []string
	for score := 5; score >= 1; score-- {
		name := fmt.Sprint("fifth-", score)
		g.define(live, name, fmt.Sprintf("worth_score == %d", score))
		members := g.members(name, "")
		require.Len(t, members, (len(list)*(6-score)+4)/5-(len(list)*(5-score)+4)/5, "a fifth, rounded up with those above")
		var want []string
		for _, l := range list[len(all):][:len(members)] {
			want = append(want, l.GetAccount())
		}
		slices.Sort(want)
		require.Equal(t, want, members)
		all = append(all, members...)
	}
	require.Len(t, all, len(list))
}

func estimated(t *testing.T, text string) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err)
	return f
}

// TestEachClusterIsASegment: as many are in it as the report counts, page by page, also under another number of clusters than the report's
// own; k is bounded.
func TestEachClusterIsASegment(t *testing.T) {
	t.Parallel()
	s := madeUp(t)
	g := groupsOf(s)
	report := s.report("clusters", "2026-01-01").GetClusters()
	require.Len(t, report.GetClusters(), 4)
	customers := int64(0)
	for _, c := range report.GetClusters() {
		name := fmt.Sprint("cluster-", c.GetNumber())
		g.define(live, name, fmt.Sprintf("cluster == %d", c.GetNumber()))
		require.Len(t, g.members(name, "2026-01-01"), int(c.GetCustomers()))
		require.Equal(t, []string{fmt.Sprintf("2026-01-01: %d of %d, %d of %d", c.GetCustomers(), report.GetCustomers(), c.GetRevenueMinor(), allSpent(report))},
			g.sizes(name, "2026-01-01", 1)[1:])
		customers += c.GetCustomers()
	}
	require.Equal(t, report.GetCustomers(), customers)
	require.Len(t, report.GetChoices(), 8)
	require.Equal(t, "1.000000000", report.GetChoices()[0].GetWithinShare())

	ask := &analyticsv1.GetReportRequest{Program: "tea", Name: "clusters", AsOf: "2026-01-01", Parameters: &analyticsv1.GetReportRequest_Clusters{
		Clusters: &analyticsv1.ClustersParameters{K: 2},
	}}
	require.Len(t, s.ask(ask).GetClusters().GetClusters(), 2)
	ask.GetClusters().K = 1
	_, err := s.grpc.GetReport(t.Context(), ask)
	requireRefused(t, err, reason.InvalidArgument, "clusters.k", "give 2 to 8")
}

func allSpent(r *analyticsv1.ClustersReport) int64 {
	sum := int64(0)
	for _, c := range r.GetClusters() {
		sum += c.GetRevenueMinor()
	}
	return sum
}
