package page_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/page"
)

// requirePage checks what holds for every page: it is whole, loads and runs nothing, and holds no number that is none.
func requirePage(t *testing.T, r *analyticsv1.Report) string {
	t.Helper()
	made, err := page.Of(r, "Is <this> a question?")
	require.NoError(t, err)
	require.Contains(t, made, "Is &lt;this&gt; a question?")
	require.NotRegexp(t, `(?i)<script|\ssrc=|https?://|url\(|@import|\son[a-z]+=`, made)
	require.NotRegexp(t, `NaN|[+-]Inf\b|%!`, made)
	requireXML(t, made[strings.Index(made, "<header>"):strings.Index(made, "</body>")])
	requireDrawings(t, r, strings.Count(made, `<svg class="plot"`))
	return made
}

func requireXML(t *testing.T, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err, text)
	}
}

// requireDrawings checks what holds for every plot as a document of its own: as for the page, and its colours stand in it.
func requireDrawings(t *testing.T, r *analyticsv1.Report, n int) {
	t.Helper()
	list, err := page.Drawings(r)
	require.NoError(t, err)
	require.Len(t, list, n)
	for _, p := range list {
		requireXML(t, p.GetSvg())
		require.Regexp(t, `^<svg xmlns="http://www.w3.org/2000/svg" [^>]* width="\d+(\.\d)?" height="\d+(\.\d)?" viewBox="-16 0 \d`, p.GetSvg())
		require.NotRegexp(t, `(?i)<script|\s(src|href)=|url\(|@import|\son[a-z]+=|var\(|(fill|stroke): [;}]|ZgotmplZ|NaN|%!`, p.GetSvg())
		require.NotEmpty(t, p.GetTitle())
	}
}

func TestPagesOfReportsWithoutAnything(t *testing.T) {
	for _, r := range []*analyticsv1.Report{
		{},
		{Body: &analyticsv1.Report_Pareto{Pareto: &analyticsv1.ParetoReport{}}},
		{Body: &analyticsv1.Report_Rfm{Rfm: &analyticsv1.RfmReport{}}},
		{Body: &analyticsv1.Report_Cohorts{Cohorts: &analyticsv1.CohortReport{}}},
		{Body: &analyticsv1.Report_Survival{Survival: &analyticsv1.SurvivalReport{}}},
		{Body: &analyticsv1.Report_Actions{Actions: &analyticsv1.ActionsReport{}}},
		{Body: &analyticsv1.Report_Lifetime{Lifetime: &analyticsv1.LifetimeReport{}}},
		{Body: &analyticsv1.Report_Lifetime{Lifetime: &analyticsv1.LifetimeReport{Check: &analyticsv1.HoldoutCheck{}}}},
		{Body: &analyticsv1.Report_ChurnEffect{ChurnEffect: &analyticsv1.ChurnEffectReport{}}},
		{Body: &analyticsv1.Report_AbcXyz{AbcXyz: &analyticsv1.AbcXyzReport{}}},
		{Body: &analyticsv1.Report_Budget{Budget: &analyticsv1.BudgetReport{Sides: []*analyticsv1.BudgetSide{{Whole: &analyticsv1.BudgetSpent{}}}}}},
		{Body: &analyticsv1.Report_ServiceCost{ServiceCost: &analyticsv1.ServiceCostReport{}}},
		{Body: &analyticsv1.Report_Priorities{Priorities: &analyticsv1.PrioritiesReport{}}},
		{Body: &analyticsv1.Report_MarketPotential{MarketPotential: &analyticsv1.MarketPotentialReport{}}},
		{Body: &analyticsv1.Report_Switching{Switching: &analyticsv1.SwitchingReport{}}},
		{Body: &analyticsv1.Report_PriceTolerance{PriceTolerance: &analyticsv1.PriceToleranceReport{}}},
	} {
		requirePage(t, r)
	}
}

func TestThePageOfAReport(t *testing.T) {
	made := requirePage(t, &analyticsv1.Report{
		Name: "pareto", Program: "tea", AsOf: "2025-03-01", Currency: "USD",
		Body: &analyticsv1.Report_Pareto{Pareto: &analyticsv1.ParetoReport{
			Customers: 3, TotalMinor: 1234, Gini: "0.375000000",
			Top:     &analyticsv1.CustomerGroup{Customers: 1, CustomersShare: "0.333333333", SumMinor: 1000, SumShare: "0.810372771"},
			Classes: []*analyticsv1.CustomerClass{{Name: "A<b>", Customers: 1, SumMinor: 1000, SumShare: "0.810372771"}, {Name: "B"}},
			Lorenz:  []*analyticsv1.LorenzPoint{{}, {Customers: 1, SumMinor: 34}, {Customers: 3, SumMinor: 1234}},
		}},
		Figures: []*analyticsv1.Figure{{
			Field: "top", Definition: "the best", Source: "Pareto 1896", N: 3, Basis: analyticsv1.Basis_BASIS_MEASURED, CannotSay: "why",
		}},
	})
	for _, want := range []string{
		"<h1>Pareto</h1>", "Programme tea, orders before 2025-03-01", "10.00 USD", "81.04 %", "A&lt;b&gt;",
		"<th scope=\"row\">top</th><td>the best</td><td>Pareto 1896</td><td class=\"n\">3</td><td>measured</td><td>why</td>",
		"the best 33.33 % of the customers brought 81.04 %",
	} {
		require.Contains(t, strings.ReplaceAll(made, "The best", "the best"), want)
	}
	require.Equal(t, 2, strings.Count(made, "<svg class=\"plot\""))
}

// TestEachPageHasItsPlots: with their titles, and with marks in them.
func TestEachPageHasItsPlots(t *testing.T) {
	curve := &analyticsv1.SurvivalCurve{Customers: 2, LongestDays: 90, Steps: []*analyticsv1.SurvivalStep{{Day: 30, Survival: "0.500000000"}}}
	for name, c := range map[string]struct {
		report *analyticsv1.Report
		titles []string
	}{
		"rfm": {&analyticsv1.Report{Body: &analyticsv1.Report_Rfm{Rfm: &analyticsv1.RfmReport{
			Segments: []*analyticsv1.Segment{{Name: "champions", Customers: 3, SumMinor: 100}, {Name: "lost", Customers: 1}},
			Cells:    []*analyticsv1.RfmCell{{Recency: 5, Frequency: 5, Monetary: 5, Customers: 3}},
			Moves:    []*analyticsv1.SegmentMove{{From: "lost", To: "champions", Customers: 1}, {To: "lost", Customers: 2}},
		}}}, []string{"Customers by segment", "Customers by recency and frequency", "Moves between segments"}},
		"cohorts": {&analyticsv1.Report{Body: &analyticsv1.Report_Cohorts{Cohorts: &analyticsv1.CohortReport{
			Cohorts: []*analyticsv1.Cohort{{Month: "2025-01", Active: []int64{4, 2}}},
			All:     &analyticsv1.Newcomers{Windows: []*analyticsv1.NewcomerWindow{{Days: 30, Customers: 4, Second: 2, SecondShare: "0.500000000"}}},
		}}}, []string{"Newcomers of each month who ordered in the k-th month after", "Second purchase day within"}},
		"survival": {&analyticsv1.Report{Body: &analyticsv1.Report_Survival{Survival: &analyticsv1.SurvivalReport{
			FirstRepeat: curve, Loss: curve, SilentDays: 180,
		}}}, []string{"Customers by days since their first purchase (Kaplan-Meier)"}},
		"actions": {&analyticsv1.Report{Body: &analyticsv1.Report_Actions{Actions: &analyticsv1.ActionsReport{
			Months: []*analyticsv1.ActionMonth{{Type: "review", Month: "2025-01", Actions: 3, Points: 150}},
		}}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			made := requirePage(t, c.report)
			drawn := strings.Split(made, "<svg class=\"plot\"")[1:]
			require.Len(t, drawn, max(len(c.titles), 1))
			for i, plot := range drawn {
				plot, _, _ = strings.Cut(plot, "</svg>")
				require.Regexp(t, `<(rect|path|polyline|line|circle)\b`, plot, "it draws something")
				if i < len(c.titles) {
					require.Contains(t, plot, c.titles[i])
				}
			}
		})
	}
}

// TestTheEffectIsDrawnWithItsIntervals: every estimator has its own, to scale, beside nothing; without an estimate nothing is drawn,
// and where nobody was held out no side is compared.
func TestTheEffectIsDrawnWithItsIntervals(t *testing.T) {
	of := func(e *analyticsv1.EffectReport) *analyticsv1.Report {
		return &analyticsv1.Report{Name: "effect", Currency: "USD", Body: &analyticsv1.Report_Effect{Effect: e}}
	}
	e := &analyticsv1.EffectReport{
		Adjusted:     &analyticsv1.EffectEstimate{PerCustomer: "200.00", Low: "-100.00", High: "400.00"},
		Plain:        &analyticsv1.EffectEstimate{PerCustomer: "-50.00", Low: "-75.00", High: "0.00"},
		BootstrapLow: "100.00", BootstrapHigh: "300.00", ExplainedShare: "0.500000000",
		Treated: &analyticsv1.EffectSide{Customers: 10, PerCustomer: "500.00", BeforePerCustomer: "100.00"},
		HeldOut: &analyticsv1.EffectSide{Customers: 3, PerCustomer: "300.00", BeforePerCustomer: "90.00"},
	}
	list, err := page.Drawings(of(e))
	require.NoError(t, err)
	require.Len(t, list, 2)
	svg := list[0].GetSvg()
	require.Contains(t, list[0].GetDescription(), "50.00 %")
	// From −100 to 400 lie 300 px: nothing is drawn at 260, the adjusted interval reaches both ends.
	for _, part := range []string{`"M260,0V100"`, `M200,10V20M200,15H500M500,10V20`, `M215,40V50M215,45H260M260,40V50`, `M320,70V80M320,75H440M440,70V80`} {
		require.Contains(t, svg, part)
	}
	require.Equal(t, 1, strings.Count(svg, `class="bar below"`), "an effect below nothing is drawn as such")
	for _, text := range []string{"2.00 USD (-1.00 to 4.00)", "-0.50 USD (-0.75 to 0.00)", "2.00 USD (1.00 to 3.00)"} {
		require.Contains(t, svg, text)
	}
	require.Contains(t, list[1].GetDescription(), "10 were treated, 3 held out")
	require.Equal(t, 4, strings.Count(list[1].GetSvg(), `class="bar"`))

	list, err = page.Drawings(of(&analyticsv1.EffectReport{BeforeAfter: true, Plain: e.GetPlain()}))
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Contains(t, list[0].GetDescription(), "Nobody was held out")
	list, err = page.Drawings(of(&analyticsv1.EffectReport{Treated: e.GetTreated(), HeldOut: &analyticsv1.EffectSide{}}))
	require.NoError(t, err)
	require.Empty(t, list)
	requirePage(t, of(e))
}

// TestADrawingSaysWhatThePageSaysAroundIt: title, description in lines that fit, and what its lines mean.
func TestADrawingSaysWhatThePageSaysAroundIt(t *testing.T) {
	list, err := page.Drawings(&analyticsv1.Report{Name: "lifetime", Body: &analyticsv1.Report_Lifetime{Lifetime: &analyticsv1.LifetimeReport{
		Check: &analyticsv1.HoldoutCheck{
			From: "2025-07-01, a Tuesday in a long summer", Tracking: []*analyticsv1.TrackingPoint{{Actual: 3, Expected: "2.5"}, {Actual: 6, Expected: "5.5"}},
		},
	}}})
	require.NoError(t, err)
	require.Len(t, list, 2)
	svg := list[0].GetSvg()
	require.Contains(t, svg, `<text class="heading" y="22">`+list[0].GetTitle()+`</text>`)
	require.Contains(t, list[0].GetDescription(), "begins on 2025-07-01,")
	require.Equal(t, 2, strings.Count(svg, `<text class="desc"`))
	require.Contains(t, svg, `<path class="line l1" d="M240,`)
	require.Regexp(t, `<text class="figure" x="282" y="\d+(\.\d)?">expected by the model</text>`, svg)
	require.Contains(t, svg, ".l1 { stroke: #b8550f; stroke-dasharray: 7 4; }")
}

func TestManyRowsAreCutOnThePage(t *testing.T) {
	p := &analyticsv1.ParetoReport{}
	for range 1000 {
		p.Lorenz = append(p.Lorenz, &analyticsv1.LorenzPoint{})
	}
	require.Contains(t, requirePage(t, &analyticsv1.Report{Body: &analyticsv1.Report_Pareto{Pareto: p}}), "500 more rows are not shown here")
}
