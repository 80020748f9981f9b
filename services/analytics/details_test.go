package analytics_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func line(category string, cents int64) *accrualv1.StandingLine {
	return &accrualv1.StandingLine{Sku: category + "-1", Category: category, BaseMinor: cents}
}

// told is what a programme says of its economics.
const told = `programme: tea
zone: UTC
currency: USD
unit: points
earning: {points: 1, per: 1.00}
expiry: {rule: end_of_month, months: 12}
economics: {margin: 0.4, margins: {books: 0.2}, order: 1.00, actions: {visit: 5.00}, measured: [order, actions]}
`

// library is a copy with lines, costs, channels, tiers and answers, and a programme that tells its economics.
func library(t *testing.T) *service {
	t.Helper()
	h := open(t)
	batch, err := publish.Control(publish.ControlEvent{Program: "tea", Source: "laurel", Kind: "revised", ID: "revised/1", Body: &controlv1.ProgramRevised{
		Program: "tea", Revision: 1, Files: []*controlv1.ProgramFile{{Name: "tea.yaml", Content: []byte(told)}},
	}}, partitions)
	require.NoError(t, err)
	require.NoError(t, publish.All(t.Context(), h.bus, batch))
	known := line("tea", 1000)
	known.CostMinor = new(int64(700))
	answer := `{"feature":"wifi","functional":1,"dysfunctional":5}`
	h.tell(
		h.ledger.detailed("ann", "o1", "web", date("2025-01-10"), line("books", 5000), known),
		h.ledger.rises("ann", "silver", date("2025-01-20")),
		h.ledger.did("ann", "visit", date("2025-01-25"), 0),
		h.ledger.detailed("ann", "o2", "till", date("2025-02-10"), line("cups", 2000)),
		h.ledger.rises("ann", "gold", date("2025-02-20")),
		h.ledger.detailed("bob", "o3", "web", date("2025-02-11"), line("tea", 300)),
		h.ledger.said("bob", "kano", date("2025-02-12"), answer),
		h.ledger.said("eve", "kano", date("2025-02-13"), answer), // who has bought nothing
		h.ledger.said("eve", "survey", date("2025-02-14"), `{"churn_cause":"neglected"}`),
	)
	s := h.run(size{})
	s.drained()
	return s
}

func TestWhatIsKnownOfOrdersReachesTheReports(t *testing.T) {
	t.Parallel()
	s := library(t)
	r := s.report("profitability", "2025-03-01")
	p := r.GetProfitability()
	require.EqualValues(t, 3, p.GetCustomers())
	require.EqualValues(t, 8300, p.GetRevenueMinor())
	require.EqualValues(t, 1000, p.GetToldMinor())
	require.EqualValues(t, 4000+700+1200+180, p.GetGoodsMinor()) // 20 % of books, 40 % of cups and tea, and what was told
	require.EqualValues(t, 300, p.GetOrdersMinor())
	require.EqualValues(t, 500, p.GetActionsMinor())
	require.EqualValues(t, 8300-6080-300-500, p.GetProfitMinor())
	require.EqualValues(t, 1, p.GetEconomicsRevision())
	basis := map[string]analyticsv1.Basis{}
	for _, f := range r.GetFigures() {
		basis[f.GetField()] = f.GetBasis()
	}
	require.Equal(t, analyticsv1.Basis_BASIS_ASSUMED, basis["goods_minor"])
	require.Equal(t, analyticsv1.Basis_BASIS_MEASURED, basis["orders_minor"])
	require.Equal(t, analyticsv1.Basis_BASIS_ASSUMED, basis["profit_minor"], "it rests on a margin")

	kano := s.report("kano", "2025-03-01").GetKano()
	require.EqualValues(t, 2, kano.GetAnswers(), "who has bought nothing may answer")
	require.Equal(t, "one-dimensional", kano.GetFeatures()[0].GetVerdict())
	require.EqualValues(t, 1, s.report("life-cycle", "2025-03-01").GetLifeCycle().GetStages()[0].GetCustomers(), "a prospect")

	card := s.ask(&analyticsv1.GetReportRequest{Program: "tea", Name: "customer", AsOf: "2025-02-15", Parameters: &analyticsv1.GetReportRequest_Customer{
		Customer: &analyticsv1.CustomerParameters{Account: "ann"},
	}}).GetCustomer()
	require.Equal(t, "silver", card.GetTier(), "as it stood then")
	require.EqualValues(t, 2, card.GetOrders())
	require.Len(t, card.GetChannels(), 2)
	require.Equal(t, "books", card.GetCategories()[0].GetCategory())
}

func TestFilters(t *testing.T) {
	t.Parallel()
	s := library(t)
	for _, c := range []struct {
		name             string
		filter           *analyticsv1.ReportFilter
		asOf             string
		customers, cents int64
	}{
		{"a channel", &analyticsv1.ReportFilter{Channel: "web"}, "2025-03-01", 2, 6300},
		{"a category cuts orders", &analyticsv1.ReportFilter{Category: "tea"}, "2025-03-01", 2, 1300},
		{"both", &analyticsv1.ReportFilter{Channel: "till", Category: "tea"}, "2025-03-01", 0, 0},
		{"a merchant", &analyticsv1.ReportFilter{Merchant: "shop"}, "2025-03-01", 2, 8300},
		{"a merchant that there is not", &analyticsv1.ReportFilter{Merchant: "pop"}, "2025-03-01", 0, 0},
		{"a tier", &analyticsv1.ReportFilter{Tier: "gold"}, "2025-03-01", 1, 8000},
		{"a tier as it was held", &analyticsv1.ReportFilter{Tier: "silver"}, "2025-02-20", 1, 8000},
		{"a segment", &analyticsv1.ReportFilter{Segment: "champions"}, "2025-03-01", 0, 0},
		{"nothing", &analyticsv1.ReportFilter{}, "2025-03-01", 2, 8300},
	} {
		r := s.ask(&analyticsv1.GetReportRequest{Program: "tea", Name: "pareto", AsOf: c.asOf, Filter: c.filter}).GetPareto()
		require.Equal(t, c.customers, r.GetCustomers(), c.name)
		require.Equal(t, c.cents, r.GetTotalMinor(), c.name)
	}
	_, err := s.grpc.GetReport(t.Context(), &analyticsv1.GetReportRequest{Program: "tea", Name: "pareto", Filter: &analyticsv1.ReportFilter{Segment: "champoins"}})
	requireRefused(t, err, reason.SegmentNotFound, "filter.segment", "champoins")
	_, err = s.grpc.GetReport(t.Context(), &analyticsv1.GetReportRequest{Program: "tea", Name: "actions", Filter: &analyticsv1.ReportFilter{Tier: "gold"}})
	requireRefused(t, err, reason.InvalidArgument, "filter", "leave the filter out")
}

// TestEveryReportAnswersWhateverTheHistory: random ones, of days before, within and after them; told in one piece and in
// batches of one, to one lane and to two, the answer is the same, and never a number that is none.
func TestEveryReportAnswersWhateverTheHistory(t *testing.T) {
	t.Parallel()
	told := func(of size) (*service, *standing) {
		h := open(t)
		h.tell(h.ledger.makeUp(11, 12, 150)...)
		h.tell(h.ledger.answers(12, 12, 150)...)
		s := h.run(of)
		s.drained()
		return s, h
	}
	one, _ := told(size{})
	two, _ := told(size{lanes: 2, batch: 7})
	for _, name := range one.reportNames() {
		for _, day := range []string{"1990-01-01", "2025-01-20", "2025-04-01", "2030-01-01", ""} {
			in := &analyticsv1.GetReportRequest{Program: "tea", Name: name, AsOf: day}
			a, b := one.ask(in), two.ask(in)
			requireFinite(t, a)
			a.Read, b.Read = nil, nil
			require.Equal(t, fmt.Sprint(a), fmt.Sprint(b), "%s as of %q", name, day)
			_, page := one.page(name, day)
			require.NotRegexp(t, "NaN|[+-]Inf\\b|%!", page)
		}
	}
}
