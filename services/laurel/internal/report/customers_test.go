package report_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/laurel/internal/report"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/summary"
)

func TestWithoutCustomersNothingIsSaidOfThem(t *testing.T) {
	p := small()
	p.Summary.Analytics, p.Customers = summary.Analytics{}, report.Customers{}
	hasNot(t, render(t, p), "What the customers do")
}

func TestCustomersWhoSpentNothing(t *testing.T) {
	p := small()
	p.Summary.Analytics = summary.Analytics{AsOf: "2026-03-01", Customers: 2, Classes: []summary.CustomerGroup{{Name: "C", Customers: 2}}}
	p.Customers = report.Customers{Lorenz: []report.LorenzPoint{{}, {Customers: 2}}}
	page := render(t, p)
	has(t, page, "Nobody has spent anything yet")
	hasNot(t, page, "NaN")
	hasNot(t, page, "Inf")
}

// TestLongHistoriesStayReadable: of many cohorts the newest are shown, and of a long curve what can be seen.
func TestLongHistoriesStayReadable(t *testing.T) {
	p := small()
	p.Summary.Analytics.Cohorts, p.Customers.Repeat = nil, report.Curve{Longest: 9000}
	for i := range 200 {
		p.Summary.Analytics.Cohorts = append(p.Summary.Analytics.Cohorts, summary.Cohort{Month: fmt.Sprintf("m%03d", i), Active: make([]int64, 200-i)})
	}
	for day := range 9000 {
		p.Customers.Repeat.Steps = append(p.Customers.Repeat.Steps, report.CurveStep{Day: day, Share: 1 - float64(day)/9000})
	}
	page := render(t, p)
	has(t, page, "m199")
	has(t, page, "m176")
	hasNot(t, page, "m175")
	require.Less(t, strings.Count(page, "H"), 4000)
}

// TestWhereTheSegmentsCameFrom: who stood where half a year before, and who was not there yet.
func TestWhereTheSegmentsCameFrom(t *testing.T) {
	p := small()
	page := render(t, p)
	has(t, page, "Where the customers of each segment of 2025-09-01 stand now")
	has(t, page, `<tr><th scope="row">champions</th><td>0</td><td>17</td></tr>`)
	has(t, page, `<tr><th scope="row">hibernating</th><td>0</td><td>0</td></tr>`)
	has(t, page, `<tr><th scope="row">had not bought yet</th><td>80</td><td>0</td></tr>`)
	require.Equal(t, 2, strings.Count(page, "Segments by customers and by revenue</title>"), "a plot for wide pages, and one for narrow ones")
	p.Summary.Analytics.ComparedWith, p.Summary.Analytics.Moves = "", nil
	hasNot(t, render(t, p), "had not bought yet")
}

func TestWhatAnOrderWouldEarn(t *testing.T) {
	p := small()
	has(t, render(t, p), "An order of 100.00 EUR would earn 150 leaves now, and the tier would then be branch")
	p.Story.Preview.Tier = ""
	has(t, render(t, p), "An order of 100.00 EUR would earn 150 leaves now: that is asked")
	p.Story.Preview = report.Preview{}
	hasNot(t, render(t, p), "would earn")
}
