package analytics_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// salon is a copy with points, visits, costs, answers and a programme that tells its economics.
func salon(t *testing.T) *service {
	t.Helper()
	const salonFile = `programme: tea
zone: UTC
currency: USD
unit: points
earning: {points: 1, per: 1.00}
expiry: {rule: end_of_month, months: 12}
economics: {margin: 0.5, order: 1.00, actions: {visit: 10.00}, point: 0.01, measured: [order, actions, margin]}
`
	h := open(t)
	batch, err := publish.Control(publish.ControlEvent{Program: "tea", Source: "laurel", Kind: "revised", ID: "revised/1", Body: &controlv1.ProgramRevised{
		Program: "tea", Revision: 1, Files: []*controlv1.ProgramFile{{Name: "tea.yaml", Content: []byte(salonFile)}},
	}}, partitions)
	require.NoError(t, err)
	require.NoError(t, publish.All(t.Context(), h.bus, batch))
	l := h.ledger
	h.tell(
		l.paid("ann", "a1", date("2025-01-10"), 80_000), l.moves("ann", date("2025-01-10"), 800, 0, 0, 800), l.rises("ann", "gold", date("2025-01-11")),
		l.moves("ann", date("2025-02-20"), 0, 300, 0, 500), l.paid("ann", "a2", date("2025-06-20"), 80_000), l.moves("ann", date("2025-06-20"), 800, 0, 100, 1200),
		l.paid("bob", "b1", date("2025-05-01"), 30_000), l.moves("bob", date("2025-05-01"), 300, 0, 0, 300), l.did("bob", "visit", date("2025-05-02"), 0),
		l.paid("cid", "c1", date("2025-06-01"), 4000), l.moves("cid", date("2025-06-01"), 40, 0, 0, 40),
		l.did("cid", "visit", date("2025-06-02"), 0), l.did("cid", "visit", date("2025-06-03"), 0), l.did("cid", "visit", date("2025-06-04"), 0),
		l.paid("dan", "d1", date("2025-01-01"), 20_000),
		l.said("ann", "acquisition_cost", date("2025-06-05"), `{"amount_minor": 20000}`),
		l.said("ann", "mailing", date("2025-06-05"), `{"amount_minor": 4500, "budget_line": "communication", "budget_state": "committed"}`),
		l.said("ann", "survey", date("2025-06-06"), `{"category_spend_minor": 400000, "wallet_percent": 40, "alternatives": 3}`),
		l.said("ann", "price", date("2025-06-06"), `{"too_cheap_minor": 100, "cheap_minor": 300, "expensive_minor": 500, "too_expensive_minor": 700, "tolerance_percent": 8}`),
	)
	s := h.run(size{})
	s.drained()
	return s
}

// plan asks for a report of the salon, with its page.
func (s *service) plan(in *analyticsv1.GetReportRequest) (*analyticsv1.GetReportResponse, error) {
	s.h.t.Helper()
	in.Program, in.AsOf, in.Page = "tea", "2025-07-01", true
	answer, err := s.grpc.GetReport(s.h.t.Context(), in)
	if err == nil {
		requireFinite(s.h.t, answer.GetReport())
	}
	return answer, err
}

func TestReportsOfMoneyToSpend(t *testing.T) {
	t.Parallel()
	s := salon(t)
	t.Run("G2", func(t *testing.T) { s.budget(t) })
	t.Run("G4", func(t *testing.T) { s.serviceCost(t) })
	t.Run("G7", func(t *testing.T) { s.priorities(t) })
	t.Run("F14", func(t *testing.T) { s.priceTolerance(t) })
	t.Run("F22", func(t *testing.T) { s.marketPotential(t) })
	t.Run("F25", func(t *testing.T) { s.switching(t) })
}

// TestManyEntriesOfADayAreOne: what an account does in a day takes no more room than one entry does, wherever batches end, and
// an entry that is late falls on the last day that is known.
func TestManyEntriesOfADayAreOne(t *testing.T) {
	t.Parallel()
	var first [][]bson.M
	for _, batch := range []int{1, 4, 512} {
		h := open(t)
		l := h.ledger
		h.tell(l.paid("ann", "a1", date("2025-01-10"), 1000))
		for range 40 {
			h.tell(l.moves("ann", date("2025-01-10"), 10, 3, 1, 400))
		}
		h.tell(l.moves("ann", date("2025-01-12"), 5, 0, 0, 405), l.moves("ann", date("2025-01-11"), 0, 0, 5, 400))
		s := h.run(size{batch: batch})
		s.drained()
		kept := h.documents("accounts")
		require.Len(t, kept[0]["points"], 2)
		first = append(first, kept)
		r := s.ask(&analyticsv1.GetReportRequest{Program: "tea", Name: "budget", AsOf: "2025-02-01"}).GetBudget()
		require.EqualValues(t, 40*10-40+5-5, r.GetIssuedPoints(), "less what lapsed")
		require.EqualValues(t, 40*3, r.GetRedeemedPoints())
		day := s.ask(&analyticsv1.GetReportRequest{Program: "tea", Name: "switching", AsOf: "2025-01-11"}).GetSwitching()
		require.EqualValues(t, 405, day.GetPoints(), "at the end of the tenth, 5 of which wait")
	}
	require.Empty(t, cmp.Diff(first[0], first[1]))
	require.Empty(t, cmp.Diff(first[0], first[2]))
}

func (s *service) budget(t *testing.T) {
	t.Helper()
	ask := func(p *analyticsv1.BudgetParameters) (*analyticsv1.GetReportResponse, error) {
		return s.plan(&analyticsv1.GetReportRequest{Name: "budget", Parameters: &analyticsv1.GetReportRequest_Budget{Budget: p}})
	}
	answer, err := ask(&analyticsv1.BudgetParameters{
		Plan: []*analyticsv1.BudgetLine{
			{Side: "retention", Line: "communication", PlannedMinor: 5000}, {Side: "retention", Line: "rewards", PlannedMinor: 1000},
			{Side: "acquisition", Line: "other", PlannedMinor: 100_000},
		},
		IndustryRetentionShare: "0.05", IndustryAcquisitionShare: "0.7", PlannedGrowthShare: "0.2", IndustryGrowthShare: "0.1",
	})
	require.NoError(t, err)
	b := answer.GetReport().GetBudget()
	state := map[string]string{}
	lines := map[string]*analyticsv1.BudgetSpent{}
	for _, l := range b.GetLines() {
		state[l.GetSide()+"/"+l.GetLine()], lines[l.GetLine()] = l.GetState(), l
	}
	require.Equal(t, map[string]string{
		"retention/communication": "warning", "retention/rewards": "stop", "retention/service": "unplanned", "acquisition/other": "fine",
	}, state)
	require.EqualValues(t, 1840, lines["rewards"].GetCommittedMinor(), "1940 points issued less 100 lapsed, at a cent")
	require.EqualValues(t, 300, lines["rewards"].GetActualMinor(), "when they are spent")
	require.Zero(t, lines["communication"].GetActualMinor(), "bound, not paid")
	require.EqualValues(t, 4500, lines["service"].GetActualMinor(), "five orders and four visits")
	require.Len(t, b.GetSides(), 2)
	require.Equal(t, "0.050000000", b.GetSides()[0].GetIndustryShare())
	require.True(t, b.GetGrowthWithoutMoney(), "6000 and 100000 of 214000 are less than 5 % and 70 %")
	require.Contains(t, answer.GetPage(), "Budget of retention")
	for field, p := range map[string]*analyticsv1.BudgetParameters{
		"budget.plan":                     {Plan: []*analyticsv1.BudgetLine{{Side: "both", Line: "x"}}},
		"budget.from":                     {From: "2025-07-01"},
		"budget.stop_share":               {WarnShare: "2"},
		"budget.industry_retention_share": {IndustryRetentionShare: "some"},
	} {
		_, err := ask(p)
		requireRefused(t, err, reason.InvalidArgument, field, "")
	}
}

func (s *service) serviceCost(t *testing.T) {
	t.Helper()
	answer, err := s.plan(&analyticsv1.GetReportRequest{Name: "service-cost"})
	require.NoError(t, err)
	r := answer.GetReport().GetServiceCost()
	require.EqualValues(t, 4, r.GetCustomers())
	require.True(t, r.GetClasses()[0].GetLessThanWorse(), "ann and bob get 6.50, cid 31.00")
	require.Equal(t, "cid", r.GetOver()[0].GetAccount())
	require.Equal(t, "dan", r.GetUnder()[0].GetAccount(), "an order, and no visit")
	require.EqualValues(t, 3, r.GetUnderCustomers(), "all get less than cid")
	require.Contains(t, answer.GetPage(), "less than a worse class")
	_, err = s.plan(&analyticsv1.GetReportRequest{Name: "service-cost", Parameters: &analyticsv1.GetReportRequest_ServiceCost{
		ServiceCost: &analyticsv1.ServiceCostParameters{From: "soon"},
	}})
	requireRefused(t, err, reason.InvalidArgument, "service_cost.from", "")
}

func (s *service) priorities(t *testing.T) {
	t.Helper()
	ask := func(p *analyticsv1.PrioritiesParameters) (*analyticsv1.GetReportResponse, error) {
		return s.plan(&analyticsv1.GetReportRequest{Name: "priorities", Parameters: &analyticsv1.GetReportRequest_Priorities{Priorities: p}})
	}
	answer, err := ask(&analyticsv1.PrioritiesParameters{WinBack: &analyticsv1.PriorityTerms{CostMinor: 100, SuccessShare: "0.5"}})
	require.NoError(t, err)
	p := answer.GetReport().GetPriorities()
	require.True(t, p.GetByMargin())
	require.Empty(t, p.GetFit())
	require.EqualValues(t, 5000, p.GetCacMinor(), "200.00 for four")
	names := map[string]*analyticsv1.PriorityOption{}
	for _, o := range p.GetOptions() {
		names[o.GetName()] = o
	}
	require.EqualValues(t, 1, names["keep"].GetCustomers(), "dan, silent for half a year")
	require.Equal(t, "2.500000000", names["keep"].GetReturn(), "a quarter of 100.00 for 10.00")
	require.Contains(t, answer.GetPage(), "Where the next unit of money does most")
	_, err = ask(&analyticsv1.PrioritiesParameters{Keep: &analyticsv1.PriorityTerms{SuccessShare: "1.5"}})
	requireRefused(t, err, reason.InvalidArgument, "priorities.success", "")
	_, err = ask(&analyticsv1.PrioritiesParameters{KeepingShare: "3/2"})
	requireRefused(t, err, reason.InvalidArgument, "priorities.keeping_share", "")
}

func (s *service) priceTolerance(t *testing.T) {
	t.Helper()
	ask := func(p *analyticsv1.PriceToleranceParameters) (*analyticsv1.GetReportResponse, error) {
		return s.plan(&analyticsv1.GetReportRequest{Name: "price-tolerance", Parameters: &analyticsv1.GetReportRequest_PriceTolerance{PriceTolerance: p}})
	}
	answer, err := ask(&analyticsv1.PriceToleranceParameters{Changes: []*analyticsv1.PriceChanged{{Day: "2025-02-01", Percent: 10}}, WindowDays: 60})
	require.NoError(t, err)
	r := answer.GetReport().GetPriceTolerance()
	require.EqualValues(t, 1, r.GetAnswers())
	require.EqualValues(t, 300, r.GetBestMinor(), "at 300 nobody says too cheap any more, nor too expensive yet")
	require.Equal(t, "8.000000000", r.GetRiseMedian())
	require.EqualValues(t, 2, r.GetAround()[0].GetBeforeCustomers())
	require.Zero(t, r.GetAround()[0].GetStayedCustomers())
	require.Contains(t, answer.GetPage(), "van Westendorp")
	for field, p := range map[string]*analyticsv1.PriceToleranceParameters{
		"price_tolerance.changes":     {Changes: []*analyticsv1.PriceChanged{{Day: "2025-02-01"}}},
		"price_tolerance.changes.day": {Changes: []*analyticsv1.PriceChanged{{Day: "2025-02-30", Percent: 1}}},
	} {
		_, err := ask(p)
		requireRefused(t, err, reason.InvalidArgument, field, "")
	}
}

func (s *service) marketPotential(t *testing.T) {
	t.Helper()
	ask := func(p *analyticsv1.MarketPotentialParameters) (*analyticsv1.GetReportResponse, error) {
		return s.plan(&analyticsv1.GetReportRequest{Name: "market-potential", Parameters: &analyticsv1.GetReportRequest_MarketPotential{MarketPotential: p}})
	}
	answer, err := ask(nil)
	require.NoError(t, err)
	r := answer.GetReport().GetMarketPotential()
	require.EqualValues(t, 4*240_000, r.GetPotentialMinor(), "what ann says is taken for all; nobody has lapsed")
	require.EqualValues(t, 4, r.GetKnownCustomers())
	require.Contains(t, answer.GetPage(), "could spend here")
	_, err = ask(&analyticsv1.MarketPotentialParameters{WalletShare: "2"})
	requireRefused(t, err, reason.InvalidArgument, "market_potential.wallet_share", "")
}

func (s *service) switching(t *testing.T) {
	t.Helper()
	ask := func(p *analyticsv1.SwitchingParameters) (*analyticsv1.GetReportResponse, error) {
		return s.plan(&analyticsv1.GetReportRequest{Name: "switching", Parameters: &analyticsv1.GetReportRequest_Switching{Switching: p}})
	}
	answer, err := ask(&analyticsv1.SwitchingParameters{Rewards: []*analyticsv1.RewardPrice{{Name: "mug", Points: 350}, {Name: "pot", Points: 5000}}})
	require.NoError(t, err)
	r := answer.GetReport().GetSwitching()
	require.EqualValues(t, 1205+305+45, r.GetPoints(), "those that wait too")
	require.EqualValues(t, 1555, r.GetWorthMinor())
	require.Equal(t, "gold", r.GetMost()[0].GetTier())
	require.EqualValues(t, 1, r.GetRewards()[0].GetEnoughCustomers(), "ann")
	require.EqualValues(t, 1, r.GetRewards()[0].GetNearlyCustomers(), "bob has 300 of 350")
	require.EqualValues(t, 1, r.GetReachedCustomers())
	require.Equal(t, "0.000000000", r.GetMedianDays(), "with the first order")
	require.Equal(t, "80000.000000000", r.GetMedianSpend())
	require.EqualValues(t, 3, r.GetNotReachedCustomers())
	require.Contains(t, answer.GetPage(), "Rewards nearly reached")
	answer, err = ask(nil)
	require.NoError(t, err)
	require.Equal(t, "41.000000000", answer.GetReport().GetSwitching().GetMedianDays(), "when ann first spent points")
	_, err = ask(&analyticsv1.SwitchingParameters{NearShare: "1.1"})
	requireRefused(t, err, reason.InvalidArgument, "switching.near_share", "")
	_, err = ask(&analyticsv1.SwitchingParameters{Rewards: []*analyticsv1.RewardPrice{{Name: "mug", Points: 1}, {Name: "mug", Points: 2}}})
	requireRefused(t, err, reason.InvalidArgument, "switching.rewards", "")
}
