package laurelctl

import (
	"fmt"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// reportGrids are a report as rows for a program, whose first column says what a row is, and as tables for people.
func reportGrids(r *analyticsv1.Report) (grid, []grid) {
	currency := money.Currency(r.GetCurrency())
	switch body := r.GetBody().(type) {
	case *analyticsv1.Report_Actions:
		return actionRows(body.Actions), nil
	case *analyticsv1.Report_Pareto:
		return paretoRows(body.Pareto), paretoTables(body.Pareto, currency)
	case *analyticsv1.Report_Rfm:
		return rfmRows(body.Rfm), rfmTables(body.Rfm, currency)
	case *analyticsv1.Report_Cohorts:
		return cohortRows(body.Cohorts), cohortTables(body.Cohorts)
	case *analyticsv1.Report_Survival:
		return survivalRows(body.Survival), survivalTables(body.Survival)
	default:
		return sheetGrids(r)
	}
}

// share writes a share of nine digits as a percentage for people.
func share(text string) string {
	r, err := money.ParseRatio(text)
	if err != nil {
		return text // empty, or below zero
	}
	twice, err := r.Floor(20_000)
	if err != nil {
		return text
	}
	per10000 := (twice + 1) / 2
	return fmt.Sprintf("%d.%02d %%", per10000/100, per10000%100)
}

func actionRows(a *analyticsv1.ActionsReport) grid {
	g := grid{columns: []string{"type", "month", "actions", "points"}, numbers: []string{"actions", "points"}}
	for _, m := range a.GetMonths() {
		g.add(m.GetType(), m.GetMonth(), number(m.GetActions()), number(m.GetPoints()))
	}
	return g
}

func paretoRows(p *analyticsv1.ParetoReport) grid {
	g := grid{columns: []string{"part", "name", "customers", "customers_share", "sum_minor", "sum_share"}}
	g.add("total", "", number(p.GetCustomers()), "", number(p.GetTotalMinor()), "")
	g.add("gini", "", "", "", "", p.GetGini())
	for _, named := range []struct {
		name  string
		group *analyticsv1.CustomerGroup
	}{{"top", p.GetTop()}, {"most", p.GetMost()}, {"half", p.GetHalf()}} {
		g.add("group", named.name, number(named.group.GetCustomers()), named.group.GetCustomersShare(),
			number(named.group.GetSumMinor()), named.group.GetSumShare())
	}
	for _, c := range p.GetClasses() {
		g.add("class", c.GetName(), number(c.GetCustomers()), c.GetCustomersShare(), number(c.GetSumMinor()), c.GetSumShare())
	}
	for _, l := range p.GetLorenz() {
		g.add("lorenz", "", number(l.GetCustomers()), "", number(l.GetSumMinor()), "")
	}
	return g
}

func paretoTables(p *analyticsv1.ParetoReport, currency money.Currency) []grid {
	who := grid{
		title:   fmt.Sprintf("%d customers spent %s; Gini %s", p.GetCustomers(), amount(p.GetTotalMinor(), currency), p.GetGini()),
		columns: []string{"who", "customers", "of_customers", "spent", "of_all"}, numbers: []string{"customers", "of_customers", "spent", "of_all"},
	}
	for _, named := range []struct {
		name  string
		group *analyticsv1.CustomerGroup
	}{{"the best", p.GetTop()}, {"who make most", p.GetMost()}, {"who make half", p.GetHalf()}} {
		who.add(named.name, number(named.group.GetCustomers()), share(named.group.GetCustomersShare()),
			amount(named.group.GetSumMinor(), currency), share(named.group.GetSumShare()))
	}
	for _, c := range p.GetClasses() {
		who.add("class "+c.GetName(), number(c.GetCustomers()), share(c.GetCustomersShare()), amount(c.GetSumMinor(), currency), share(c.GetSumShare()))
	}
	return []grid{who}
}

func rfmRows(r *analyticsv1.RfmReport) grid {
	g := grid{columns: []string{"part", "name", "to", "score", "customers", "best", "worst", "sum_minor"}}
	for _, s := range r.GetSegments() {
		g.add("segment", s.GetName(), "", "", number(s.GetCustomers()), "", "", number(s.GetSumMinor()))
	}
	for _, scale := range scales(r) {
		for _, b := range scale.bands {
			g.add(scale.name, "", "", number(b.GetScore()), number(b.GetCustomers()), number(b.GetBest()), number(b.GetWorst()), "")
		}
	}
	for _, c := range r.GetCells() {
		g.add("cell", "", "", fmt.Sprint(c.GetRecency(), c.GetFrequency(), c.GetMonetary()), number(c.GetCustomers()), "", "", "")
	}
	for _, m := range r.GetMoves() {
		g.add("move", m.GetFrom(), m.GetTo(), "", number(m.GetCustomers()), "", "", "")
	}
	return g
}

type namedScale struct {
	name  string
	bands []*analyticsv1.ScoreBand
}

func scales(r *analyticsv1.RfmReport) []namedScale {
	return []namedScale{{"recency", r.GetRecency()}, {"frequency", r.GetFrequency()}, {"monetary", r.GetMonetary()}}
}

func rfmTables(r *analyticsv1.RfmReport, currency money.Currency) []grid {
	segments := grid{columns: []string{"segment", "customers", "spent"}, numbers: []string{"customers", "spent"}}
	for _, s := range r.GetSegments() {
		segments.add(s.GetName(), number(s.GetCustomers()), amount(s.GetSumMinor(), currency))
	}
	bands := grid{columns: []string{"by", "score", "customers", "from", "to"}, numbers: []string{"score", "customers", "from", "to"}}
	for _, scale := range scales(r) {
		for _, b := range scale.bands {
			from, to := number(b.GetBest()), number(b.GetWorst())
			if scale.name == "monetary" {
				from, to = amount(b.GetBest(), currency), amount(b.GetWorst(), currency)
			}
			bands.add(scale.name, number(b.GetScore()), number(b.GetCustomers()), from, to)
		}
	}
	tables := []grid{segments, bands}
	if len(r.GetMoves()) > 0 {
		moves := grid{columns: []string{"from", "to", "customers"}, numbers: []string{"customers"}}
		for _, m := range r.GetMoves() {
			from := m.GetFrom()
			if from == "" {
				from = "(new)"
			}
			moves.add(from, m.GetTo(), number(m.GetCustomers()))
		}
		tables = append(tables, moves)
	}
	return tables
}

func cohortRows(c *analyticsv1.CohortReport) grid {
	g := grid{columns: []string{"part", "month", "after", "customers", "second", "third"}}
	for _, month := range c.GetCohorts() {
		for k, n := range month.GetActive() {
			g.add("active_months", month.GetMonth(), fmt.Sprint(k), number(n), "", "")
		}
		newcomerRows(&g, month.GetMonth(), month.GetNewcomers())
	}
	newcomerRows(&g, "", c.GetAll())
	return g
}

func newcomerRows(g *grid, month string, n *analyticsv1.Newcomers) {
	for _, w := range n.GetWindows() {
		g.add("within_days", month, number(w.GetDays()), number(w.GetCustomers()), number(w.GetSecond()), number(w.GetThird()))
	}
	g.add("ever", month, "", number(n.GetCustomers()), number(n.GetSecond()), number(n.GetThird()))
}

// cohortColumns is how many months of the triangle fit a terminal.
const cohortColumns = 12

func cohortTables(c *analyticsv1.CohortReport) []grid {
	triangle := grid{title: "Customers of each month's newcomers who ordered in the k-th month after", columns: []string{"month"}}
	longest := 0
	for _, month := range c.GetCohorts() {
		longest = max(longest, len(month.GetActive()))
	}
	for k := range min(longest, cohortColumns) {
		triangle.columns = append(triangle.columns, fmt.Sprint(k))
		triangle.numbers = append(triangle.numbers, fmt.Sprint(k))
	}
	for _, month := range c.GetCohorts() {
		row := []string{month.GetMonth()}
		for k := range min(longest, cohortColumns) {
			cell := ""
			if k < len(month.GetActive()) {
				cell = number(month.GetActive()[k])
			}
			row = append(row, cell)
		}
		triangle.add(row...)
	}
	soon := grid{
		title:   "Newcomers who bought again, of those observed for so long",
		columns: []string{"within_days", "observed", "second", "share", "third", "most_do"}, numbers: []string{"within_days", "observed", "second", "share", "third"},
	}
	for _, w := range c.GetAll().GetWindows() {
		soon.add(number(w.GetDays()), number(w.GetCustomers()), number(w.GetSecond()), share(w.GetSecondShare()), number(w.GetThird()), yesOrNo(w.GetRegular()))
	}
	all := c.GetAll()
	soon.add("ever", number(all.GetCustomers()), number(all.GetSecond()), share(all.GetSecondShare()), number(all.GetThird()), "")
	return []grid{triangle, soon}
}
