package analytics_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// answers makes up what accounts say, some of it nonsense.
func (l *ledger) answers(seed uint64, accounts, facts int) []bus.Outgoing {
	r := rand.New(rand.NewPCG(seed, seed))
	told := make([]bus.Outgoing, facts)
	for i := range told {
		data := []string{
			fmt.Sprintf(`{"satisfaction":%d,"repurchase":%d,"attitude":%d,"recommend":%d}`, r.IntN(7), r.IntN(6), r.IntN(6), r.IntN(12)),
			fmt.Sprintf(`{"price_sensitivity":%d,"competitors":%d,"alternatives":%d,"wallet_percent":%d}`, r.IntN(6), r.IntN(6), r.IntN(4), r.IntN(120)),
			fmt.Sprintf(`{"choose_minutes":%d,"tolerance_percent":%d,"quality_sensitivity":%d}`, r.IntN(90), r.IntN(40), r.IntN(6)),
			fmt.Sprintf(`{"quality_people":%d,"quality_price":%d,"by":%q}`, r.IntN(6), r.IntN(6), []string{"customer", "staff", "nobody"}[r.IntN(3)]),
			fmt.Sprintf(`{"review":"r%d","stars":%d,"topic":"topic %d"}`, i, r.IntN(6), r.IntN(3)),
			fmt.Sprintf(`{"case":"c%d","about":"r%d","state":"solved"}`, r.IntN(9), r.IntN(facts)),
			fmt.Sprintf(`{"answer_to":"r%d"}`, r.IntN(facts)),
			fmt.Sprintf(`{"contract":%q,"voluntary":%t,"margin_lowest":%d}`, []string{"signed", "renewed", "ended"}[r.IntN(3)], i%2 == 0, r.IntN(40)),
		}[r.IntN(8)]
		kind := []string{"survey", "review", "referral", "event", "app"}[r.IntN(5)]
		told[i] = l.said(fmt.Sprintf("member-%02d", r.IntN(accounts)), kind, date("2025-01-01").AddDays(r.IntN(90)), data)
	}
	return told
}

// heard is a copy of what some customers bought and said.
func heard(t *testing.T, tell func(*ledger) []bus.Outgoing) *service {
	t.Helper()
	h := open(t)
	h.tell(tell(h.ledger)...)
	s := h.run(size{})
	s.drained()
	return s
}

// regular buys in January and December of 2025.
func (l *ledger) regular(account string) []bus.Outgoing {
	return []bus.Outgoing{l.paid(account, account+"-1", date("2025-01-10"), 1000), l.paid(account, account+"-2", date("2025-12-10"), 1000)}
}

func satisfied(account string, score int) func(*ledger) bus.Outgoing {
	return func(l *ledger) bus.Outgoing {
		return l.said(account, "survey", date("2025-12-20"), fmt.Sprintf(`{"satisfaction":%d}`, score))
	}
}

// pleased is 25 who are satisfied, five of whom bought once and left, and 20 who are not and left.
func pleased(l *ledger) []bus.Outgoing {
	var told []bus.Outgoing
	for i := range 45 {
		account := fmt.Sprintf("m%02d", i)
		if i < 20 {
			told = append(told, l.regular(account)...)
		} else {
			told = append(told, l.paid(account, account+"-1", date("2025-01-10"), 500))
		}
		score := 5
		if i >= 25 {
			score = 1
		}
		told = append(told, satisfied(account, score)(l))
	}
	return append(told,
		l.said("m00", "referral", date("2025-06-01"), ""),
		l.said("m44", "case", date("2025-06-01"), `{"case":"c1"}`),
		l.said("m44", "survey", date("2025-06-02"), `{"satisfaction":11}`),
	)
}

func TestSatisfactionBesideLoyalty(t *testing.T) {
	t.Parallel()
	s := heard(t, pleased)
	r := s.report("satisfaction", "2026-01-01").GetSatisfaction()
	require.EqualValues(t, 45, r.GetCustomers())
	require.EqualValues(t, 45, r.GetAnswered())
	require.EqualValues(t, 1, r.GetUnreadable())
	var counts []int64
	for _, f := range r.GetFields() {
		counts = append(counts, f.GetCustomers())
	}
	require.Equal(t, []int64{20, 0, 5, 20}, counts, "loyal, hostages, mercenaries, defectors")
	require.EqualValues(t, 40_000, r.GetFields()[0].GetRevenueMinor())
	require.Equal(t, "0.800000000", r.GetSatisfiedLoyalShare())
	require.Equal(t, "0.000000000", r.GetOthersLoyalShare())
	require.EqualValues(t, 2, r.GetByInvolvement()[1].GetCustomers(), "a referral within 180 days is 12 of 100, a survey 6: low; a case is none")

	stages := s.ask(&analyticsv1.GetReportRequest{Program: "tea", Name: "service-stages", AsOf: "2026-01-01", Parameters: &analyticsv1.GetReportRequest_ServiceStages{
		ServiceStages: &analyticsv1.ServiceStagesParameters{MembersOf: "dissatisfied"},
	}}).GetServiceStages()
	require.EqualValues(t, 20, stages.GetStages()[0].GetCustomers())
	require.EqualValues(t, 1, stages.GetStages()[0].GetWithOpenCases())
	require.Len(t, stages.GetMembers(), 20)
	require.EqualValues(t, 1, stages.GetMembers()[19].GetOpenCases())

	told := s.report("statements", "2026-01-01")
	var verdicts []analyticsv1.StatementVerdict
	for _, one := range told.GetStatements().GetStatements() {
		verdicts = append(verdicts, one.GetVerdict())
	}
	const held, refuted = analyticsv1.StatementVerdict_STATEMENT_VERDICT_HELD, analyticsv1.StatementVerdict_STATEMENT_VERDICT_REFUTED
	const few, open = analyticsv1.StatementVerdict_STATEMENT_VERDICT_TOO_FEW, analyticsv1.StatementVerdict_STATEMENT_VERDICT_UNDECIDED
	require.Equal(t, []analyticsv1.StatementVerdict{held, refuted, held, held, few, open, few}, verdicts)
	require.EqualValues(t, 45, told.GetFigures()[1].GetN())

	involved := s.ask(&analyticsv1.GetReportRequest{Program: "tea", Name: "involvement", AsOf: "2026-01-01", Parameters: &analyticsv1.GetReportRequest_Involvement{
		Involvement: &analyticsv1.InvolvementParameters{MiddleFrom: 12},
	}}).GetInvolvement()
	require.EqualValues(t, 45, involved.GetCustomers())
	require.EqualValues(t, 20, involved.GetKept())
	require.EqualValues(t, 1, involved.GetLevels()[2].GetKept())
	for _, name := range []string{"satisfaction", "service-stages", "statements", "involvement"} {
		_, page := s.page(name, "2026-01-01")
		require.Contains(t, page, `class="bar"`, name)
	}
}

// TestAnswersThatAreRefused: each parameter that cannot be is named as it stands in the request.
func TestAnswersThatAreRefused(t *testing.T) {
	t.Parallel()
	s := heard(t, func(l *ledger) []bus.Outgoing { return l.regular("ann") })
	for _, c := range []struct {
		name, field string
		in          *analyticsv1.GetReportRequest
	}{
		{"satisfaction", "satisfaction.loyal_by", &analyticsv1.GetReportRequest{Parameters: &analyticsv1.GetReportRequest_Satisfaction{
			Satisfaction: &analyticsv1.SatisfactionParameters{LoyalBy: "love"},
		}}},
		{"service-stages", "service_stages.members_of", &analyticsv1.GetReportRequest{Parameters: &analyticsv1.GetReportRequest_ServiceStages{
			ServiceStages: &analyticsv1.ServiceStagesParameters{MembersOf: "happy"},
		}}},
		{"statements", "statements.certain_share", &analyticsv1.GetReportRequest{Parameters: &analyticsv1.GetReportRequest_Statements{
			Statements: &analyticsv1.StatementsParameters{CertainShare: "1.1"},
		}}},
		{"involvement", "involvement.high_from", &analyticsv1.GetReportRequest{Parameters: &analyticsv1.GetReportRequest_Involvement{
			Involvement: &analyticsv1.InvolvementParameters{HighFrom: 101},
		}}},
		{"loyalty-indicators", "loyalty_indicators.weights", &analyticsv1.GetReportRequest{Parameters: &analyticsv1.GetReportRequest_LoyaltyIndicators{
			LoyaltyIndicators: &analyticsv1.LoyaltyIndicatorsParameters{Weights: []*analyticsv1.IndicatorWeight{{Indicator: "joy", Weight: 1}}},
		}}},
		{"loyalty-types", "loyalty_types.super_from", &analyticsv1.GetReportRequest{Parameters: &analyticsv1.GetReportRequest_LoyaltyTypes{
			LoyaltyTypes: &analyticsv1.LoyaltyTypesParameters{ToleranceFrom: new(int64(11))},
		}}},
		{"reviews", "reviews.bad_up_to", &analyticsv1.GetReportRequest{Parameters: &analyticsv1.GetReportRequest_Reviews{
			Reviews: &analyticsv1.ReviewsParameters{BadUpTo: 5},
		}}},
		{"scorecard", "scorecard.goals", &analyticsv1.GetReportRequest{Parameters: &analyticsv1.GetReportRequest_Scorecard{
			Scorecard: &analyticsv1.ScorecardParameters{Goals: []*analyticsv1.ScorecardGoal{{Of: "people", Target: "6"}}},
		}}},
		{"contract-retention", "contract_retention.months", &analyticsv1.GetReportRequest{Parameters: &analyticsv1.GetReportRequest_ContractRetention{
			ContractRetention: &analyticsv1.ContractRetentionParameters{Months: 121},
		}}},
		{"contract-retention", "contract_retention.discount", &analyticsv1.GetReportRequest{Parameters: &analyticsv1.GetReportRequest_ContractRetention{
			ContractRetention: &analyticsv1.ContractRetentionParameters{Discount: "0"},
		}}},
		{"channel", "channel.months", &analyticsv1.GetReportRequest{Parameters: &analyticsv1.GetReportRequest_Channel{
			Channel: &analyticsv1.ChannelParameters{Months: -1},
		}}},
	} {
		c.in.Program, c.in.Name = "tea", c.name
		_, err := s.grpc.GetReport(t.Context(), c.in)
		requireRefused(t, err, reason.InvalidArgument, c.field, "give")
	}
}
