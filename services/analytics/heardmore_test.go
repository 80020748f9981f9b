package analytics_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
)

// club is ann, who buys often and gladly and brings others, bob, who buys for rewards, two reviews, scores, and two dealers.
func club(l *ledger) []bus.Outgoing {
	var told []bus.Outgoing
	for i, day := range []string{"2025-02-01", "2025-03-01", "2025-04-01", "2025-10-01"} {
		told = append(told, l.paid("ann", fmt.Sprint("a", i), date(day), 1000), l.paid("bob", fmt.Sprint("b", i), date(day), 500),
			l.said("bob", "till", date(day), fmt.Sprintf(`{"incentive":"b%d"}`, i)))
	}
	return append(told,
		l.said("ann", "survey", date("2025-06-01"), `{"attitude":5,"tolerance_percent":12,"repurchase":5,"wallet_percent":90,"quality_people":5,"quality_price":2}`),
		l.said("bob", "survey", date("2025-06-01"), `{"attitude":2,"repurchase":3}`),
		l.said("ann", "referral", date("2025-07-01"), "{}"),
		l.said("ann", "review", date("2025-12-01"), `{"review":"r1","stars":5,"topic":"tea"}`),
		l.said("bob", "review", date("2025-12-01"), `{"review":"r1","stars":1,"topic":"delivery"}`),
		l.said("bob", "note", date("2025-12-03"), `{"answer_to":"r1"}`),
		l.said("bob", "review", date("2025-12-05"), `{"review":"r2","stars":2,"topic":"delivery"}`),
		l.said("bob", "case", date("2025-12-05"), `{"case":"c1","about":"r2"}`),
		l.said("clerk", "survey", date("2025-12-01"), `{"quality_people":3,"by":"staff"}`),
		l.said("north", "contract", date("2022-01-01"), `{"contract":"signed","margin_lowest":15}`),
		l.said("north", "contract", date("2025-05-01"), `{"contract":"renewed","voluntary":true}`),
		l.said("south", "contract", date("2023-01-01"), `{"contract":"signed"}`),
		l.said("south", "contract", date("2025-08-01"), `{"contract":"ended","voluntary":true}`),
	)
}

func TestTypesAndIndicatorsOfLoyalty(t *testing.T) {
	t.Parallel()
	s := heard(t, club)
	types := s.ask(&analyticsv1.GetReportRequest{Program: "tea", Name: "loyalty-types", AsOf: "2026-01-01", Compare: "2025-05-01"}).GetLoyaltyTypes()
	require.EqualValues(t, 2, types.GetCustomers())
	counted := map[string]int64{}
	for _, one := range types.GetTypes() {
		counted[one.GetType()] = one.GetCustomers()
	}
	require.EqualValues(t, 1, counted["super-value"])
	require.EqualValues(t, 1, counted["incentive-driven"])
	require.Len(t, types.GetMoves(), 2)
	require.Equal(t, "unknown", types.GetMoves()[0].GetFrom())
	never := s.ask(&analyticsv1.GetReportRequest{Program: "tea", Name: "loyalty-types", AsOf: "2026-01-01", Parameters: &analyticsv1.GetReportRequest_LoyaltyTypes{
		LoyaltyTypes: &analyticsv1.LoyaltyTypesParameters{OftenFrom: 900},
	}}).GetLoyaltyTypes()
	for _, one := range never.GetTypes() {
		require.Equal(t, one.GetType() == "latent" || one.GetType() == "none", one.GetCustomers() == 1, "a threshold that nobody reaches leaves a type empty: %s", one)
	}

	told := s.report("loyalty-indicators", "2026-01-01").GetLoyaltyIndicators()
	require.Equal(t, "survey", told.GetIndicators()[0].GetSource())
	require.Equal(t, "75.000000000", told.GetIndicators()[0].GetScore()) // 5 and 3
	require.Equal(t, "75.000000000", told.GetIndicators()[1].GetScore()) // three repeats of four, both
	require.Equal(t, "50.000000000", told.GetIndicators()[6].GetScore())
	require.Equal(t, "72.500000000", told.GetIndex()) // (75 + 75 + 50 + 90) ÷ 4: nobody was here the year before
	require.Len(t, told.GetTrend(), 5)
	require.Empty(t, told.GetTrend()[0].GetIndex())
	_, page := s.page("loyalty-indicators", "2026-01-01")
	require.Contains(t, page, `class="line l0"`)
	_, page = s.page("loyalty-types", "2026-01-01")
	require.Contains(t, page, "keep and deepen")
}

func TestReviewsScoresAndDealers(t *testing.T) {
	t.Parallel()
	s := heard(t, club)
	reviews := s.report("reviews", "2026-01-01").GetReviews()
	require.EqualValues(t, 3, reviews.GetAll().GetReviews())
	require.Equal(t, "2.666666667", reviews.GetAll().GetMeanStars())
	require.EqualValues(t, 2, reviews.GetMedianAnswerDays())
	require.EqualValues(t, 1, reviews.GetCases())
	require.Len(t, reviews.GetCalling(), 1)
	require.Equal(t, "r1", reviews.GetCalling()[0].GetReview())
	require.True(t, reviews.GetCalling()[0].GetAnswered())
	require.Equal(t, "delivery", reviews.GetTopics()[0].GetTopic())
	require.EqualValues(t, 3, reviews.GetMonths()[11].GetOf().GetReviews())

	scores := s.ask(&analyticsv1.GetReportRequest{Program: "tea", Name: "scorecard", AsOf: "2026-01-01", Parameters: &analyticsv1.GetReportRequest_Scorecard{
		Scorecard: &analyticsv1.ScorecardParameters{Goals: []*analyticsv1.ScorecardGoal{{Of: "people", Target: "4.5", Owner: "Ms Lee"}}},
	}}).GetScorecard()
	people := scores.GetLines()[4]
	require.Equal(t, "Ms Lee", people.GetOwner())
	require.Equal(t, "4.500000000", people.GetTarget())
	require.Equal(t, "-0.500000000", people.GetCustomersGap())
	require.Equal(t, "1.500000000", people.GetStaffGap())
	require.Equal(t, "-2.000000000", people.GetStaffAboveCustomers())
	require.False(t, people.GetDue())
	require.True(t, scores.GetLines()[1].GetDue(), "price was scored in June")
	require.Equal(t, "2.000000000", scores.GetLines()[1].GetCustomersGap(), "4 is the target of all others")

	dealers := s.report("channel", "2026-01-01").GetChannel()
	require.EqualValues(t, 2, dealers.GetDealers())
	last := dealers.GetPeriods()[4]
	require.Equal(t, "0.500000000", last.GetVoluntaryChurnShare())
	require.Equal(t, "0.500000000", last.GetVoluntaryRenewalShare())
	require.Equal(t, "4.000000000", dealers.GetCurrentYears())
	require.EqualValues(t, 15, dealers.GetMargins()[0].GetMedian())
	for _, name := range []string{"reviews", "scorecard", "channel"} {
		_, page := s.page(name, "2026-01-01")
		require.Contains(t, page, `class="bar"`, name)
	}
}
