package page

import (
	"fmt"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/sheet"
)

// heard draws the reports that rest on what customers say.
func (w writer) heard(r *analyticsv1.Report) []plot {
	switch body := r.GetBody().(type) {
	case *analyticsv1.Report_Satisfaction:
		return w.satisfaction(body.Satisfaction)
	case *analyticsv1.Report_ServiceStages:
		return stagePlots(body.ServiceStages)
	case *analyticsv1.Report_Statements:
		return statementPlots(body.Statements)
	case *analyticsv1.Report_Involvement:
		return involvementPlots(body.Involvement)
	case *analyticsv1.Report_LoyaltyIndicators:
		return indicatorPlots(body.LoyaltyIndicators)
	case *analyticsv1.Report_LoyaltyTypes:
		return w.loyaltyTypes(body.LoyaltyTypes)
	case *analyticsv1.Report_Reviews:
		return reviewPlots(body.Reviews)
	case *analyticsv1.Report_Scorecard:
		return scorecardPlots(body.Scorecard)
	case *analyticsv1.Report_Channel:
		return channelPlots(body.Channel)
	case *analyticsv1.Report_ContractRetention:
		return contractPlots(body.ContractRetention)
	}
	return nil
}

// shared writes how many, and which part.
func shared(customers int64, share string) string {
	if share == "" {
		return fmt.Sprint(customers)
	}
	return fmt.Sprintf("%d, %s", customers, sheet.Percent(share))
}

func (w writer) satisfaction(s *analyticsv1.SatisfactionReport) []plot {
	g := grid{Rows: []string{"loyal", "not loyal"}, Columns: []string{"not satisfied", "satisfied"}, Fields: [][]tile{make([]tile, 2), make([]tile, 2)}}
	for _, f := range s.GetFields() {
		row, column := 1, 0
		if f.GetLoyal() {
			row = 0
		}
		if f.GetSatisfied() {
			column = 1
		}
		g.Fields[row][column] = tile{
			Value: float64(f.GetCustomers()), Text: fmt.Sprintf("%s: %s", f.GetField(), shared(f.GetCustomers(), f.GetShare())), Tip: w.amount(f.GetRevenueMinor()),
		}
	}
	loyal := func(title, desc, name string, levels []*analyticsv1.RelationLevel) plot {
		var list []bar
		for _, l := range levels {
			list = append(list, bar{name + l.GetLevel(), decimal(l.GetLoyalShare()), shared(l.GetCustomers(), l.GetLoyalShare())})
		}
		return bars(title, desc, list)
	}
	kept := func(title string, name string, levels []*analyticsv1.RelationLevel) plot {
		var list []bar
		for _, l := range levels {
			list = append(list, bar{name + l.GetLevel(), decimal(l.GetKeptYearShare()), sheet.Percent(l.GetKeptYearShare())})
		}
		return bars(title, "Estimated not to be lost a year after the first purchase (Kaplan-Meier); without a figure nobody was observed for so long.", list)
	}
	return []plot{
		g.draw("Four fields", fmt.Sprintf("%d of %d customers have said how satisfied they are.", s.GetAnswered(), s.GetCustomers())),
		loyal("Loyal, by satisfaction", "Customers who said so, and the share of them who are loyal.", "satisfaction ", s.GetBySatisfaction()),
		kept("Kept for a year, by satisfaction", "satisfaction ", s.GetBySatisfaction()),
		kept("Kept for a year, by involvement", "involvement ", s.GetByInvolvement()),
	}
}

func stagePlots(s *analyticsv1.ServiceStagesReport) []plot {
	var list []bar
	for _, at := range s.GetStages() {
		list = append(list, bar{at.GetStage(), float64(at.GetCustomers()), shared(at.GetCustomers(), at.GetShare())})
	}
	return []plot{bars("Customers by stage", "Where customers stand; the table says which service each stage calls for.", list)}
}

func statementPlots(s *analyticsv1.StatementsReport) []plot {
	var list []bar
	for i, told := range s.GetStatements() {
		list = append(list, bar{fmt.Sprintf("%d, of whom it speaks", i+1), decimal(told.GetShare()), shared(told.GetOf(), told.GetShare())})
		if told.GetCompared() != "" {
			list = append(list, bar{fmt.Sprintf("%d, the others", i+1), decimal(told.GetComparedShare()), shared(told.GetComparedOf(), told.GetComparedShare())})
		}
	}
	return []plot{bars("Counted for each statement", "How many are counted, and of which share it is true; the table has the statements in this order.", list)}
}

func involvementPlots(v *analyticsv1.InvolvementReport) []plot {
	var list []bar
	for _, l := range v.GetLevels() {
		list = append(list, bar{l.GetLevel(), decimal(l.GetKeptShare()), shared(l.GetCustomers(), l.GetKeptShare())})
	}
	return []plot{bars("Kept, by involvement", fmt.Sprintf("Customers of each level, and the share of them who bought again from %s on.", v.GetFollowFrom()), list)}
}
