package analytics_test

import (
	"fmt"
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
	for score := int64(1); score <= 5; score++ {
		g.define(live, fmt.Sprint("fifth-", score), fmt.Sprintf("worth_score == %d", score))
	}
	early := "2025-03-01"
	then, err := s.models.ListLifetimes(t.Context(), &analyticsv1.ListLifetimesRequest{Program: "tea", PageSize: 5000, AsOf: early})
	require.NoError(t, err)
	require.Less(t, len(then.GetLifetimes()), len(list), "not everybody had bought by then")
	g.requireFifths(t, then)
	g.requireFifths(t, answer)

	// Another fit is put into use: the same bands, by what it says.
	other := s.fit(&analyticsv1.FitModelRequest{IdempotencyKey: "2", AsOf: early, Prior: true, Buying: analyticsv1.BuyingModel_BUYING_MODEL_PARETO_NBD})
	require.True(t, other.GetChampion(), other.GetVerdict())
	byOther, err := s.models.ListLifetimes(t.Context(), &analyticsv1.ListLifetimesRequest{Program: "tea", PageSize: 5000})
	require.NoError(t, err)
	g.requireFifths(t, byOther)
}

// requireFifths holds the segments fifth-1 to fifth-5 to a list: who has more than four fifths of the others before them is in the
// last, and equal ones are together, in the better one.
func (g *groups) requireFifths(t *testing.T, answer *analyticsv1.ListLifetimesResponse) {
	t.Helper()
	list := answer.GetLifetimes()
	want := map[string][]string{}
	for _, l := range list {
		better := 0
		for _, o := range list {
			if int64(estimated(t, o.GetResidual())*100) > int64(estimated(t, l.GetResidual())*100) {
				better++
			}
		}
		name := fmt.Sprint("fifth-", 5-5*better/len(list))
		want[name] = append(want[name], l.GetAccount())
	}
	for score := 1; score <= 5; score++ {
		name := fmt.Sprint("fifth-", score)
		require.Equal(t, want[name], g.members(name, answer.GetAsOf()), name)
	}
}

// TestEqualsAreWorthTheSame: two of each kind of customer are in one fifth, however it is cut.
func TestEqualsAreWorthTheSame(t *testing.T) {
	t.Parallel()
	h := open(t)
	for i := range 12 {
		for _, twin := range []string{"a", "b"} {
			account, first := fmt.Sprintf("%s%02d", twin, i), date("2025-01-10").AddDays(3*i)
			for n := range 1 + i/2 {
				h.tell(h.ledger.paid(account, fmt.Sprint(account, n), first.AddDays(9*n), int64(1000*(i+1))))
			}
		}
	}
	s := h.run(size{})
	s.drained()
	fit := s.fit(&analyticsv1.FitModelRequest{IdempotencyKey: "1", Prior: true})
	require.Empty(t, fit.GetFinal().GetAmounts().GetWhy())
	g := groupsOf(s)
	g.define(live, "best", "worth_score == 5")
	best := g.members("best", "")
	require.Len(t, best, 6, "a fifth of 24 is 5: the sixth is as good as the fifth")
	for i := range 3 {
		require.Equal(t, best[i][1:], best[i+3][1:], "twins")
	}
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
