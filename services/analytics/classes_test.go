package analytics_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// market is a copy of three customers who buy evenly, by fits and starts, and lately, with payments and a survey.
func market(t *testing.T) *service {
	t.Helper()
	h := open(t)
	for month := 1; month <= 6; month++ {
		h.tell(h.ledger.paid("ann", fmt.Sprint("a", month), date(fmt.Sprintf("2025-%02d-05", month)), 10_000))
	}
	h.tell(
		h.ledger.paid("bob", "b1", date("2025-01-20"), 9000), h.ledger.paid("cid", "c1", date("2025-06-20"), 1000),
		h.ledger.said("ann", "payment", date("2025-03-01"), `{"days_to_pay": 45}`),
		h.ledger.said("bob", "payment", date("2025-03-01"), `{"days_to_pay": 5}`),
		h.ledger.said("bob", "survey", date("2025-03-02"), `{"potential_minor": 50000}`),
	)
	s := h.run(size{})
	s.drained()
	return s
}

func TestF4ClassesOverTheDoor(t *testing.T) {
	t.Parallel()
	s := market(t)
	ask := func(p *analyticsv1.AbcXyzParameters) (*analyticsv1.Report, error) {
		answer, err := s.grpc.GetReport(t.Context(), &analyticsv1.GetReportRequest{
			Program: "tea", Name: "abc-xyz", AsOf: "2025-07-01", Page: true, Parameters: &analyticsv1.GetReportRequest_AbcXyz{AbcXyz: p},
		})
		if err == nil {
			require.Contains(t, answer.GetPage(), "Nine fields")
		}
		return answer.GetReport(), err
	}
	made, err := ask(&analyticsv1.AbcXyzParameters{Months: 6, MembersOf: "A/X"})
	require.NoError(t, err)
	r := made.GetAbcXyz()
	require.EqualValues(t, 3, r.GetCustomers())
	require.EqualValues(t, 70_000, r.GetRevenueMinor())
	require.EqualValues(t, 1, r.GetByOne()[0].GetCustomers(), "ann brings 60000 of 70000")
	require.EqualValues(t, 1, r.GetFields()[0].GetCustomers(), "and buys the same each month")
	require.EqualValues(t, 1, r.GetUnratedCustomers(), "cid is known for two weeks")
	require.Len(t, r.GetMembers(), 1)
	ann := r.GetMembers()[0]
	require.Equal(t, "ann", ann.GetAccount())
	require.Equal(t, "0.000000000", ann.GetVariation())
	require.EqualValues(t, 3, ann.GetPaymentSpeedScore(), "bob pays sooner")
	require.Zero(t, ann.GetPotentialScore(), "nobody told hers")
	require.Zero(t, ann.GetProfitabilityScore(), "no margin is known")
	require.EqualValues(t, 1, r.GetCriteria()[1].GetKnownCustomers())

	made, err = ask(&analyticsv1.AbcXyzParameters{
		Months: 6, Several: true, MembersOf: "A/*", Weights: &analyticsv1.AbcWeights{Volume: "0", Loyalty: "0", PaymentSpeed: "2.5", Profitability: "0"},
	})
	require.NoError(t, err)
	members := made.GetAbcXyz().GetMembers()
	require.Len(t, members, 1)
	require.Equal(t, "bob", members[0].GetAccount(), "by potential and speed alone")

	for field, p := range map[string]*analyticsv1.AbcXyzParameters{
		"abc_xyz.criterion":   {Criterion: "joy"},
		"abc_xyz.months":      {Months: 61},
		"abc_xyz.members_of":  {MembersOf: "D/X"},
		"abc_xyz.a_score":     {AScore: "1", BScore: "2"},
		"abc_xyz.x_variation": {XVariation: "some"},
		"abc_xyz.weights":     {Weights: &analyticsv1.AbcWeights{Volume: "0", Potential: "0", PaymentSpeed: "0", Profitability: "0", Loyalty: "0"}},
	} {
		_, err := ask(p)
		requireRefused(t, err, reason.InvalidArgument, field, "")
	}
}
