package laurelctl

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

func plantedOf(t *testing.T, text string) plantedCount {
	t.Helper()
	var c plantedCount
	require.NoError(t, json.Unmarshal([]byte(text), &c))
	return c
}

// TestWhatWasCountedIsHeldToTheLastUnit: a figure that is off, or that the report does not tell, does not hold; one that it has a reason not
// to tell is left out. Of a mean the interval is made of the deviation that is planted: 1.96 × 0.5 / 10.
func TestWhatWasCountedIsHeldToTheLastUnit(t *testing.T) {
	c := plantedOf(t, `{"report":"r","figures":[{"figure":"a","planted":7},{"figure":"b","planted":7},{"figure":"c","planted":7},{"figure":"d","planted":7}],
		"rates":[{"figure":"e","planted":0.5},{"figure":"f","planted":0.5},{"figure":"g","planted":0.5,"deviation":0.5}]}`)
	var rows grid
	c.rows(truthRows{&rows}, found{
		counts: map[string]int64{"a": 7, "b": 8}, untold: []string{"d"},
		rates: map[string]foundRate{"e": {at: 0.4, low: 0.3, high: 0.5}, "f": {at: 0.4, low: 0.3, high: 0.499}, "g": {at: 0.59, of: 100}},
	})
	require.Equal(t, [][]string{
		{"r", "a", "7", "7", "0.00 %", "", "", "yes"},
		{"r", "b", "7", "8", "14.29 %", "", "", "no"},
		{"r", "c", "7", "0", "-100.00 %", "", "", "no"},
		{"r", "e, per mille", "500", "400", "-20.00 %", "300", "500", "yes"},
		{"r", "f, per mille", "500", "400", "-20.00 %", "300", "499", "no"},
		{"r", "g, per mille", "500", "590", "18.00 %", "492", "688", "yes"},
	}, rows.rows)
}

// TestFiguresAreFoundInTheirReports: of those that are more than read off.
func TestFiguresAreFoundInTheirReports(t *testing.T) {
	of := func(name string, r *analyticsv1.Report) found {
		f, err := readers()[name](r)
		require.NoError(t, err)
		return f
	}
	cohorts := of("cohorts", &analyticsv1.Report{Body: &analyticsv1.Report_Cohorts{Cohorts: &analyticsv1.CohortReport{
		Cohorts: []*analyticsv1.Cohort{{Month: "2024-11", Active: []int64{5, 3, 2}}, {Month: "2024-12", Active: []int64{4}}},
		All:     &analyticsv1.Newcomers{Windows: []*analyticsv1.NewcomerWindow{{Days: 30, Second: 6, Third: 1}}},
	}}})
	require.Equal(t, map[string]int64{
		"came in 2024-11": 5, "of 2024-11 in 2024-11": 5, "of 2024-11 in 2024-12": 3, "of 2024-11 in 2025-01": 2, "came in 2024-12": 4,
		"of 2024-12 in 2024-12": 4, "months with a purchase": 14, "second within 30 days": 6, "third within 30 days": 1,
	}, cohorts.counts)
	stages := of("life-cycle", &analyticsv1.Report{Body: &analyticsv1.Report_LifeCycle{LifeCycle: &analyticsv1.LifeCycleReport{
		Stages: []*analyticsv1.Stage{{Name: "lost", Customers: 9}},
		Flows:  []*analyticsv1.StageFlow{{From: "lapsed", To: "lost", Customers: 2}, {From: "lost", To: "lost", Customers: 5}, {To: "lost", Customers: 1}},
	}}})
	require.Equal(t, map[string]int64{"lost": 9, "came to: lost": 3}, stages.counts)
	money := of("money-retention", &analyticsv1.Report{Body: &analyticsv1.Report_MoneyRetention{MoneyRetention: &analyticsv1.MoneyRetentionReport{
		All: &analyticsv1.RetainedGroup{GrossShare: "0.123456500"},
	}}})
	require.EqualValues(t, 123_457, money.counts["gross, millionths"])
	curve := &analyticsv1.SurvivalCurve{Steps: []*analyticsv1.SurvivalStep{
		{Day: 90, Survival: "0.5", Low: "0.4", High: "0.6"}, {Day: 91, Survival: "0.4", Low: "0.3", High: "0.5"}, {Day: 400, Survival: "0"},
	}}
	survival := of("survival", &analyticsv1.Report{Body: &analyticsv1.Report_Survival{Survival: &analyticsv1.SurvivalReport{FirstRepeat: curve}}})
	require.Equal(t, foundRate{at: 0.5, low: 0.4, high: 0.6}, survival.rates["not again after 90 days"])
	require.Equal(t, foundRate{at: 0.4, low: 0.3, high: 0.5}, survival.rates["not again after 365 days"])
	require.Equal(t, foundRate{at: 1, low: 1, high: 1}, survival.rates["not gone for 180 days after 365"])
	options := &analyticsv1.PrioritiesReport{Options: []*analyticsv1.PriorityOption{{Name: "win back", Return: "2.2415", Customers: 3, GainMinor: 8}}}
	priorities := of("priorities", &analyticsv1.Report{Body: &analyticsv1.Report_Priorities{Priorities: options}})
	require.EqualValues(t, 2242, priorities.counts["win back returns, thousandths"])
	require.Empty(t, priorities.untold)
	options.Fit = "f"
	require.Len(t, of("priorities", &analyticsv1.Report{Body: &analyticsv1.Report_Priorities{Priorities: options}}).untold, 2)
	said := of("statements", &analyticsv1.Report{Body: &analyticsv1.Report_Statements{Statements: &analyticsv1.StatementsReport{
		Statements: []*analyticsv1.LoyaltyStatement{{Fit: 3, Of: 4, ComparedFit: 1, ComparedOf: 4, Low: "-0.1", High: "0.9"}},
	}}})
	require.Equal(t, foundRate{at: 0.5, low: -0.1, high: 0.9}, said.rates["1, difference"])
	require.Equal(t, foundRate{at: 0.75, low: -0.1, high: 0.9}, said.rates["1, of all"])
}
