package sheet_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/sheet"
)

// told writes changes as lines.
func told(list []*analyticsv1.Change) []string {
	var lines []string
	for _, c := range list {
		lines = append(lines, c.GetField()+"|"+c.GetLine()+"|"+c.GetBefore()+"|"+c.GetAfter()+"|"+c.GetDifference()+"|"+c.GetDifferenceShare())
	}
	return lines
}

func TestWhatChanged(t *testing.T) {
	before := &analyticsv1.ParetoReport{
		Customers: 4, TotalMinor: 1000, Gini: "0.250000000", Top: &analyticsv1.CustomerGroup{Customers: 1},
		Classes: []*analyticsv1.CustomerClass{{Name: "A", Customers: 3, SumShare: "0.800000000"}, {Name: "C", Customers: 1}},
		Lorenz:  []*analyticsv1.LorenzPoint{{Customers: 1, SumMinor: 300}, {Customers: 4, SumMinor: 1000}},
	}
	after := &analyticsv1.ParetoReport{
		Customers: 5, TotalMinor: 750, Gini: "0.375000000", Top: &analyticsv1.CustomerGroup{Customers: 1}, ZeroSpenders: 2,
		Classes: []*analyticsv1.CustomerClass{{Name: "A", Customers: 3, SumShare: "0.900000000"}, {Name: "B", Customers: 2}},
		Lorenz:  []*analyticsv1.LorenzPoint{{Customers: 1, SumMinor: 200}, {Customers: 5, SumMinor: 750}},
	}
	require.Equal(t, []string{
		"customers||4|5|1|0.250000000",
		"zero_spenders||0|2|2|",
		"total_minor||1000|750|-250|-0.250000000",
		"gini||0.250000000|0.375000000|0.125000000|0.500000000",
		"classes.sum_share|A|0.800000000|0.900000000|0.100000000|0.125000000",
		"classes.customers|B||2||", // a line that there was not
		"classes.sum_minor|B||0||",
		"classes.customers|C|1|||", // and one that there is no more
		"classes.sum_minor|C|0|||",
	}, told(sheet.Changes(before, after)), "a curve of other places is left out")
	require.Empty(t, sheet.Changes(before, before))

	shown := sheet.OfChanges(sheet.Changes(before, after)).Shown("USD")
	require.Contains(t, shown.Rows, []string{"total", "", "10.00 USD", "7.50 USD", "-2.50 USD", "-25.00 %"})
	require.Contains(t, shown.Rows, []string{"classes, sum share", "A", "80.00 %", "90.00 %", "10.00 %", "12.50 %"})
}

func TestLinesThatNumbersName(t *testing.T) {
	window := func(days int32, second int64) *analyticsv1.CohortReport {
		return &analyticsv1.CohortReport{All: &analyticsv1.Newcomers{Windows: []*analyticsv1.NewcomerWindow{{Days: days, Second: second}}}}
	}
	require.Equal(t, []string{"all.windows.second|30|1|2|1|1.000000000"}, told(sheet.Changes(window(30, 1), window(30, 2))))
	require.Empty(t, sheet.Changes(window(30, 1), window(60, 2)), "other places")

	twice := &analyticsv1.ActionsReport{Months: []*analyticsv1.ActionMonth{{Type: "a"}, {Type: "a", Actions: 1}}}
	require.Empty(t, sheet.Changes(twice, &analyticsv1.ActionsReport{}), "lines that cannot be told apart")
	card := func(class string) *analyticsv1.CustomerReport { return &analyticsv1.CustomerReport{Class: class} }
	require.Equal(t, []string{"class||B|A||"}, told(sheet.Changes(card("B"), card("A"))), "a text has no difference")
}
