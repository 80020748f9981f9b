package page

import (
	"fmt"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/sheet"
)

// oneDigit writes a decimal for people; a dash where there is none.
func oneDigit(text string) string {
	if text == "" {
		return "–"
	}
	return fmt.Sprintf("%.1f", decimal(text))
}

func indicatorPlots(l *analyticsv1.LoyaltyIndicatorsReport) []plot {
	var scores []bar
	for _, v := range l.GetIndicators() {
		scores = append(scores, bar{v.GetIndicator(), decimal(v.GetScore()), fmt.Sprintf("%s of %d", oneDigit(v.GetScore()), v.GetCustomers())})
	}
	index := series{Name: "index"}
	for i, p := range l.GetTrend() {
		if p.GetIndex() != "" {
			index.Points = append(index.Points, point{float64(i*3 - 12), decimal(p.GetIndex())})
		}
	}
	return []plot{
		bars("Score of each indicator", "From 0 to 100, more is more loyal, and of how many customers it is known.", scores),
		lines("The index, by months before the day", "All indicators that are known, by their weights.", axes{count, count}, index),
	}
}

func (w writer) loyaltyTypes(l *analyticsv1.LoyaltyTypesReport) []plot {
	var types []bar
	for _, t := range l.GetTypes() {
		types = append(types, bar{t.GetType(), float64(t.GetCustomers()), shared(t.GetCustomers(), t.GetShare())})
	}
	list := []plot{bars("Customers by type", "The first rule that fits names the customer; the table says what is advised for each.", types)}
	if len(l.GetMoves()) > 0 {
		var flows []flow
		for _, m := range l.GetMoves() {
			flows = append(flows, flow{m.GetFrom(), m.GetTo(), float64(m.GetCustomers()), fmt.Sprint(m.GetCustomers())})
		}
		list = append(list, moves("Moves between types", "From where (left) to where (above) since the earlier day.", flows))
	}
	return list
}

func reviewPlots(r *analyticsv1.ReviewsReport) []plot {
	var topics []bar
	for _, t := range r.GetTopics() {
		name := t.GetTopic()
		if name == "" {
			name = "(no topic)"
		}
		topics = append(topics, bar{name, decimal(t.GetAll().GetBadShare()), shared(t.GetAll().GetReviews(), t.GetAll().GetBadShare())})
	}
	all, bad := series{Name: "reviews"}, series{Name: "bad ones"}
	for i, m := range r.GetMonths() {
		x := float64(i + 1 - len(r.GetMonths()))
		all.Points = append(all.Points, point{x, float64(m.GetOf().GetReviews())})
		bad.Points = append(bad.Points, point{x, float64(m.GetOf().GetBad())})
	}
	return []plot{
		bars("Bad reviews by topic", "How many reviews each topic has, and the share of the rated that are bad.", topics),
		lines("Reviews by months before the last", fmt.Sprintf("%d bad reviews call for a case.", r.GetCalls()), axes{count, count}, all, bad),
	}
}

func scorecardPlots(s *analyticsv1.ScorecardReport) []plot {
	var list []bar
	for _, l := range s.GetLines() {
		list = append(list,
			bar{l.GetOf() + ", customers", decimal(l.GetCustomersMean()), fmt.Sprintf("%s by %d", oneDigit(l.GetCustomersMean()), l.GetCustomers())},
			bar{l.GetOf() + ", staff", decimal(l.GetStaffMean()), fmt.Sprintf("%s by %d", oneDigit(l.GetStaffMean()), l.GetStaff())},
			bar{l.GetOf() + ", target", decimal(l.GetTarget()), oneDigit(l.GetTarget())})
	}
	return []plot{bars("Quality as customers and staff score it, beside the target", "From 1 to 5.", list)}
}

func channelPlots(c *analyticsv1.ChannelReport) []plot {
	var churn, renewal []bar
	for _, p := range c.GetPeriods() {
		name := "from " + p.GetFrom()
		churn = append(churn, bar{name, decimal(p.GetVoluntaryChurnShare()), fmt.Sprintf("%s of %d", sheet.Percent(p.GetVoluntaryChurnShare()), p.GetAtStart())})
		renewal = append(renewal, bar{name, decimal(p.GetVoluntaryRenewalShare()), fmt.Sprintf("%s of %d", sheet.Percent(p.GetVoluntaryRenewalShare()), p.GetRenewed()+p.GetEnded())})
	}
	return []plot{
		bars("Dealers who left of their own will", "Of those under contract when the period began.", churn),
		bars("Contracts renewed of their own will", "Of those that were renewed or ended in the period.", renewal),
	}
}

func contractPlots(c *analyticsv1.ContractRetentionReport) []plot {
	made, model, survival := series{Name: "renewed"}, series{Name: "by the model"}, series{Name: "still there, by the model"}
	for _, t := range c.GetTerms() {
		x := float64(t.GetRenewal())
		if t.GetRetentionShare() != "" {
			made.Points = append(made.Points, point{x, decimal(t.GetRetentionShare())})
		}
		if t.GetModelRetentionShare() != "" {
			model.Points = append(model.Points, point{x, decimal(t.GetModelRetentionShare())})
			survival.Points = append(survival.Points, point{x, decimal(t.GetModelSurvivalShare())})
		}
	}
	return []plot{
		lines("Contracts renewed, by renewal", "Of those that came to it; the model goes on where nobody has come to yet.", axes{count, percent}, made, model),
		lines("Contracts that are still there", "Of all that were signed, by how often they were renewed.", axes{count, percent}, survival),
	}
}
