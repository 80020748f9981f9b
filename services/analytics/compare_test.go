package analytics_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/sheet"
)

// TestEveryReportIsComparedWithAnEarlierDay: its changes are those between the reports of the two days.
func TestEveryReportIsComparedWithAnEarlierDay(t *testing.T) {
	t.Parallel()
	s := library(t)
	for _, name := range s.reportNames() {
		ask := func(asOf, compare string) *analyticsv1.Report {
			in := &analyticsv1.GetReportRequest{Program: "tea", Name: name, AsOf: asOf, Compare: compare, Filter: &analyticsv1.ReportFilter{}}
			switch name {
			case "customer":
				in.Parameters = &analyticsv1.GetReportRequest_Customer{Customer: &analyticsv1.CustomerParameters{Account: "ann"}}
			case "actions", "churn-effect", "lifetime": // of all that there is
			default:
				in.Filter.Merchant = "shop"
			}
			return s.ask(in)
		}
		now, then, both := ask("2025-03-01", ""), ask("2025-02-11", ""), ask("2025-03-01", "2025-02-11")
		require.Empty(t, now.GetChanges())
		require.Equal(t, "2025-02-11", both.GetCompare())
		require.Equal(t, sheet.OfChanges(sheet.Changes(bodyOf(then), bodyOf(now))).Rows, sheet.OfChanges(both.GetChanges()).Rows, name)
		requireFinite(t, both)
	}
	_, err := s.grpc.GetReport(t.Context(), &analyticsv1.GetReportRequest{Program: "tea", Name: "acquisition", AsOf: "2025-03-01", Compare: "2025-02-11",
		Parameters: &analyticsv1.GetReportRequest_Acquisition{Acquisition: &analyticsv1.AcquisitionParameters{From: "2025-02-15"}}})
	requireRefused(t, err, reason.InvalidArgument, "compare", "as of 2025-02-11: 2025-02-15 is not before 2025-02-11")
	r := s.ask(&analyticsv1.GetReportRequest{Program: "tea", Name: "pareto", AsOf: "2025-03-01", Compare: "2025-02-11"})
	require.Contains(t, sheet.OfChanges(r.GetChanges()).Rows, []string{"total_minor", "", "8000", "8300", "300", "0.037500000"})
	_, page := s.comparedPage("pareto", "2025-03-01", "2025-02-11")
	require.Contains(t, page, "What changed since 2025-02-11")
	require.Contains(t, page, "3.75 %")
}
