package page

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/sheet"
)

// plots draws a report. One that it does not know has none: its tables say all.
func plots(r *analyticsv1.Report) []plot {
	w := writer{money.Currency(r.GetCurrency())}
	switch body := r.GetBody().(type) {
	case *analyticsv1.Report_Actions:
		return actionPlots(body.Actions)
	case *analyticsv1.Report_Pareto:
		return w.pareto(body.Pareto)
	case *analyticsv1.Report_Rfm:
		return w.rfm(body.Rfm)
	case *analyticsv1.Report_Cohorts:
		return cohortPlots(body.Cohorts)
	case *analyticsv1.Report_Survival:
		return survivalPlots(body.Survival)
	case *analyticsv1.Report_Lifetime:
		return lifetimePlots(body.Lifetime)
	case *analyticsv1.Report_ChurnEffect:
		return churnPlots(body.ChurnEffect)
	case *analyticsv1.Report_Effect:
		return w.effect(body.Effect)
	case *analyticsv1.Report_Profitability:
		return w.profitability(body.Profitability)
	case *analyticsv1.Report_MoneyRetention:
		return w.moneyRetention(body.MoneyRetention)
	case *analyticsv1.Report_Acquisition:
		return w.acquisition(body.Acquisition)
	case *analyticsv1.Report_Goal:
		return goalPlots(body.Goal)
	case *analyticsv1.Report_LifeCycle:
		return w.lifeCycle(body.LifeCycle)
	case *analyticsv1.Report_Customer:
		return w.customer(body.Customer)
	case *analyticsv1.Report_AbcXyz:
		return w.abcXyz(body.AbcXyz)
	case *analyticsv1.Report_Clusters:
		return clusterPlots(body.Clusters)
	case *analyticsv1.Report_Matrix:
		return w.matrix(body.Matrix)
	case *analyticsv1.Report_Kano:
		return kanoPlots(body.Kano)
	case *analyticsv1.Report_ChurnCauses:
		return churnCausePlots(body.ChurnCauses)
	}
	if drawn := w.heard(r); drawn != nil {
		return drawn
	}
	return w.planned(r)
}

// writer writes amounts in the currency of the report.
type writer struct{ currency money.Currency }

func (w writer) amount(minor int64) string {
	return sheet.Amount(strconv.FormatInt(minor, 10), w.currency)
}

func count(v float64) string { return strconv.FormatFloat(math.Round(v), 'f', -1, 64) }

func percent(v float64) string { return strconv.FormatFloat(v*100, 'f', 0, 64) + " %" }

// decimal reads a share or another decimal of an answer; 0 where there is none.
func decimal(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}

func (w writer) pareto(p *analyticsv1.ParetoReport) []plot {
	points := p.GetLorenz()
	var curve []point
	if n := len(points); n > 0 && points[n-1].GetCustomers() > 0 && points[n-1].GetSumMinor() > 0 {
		last := points[n-1]
		for _, at := range points {
			curve = append(curve, point{
				float64(at.GetCustomers()) / float64(last.GetCustomers()), float64(at.GetSumMinor()) / float64(last.GetSumMinor()),
			})
		}
	}
	desc := fmt.Sprintf("The best %s of the customers brought %s of the revenue. Gini %s.",
		sheet.Percent(p.GetTop().GetCustomersShare()), sheet.Percent(p.GetTop().GetSumShare()), p.GetGini())
	if curve == nil {
		desc = "Nobody has spent anything yet."
	}
	list := []plot{lines("Share of revenue by share of customers, the poorest first (Lorenz curve)", desc, axes{percent, percent},
		series{Name: "customers", Points: curve}, series{Name: "all alike", Points: []point{{0, 0}, {1, 1}}})}
	var classes []bar
	for _, c := range p.GetClasses() {
		classes = append(classes, bar{c.GetName(), float64(c.GetSumMinor()), fmt.Sprintf("%s by %d", sheet.Percent(c.GetSumShare()), c.GetCustomers())})
	}
	return append(list, bars("Revenue by class", "What each class brought, and how many customers it has.", classes))
}

func (w writer) rfm(r *analyticsv1.RfmReport) []plot {
	var segments []bar
	for _, s := range r.GetSegments() {
		segments = append(segments, bar{s.GetName(), float64(s.GetCustomers()), fmt.Sprintf("%d, %s", s.GetCustomers(), w.amount(s.GetSumMinor()))})
	}
	list := []plot{bars("Customers by segment", "How many customers each segment has, and what they spent.", segments)}
	g := grid{Columns: []string{"F 1", "F 2", "F 3", "F 4", "F 5"}}
	for score := int32(5); score >= 1; score-- {
		fields := make([]tile, 5)
		for _, c := range r.GetCells() {
			if c.GetRecency() == score {
				fields[c.GetFrequency()-1].Value += float64(c.GetCustomers())
			}
		}
		for i := range fields {
			fields[i].Text = count(fields[i].Value)
		}
		g.Rows, g.Fields = append(g.Rows, fmt.Sprint("R ", score)), append(g.Fields, fields)
	}
	list = append(list, g.draw("Customers by recency and frequency", "Top right are those who bought lately and often."))
	if len(r.GetMoves()) > 0 {
		var flows []flow
		for _, m := range r.GetMoves() {
			flows = append(flows, flow{m.GetFrom(), m.GetTo(), float64(m.GetCustomers()), fmt.Sprint(m.GetCustomers())})
		}
		list = append(list, moves("Moves between segments", "From where (left) to where (above) since the earlier day.", flows))
	}
	return list
}

// flow is how many went from one state to another; from is empty for who was not there.
type flow struct {
	From, To string
	Value    float64
	Text     string
}

// moves draws flows as a grid: rows are from where, columns to where.
func moves(title, desc string, list []flow) plot {
	g := grid{}
	place := func(names *[]string, name string) int {
		if name == "" {
			name = "(new)"
		}
		if i := slices.Index(*names, name); i >= 0 {
			return i
		}
		*names = append(*names, name)
		return len(*names) - 1
	}
	for _, f := range list {
		place(&g.Rows, f.From)
		place(&g.Columns, f.To)
	}
	g.Fields = make([][]tile, len(g.Rows))
	for i := range g.Fields {
		g.Fields[i] = make([]tile, len(g.Columns))
		for k := range g.Fields[i] {
			g.Fields[i][k].Text = "0"
		}
	}
	for _, f := range list {
		i, k := place(&g.Rows, f.From), place(&g.Columns, f.To)
		g.Fields[i][k] = tile{Value: f.Value, Text: f.Text, Tip: fmt.Sprintf("%s → %s: %s", g.Rows[i], g.Columns[k], f.Text)}
	}
	return g.draw(title, desc)
}

func cohortPlots(c *analyticsv1.CohortReport) []plot {
	g := grid{}
	cohorts := c.GetCohorts()
	for _, month := range cohorts[max(0, len(cohorts)-gridRowsMax):] {
		g.Rows = append(g.Rows, month.GetMonth())
		var fields []tile
		for k, n := range month.GetActive() {
			share := float64(n) / float64(max(month.GetActive()[0], 1))
			f := tile{Value: share, Text: percent(share), Tip: fmt.Sprintf("%d of %d", n, month.GetActive()[0])}
			if k == 0 {
				f = tile{Text: fmt.Sprint(n)}
			}
			fields = append(fields, f)
		}
		g.Fields = append(g.Fields, fields)
		for len(g.Columns) < len(fields) {
			g.Columns = append(g.Columns, fmt.Sprint(len(g.Columns)))
		}
	}
	var soon []bar
	for _, w := range c.GetAll().GetWindows() {
		soon = append(soon, bar{fmt.Sprintf("%d days", w.GetDays()), decimal(w.GetSecondShare()), fmt.Sprintf("%s of %d", sheet.Percent(w.GetSecondShare()), w.GetCustomers())})
	}
	return []plot{
		g.draw("Newcomers of each month who ordered in the k-th month after", "The first column is how many came; the others are the share of them who came again."),
		bars("Second purchase day within", "Share of the newcomers who bought on a second day, of those observed for so long.", soon),
	}
}

func actionPlots(a *analyticsv1.ActionsReport) []plot {
	sums, names := map[string]int64{}, []string{}
	for _, m := range a.GetMonths() {
		if _, ok := sums[m.GetType()]; !ok {
			names = append(names, m.GetType())
		}
		sums[m.GetType()] += m.GetActions()
	}
	var list []bar
	for _, name := range names {
		list = append(list, bar{name, float64(sums[name]), fmt.Sprint(sums[name])})
	}
	return []plot{bars("Own events by type", "How many of each type the ledger took.", list)}
}
