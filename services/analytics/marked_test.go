package analytics_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
)

// marked are programmes of which each shows a figure of the catalogue: what was bought and said, as the ledger tells it.
func marked() map[string]func(*ledger) []bus.Outgoing {
	return map[string]func(*ledger) []bus.Outgoing{
		"won": wonCustomers, "kept80": keptOf(16, 20), "kept90": keptOf(18, 20), "left": leftFor, "goal": threePurchases,
	}
}

// wonCustomers are ten who were won for 175,000, told by seven events of 25,000, and who spend 30,000 each in the mean, three
// fifths of it margin: five spend 20,000, five 40,000.
func wonCustomers(l *ledger) []bus.Outgoing {
	var told []bus.Outgoing
	for i := range 7 {
		told = append(told, l.said("office", "acquisition_cost", date("2025-02-01").AddDays(i), `{"amount_minor": 2500000}`))
	}
	for i := range 10 {
		spend := int64(2_000_000 + 2_000_000*(i%2))
		bought := line("tea", spend)
		bought.CostMinor = new(spend * 2 / 5)
		told = append(told, l.detailed(fmt.Sprint("m", i), fmt.Sprint("m", i, "a"), "web", date("2025-03-01"), bought))
	}
	return told
}

// keptOf is n who bought in 2024, of whom so many bought in 2025 again, for 100.00 each.
func keptOf(kept, n int) func(*ledger) []bus.Outgoing {
	return func(l *ledger) []bus.Outgoing {
		var told []bus.Outgoing
		for i := range n {
			account := fmt.Sprintf("m%02d", i)
			told = append(told, l.paid(account, account+"a", date("2024-06-01"), 10_000))
			if i < kept {
				told = append(told, l.paid(account, account+"b", date("2025-06-01"), 10_000))
			}
		}
		return told
	}
}

// leftFor is a hundred who left, of the reference mix of causes; of the neglected 26 speak of poor service.
func leftFor(l *ledger) []bus.Outgoing {
	var told []bus.Outgoing
	for cause, n := range map[string]int{"died": 1, "moved away": 3, "values changed": 5, "competitor": 9, "product or service": 14, "neglected": 68} {
		for i := range n {
			account := fmt.Sprint(cause[:4], i)
			told = append(told, l.paid(account, account+"a", date("2025-01-10"), 1000),
				l.said(account, "left", date("2025-02-01"), fmt.Sprintf(`{"churn_cause": %q, "poor_service": %t}`, cause, cause == "neglected" && i < 26)))
		}
	}
	return told
}

// threePurchases is twenty who bought 63 times in the year: 3.15 each.
func threePurchases(l *ledger) []bus.Outgoing {
	var told []bus.Outgoing
	for i := range 63 {
		account := fmt.Sprint("m", i%20)
		told = append(told, l.paid(account, fmt.Sprint("o", i), date("2025-03-01").AddDays(i), 1000))
	}
	return told
}

// TestMarkedFiguresComeOutOfFacts: the figures that the catalogue works out (F2, F8, F12, G1) come out of what was bought and
// said, over gRPC.
func TestMarkedFiguresComeOutOfFacts(t *testing.T) {
	t.Parallel()
	h := open(t)
	for name, tell := range marked() {
		h.tell(tell(newLedger(name))...)
	}
	s := h.run(size{})
	s.drained()
	ask := func(program, name string, with ...*analyticsv1.GetReportRequest) *analyticsv1.Report {
		in := &analyticsv1.GetReportRequest{}
		if len(with) > 0 {
			in = with[0]
		}
		in.Program, in.Name, in.AsOf = program, name, "2026-01-01"
		return s.ask(in)
	}

	won := ask("won", "acquisition").GetAcquisition()
	require.EqualValues(t, 17_500_000, won.GetSpendMinor(), "F2")
	require.EqualValues(t, 10, won.GetNewCustomers())
	require.EqualValues(t, 1_750_000, won.GetCacMinor(), "F2: 175,000 / 10 = 17,500")
	require.EqualValues(t, 3_000_000, won.GetValueMinor())
	require.EqualValues(t, 1_250_000, won.GetNetMinor(), "F2: 12,500")
	require.Equal(t, "1.714285714", won.GetRatio(), "F2")
	require.Equal(t, "0.583333333", won.GetPaybackPeriods())
	require.EqualValues(t, 1_800_000, won.GetMarginMinor())
	require.EqualValues(t, 50_000, won.GetMarginNetMinor())
	require.Equal(t, "1.028571429", won.GetMarginRatio())
	require.EqualValues(t, 5_000_000, won.GetGapMinor(), "five of 20,000 are 10,000 below")
	require.EqualValues(t, 2_916_666, won.GetGapCacMinor(), "50,000 / 30,000 new ones at 17,500")
	require.EqualValues(t, 350_000, won.GetKeepingMinor(), "F2: a fifth, 3,500")

	for _, c := range []struct {
		program, retention, before, after string
		rise, rounding                    float64
		each                              string
	}{
		{"kept80", "0.800000000", "2.666666667", "3.400000000", 0.275, 1e-9, "73.33333333"},
		{"kept90", "0.900000000", "4.500000000", "6.333333333", 0.407, 1e-3, "183.3333333"},
	} {
		r := ask(c.program, "churn-effect").GetChurnEffect()
		require.Equal(t, c.retention, r.GetRetention(), "F8")
		require.False(t, r.GetRetentionAssumed())
		require.Equal(t, c.before, r.GetMultipleBefore(), "F8")
		require.Equal(t, c.after, r.GetMultipleAfter(), "F8")
		requireNear(t, c.rise, r.GetRise(), c.rounding/c.rise)
		require.Equal(t, analyticsv1.ChurnBand_CHURN_BAND_INSIDE, r.GetBand(), "F8: within 25 to 85 %")
		require.Equal(t, c.each, r.GetPerCustomer(), "of 100.00 a period")
	}

	left := ask("left", "churn-causes").GetChurnCauses()
	require.EqualValues(t, 100, left.GetLost())
	require.EqualValues(t, 100, left.GetKnown())
	mix := map[string]string{}
	for _, c := range left.GetCauses() {
		mix[c.GetCause()] = c.GetShare()
		require.Equal(t, c.GetReferenceShare(), c.GetShare(), "F12: %s", c.GetCause())
	}
	require.Equal(t, map[string]string{
		"died": "0.010000000", "moved away": "0.030000000", "values changed": "0.050000000", "competitor": "0.090000000",
		"product or service": "0.140000000", "neglected": "0.680000000",
	}, mix, "F12")
	require.Equal(t, "0.400000000", left.GetPoorServiceShare(), "F12: 14 and 26 of 100")
	require.Equal(t, "0.400000000", left.GetPoorServiceReferenceShare())

	goal := ask("goal", "goal", &analyticsv1.GetReportRequest{Parameters: &analyticsv1.GetReportRequest_Goal{
		Goal: &analyticsv1.GoalParameters{Metric: "purchases", Start: "3.0", Target: "3.3"}}}).GetGoal()
	require.Equal(t, "3.150000000", goal.GetCurrent(), "G1")
	require.Equal(t, "0.100000000", goal.GetRiseShare(), "G1: a tenth more")
	require.Equal(t, "0.500000000", goal.GetReachedShare(), "G1: half reached")
	require.False(t, goal.GetReached())
}
