package sheet_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/sheet"
)

func TestAMessageAsSheets(t *testing.T) {
	sheets := sheet.Of(&analyticsv1.ParetoReport{
		Customers: 2, TotalMinor: -1250, Gini: "0.25", Top: &analyticsv1.CustomerGroup{Customers: 1, SumShare: "0.666666666"},
		Lorenz: []*analyticsv1.LorenzPoint{{Customers: 1, SumMinor: 300}, {Customers: 2, SumMinor: 1250}},
	})
	require.Len(t, sheets, 3)
	once := sheets[0]
	require.Empty(t, once.Name)
	require.Contains(t, once.Rows, []string{"customers", "2"})
	require.Contains(t, once.Rows, []string{"top.sum_share", "0.666666666"})
	require.Contains(t, once.Rows, []string{"half.sum_share", ""}, "what is absent is empty, not zero")
	require.Equal(t, "classes", sheets[1].Name)
	require.Empty(t, sheets[1].Rows)
	require.Equal(t, [][]string{{"1", "300"}, {"2", "1250"}}, sheets[2].Rows)

	shown := once.Shown("USD")
	require.Contains(t, shown.Rows, []string{"total", "-12.50 USD"})
	require.Contains(t, shown.Rows, []string{"top, sum share", "66.67 %"})
	require.Equal(t, []string{"customers", "sum"}, []string{sheets[2].Shown("USD").Columns[0].Name, sheets[2].Shown("USD").Columns[1].Name})
}

func TestListsInsideLists(t *testing.T) {
	sheets := sheet.Of(&analyticsv1.CohortReport{Cohorts: []*analyticsv1.Cohort{
		{Month: "2025-01", Active: []int64{3, 1}, Newcomers: &analyticsv1.Newcomers{Windows: []*analyticsv1.NewcomerWindow{{Days: 30, Regular: true}, {Days: 90}}}},
		{Month: "2025-02", Newcomers: &analyticsv1.Newcomers{Windows: []*analyticsv1.NewcomerWindow{{Days: 30}}}},
	}})
	byName := map[string]sheet.Sheet{}
	for _, s := range sheets {
		byName[s.Name] = s
	}
	require.Equal(t, "3 1", byName["cohorts"].Rows[0][1])
	windows := byName["cohorts.newcomers.windows"]
	require.Equal(t, "cohorts", windows.Columns[0].Name)
	require.Len(t, windows.Rows, 3)
	require.Equal(t, []string{"2025-01", "30"}, windows.Rows[0][:2])
	require.Equal(t, "yes", windows.Rows[0][len(windows.Rows[0])-1])
	require.Equal(t, []string{"2025-02", "30"}, windows.Rows[2][:2])
}

func TestWritingForPeople(t *testing.T) {
	require.Equal(t, "12.34 USD", sheet.Amount("1234", "USD"))
	require.Equal(t, "1234 minor units", sheet.Amount("1234", ""))
	require.Empty(t, sheet.Amount("", "USD"))
	require.Equal(t, "-1.23 %", sheet.Percent("-0.01234"))
	require.Equal(t, "171.43 %", sheet.Percent("1.714285714"))
	require.Empty(t, sheet.Percent(""))
	require.Equal(t, "soon", sheet.Percent("soon"))
}
