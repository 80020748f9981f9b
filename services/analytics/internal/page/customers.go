package page

import (
	"fmt"
	"math/big"
	"slices"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/sheet"
)

// fraction reads 33/10; 0 where there is none.
func fraction(text string) float64 {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0
	}
	v, _ := r.Float64()
	return v
}

func (w writer) lifeCycle(l *analyticsv1.LifeCycleReport) []plot {
	var stages []bar
	for _, s := range l.GetStages() {
		stages = append(stages, bar{s.GetName(), float64(s.GetCustomers()), fmt.Sprintf("%d, %s", s.GetCustomers(), sheet.Percent(s.GetShare()))})
	}
	list := []plot{bars("Customers by stage", "Where customers stand by their own rhythm.", stages)}
	if n := len(l.GetFlows()); n > 0 {
		last := l.GetFlows()[n-1].GetMonth()
		var flows []flow
		for _, f := range l.GetFlows() {
			if f.GetMonth() == last {
				flows = append(flows, flow{f.GetFrom(), f.GetTo(), float64(f.GetCustomers()), fmt.Sprint(f.GetCustomers())})
			}
		}
		list = append(list, moves("Moves in "+last, "From where (left) when the month began to where (above) when it ended.", flows))
	}
	return list
}

func (w writer) customer(c *analyticsv1.CustomerReport) []plot {
	var bought, open []bar
	for _, b := range c.GetCategories() {
		bought = append(bought, bar{b.GetCategory(), float64(b.GetSumMinor()), w.amount(b.GetSumMinor())})
	}
	for _, o := range c.GetNotYet() {
		open = append(open, bar{o.GetCategory(), decimal(o.GetBuyersShare()), sheet.Percent(o.GetBuyersShare())})
	}
	return []plot{
		bars("Bought, by category", fmt.Sprintf("%d orders on %d days since %s.", c.GetOrders(), c.GetPurchaseDays(), c.GetFirstDay()), bought),
		bars("Not bought yet", "Share of all customers who have bought of the category, of 5,000 where there are more.", open),
	}
}

func (w writer) matrix(m *analyticsv1.MatrixReport) []plot {
	g := grid{}
	for _, f := range m.GetFields() {
		row := slices.Index(g.Rows, m.GetY()+" "+f.GetY())
		if row < 0 {
			row = len(g.Rows)
			g.Rows, g.Fields = append(g.Rows, m.GetY()+" "+f.GetY()), append(g.Fields, nil)
		}
		if row == 0 {
			g.Columns = append(g.Columns, m.GetX()+" "+f.GetX())
		}
		g.Fields[row] = append(g.Fields[row], tile{
			Value: float64(f.GetCustomers()), Text: fmt.Sprintf("%d: %s", f.GetCustomers(), f.GetAction()), Tip: w.amount(f.GetRevenueMinor()),
		})
	}
	return []plot{g.draw("Customers by "+m.GetX()+" and "+m.GetY(), "How many customers lie in each field, and what is advised for it.")}
}

func kanoPlots(k *analyticsv1.KanoReport) []plot {
	g := grid{Columns: []string{"must-be", "one-dimensional", "attractive", "indifferent", "reverse", "questionable"}}
	var better, worse []bar
	for _, f := range k.GetFeatures() {
		var fields []tile
		for _, n := range []int64{f.GetMustBe(), f.GetOneDimensional(), f.GetAttractive(), f.GetIndifferent(), f.GetReverse(), f.GetQuestionable()} {
			fields = append(fields, tile{Value: float64(n) / float64(max(f.GetAnswers(), 1)), Text: fmt.Sprint(n)})
		}
		g.Rows, g.Fields = append(g.Rows, f.GetFeature()), append(g.Fields, fields)
		better = append(better, bar{f.GetFeature(), decimal(f.GetBetter()), f.GetBetter()})
		worse = append(worse, bar{f.GetFeature(), decimal(f.GetWorse()), f.GetWorse()})
	}
	return []plot{
		g.draw("Answers by class", fmt.Sprintf("%d answers.", k.GetAnswers())),
		bars("Better: having it", "How far having the feature raises satisfaction, from 0 to 1.", better),
		bars("Worse: lacking it", "How far lacking the feature lowers satisfaction, from 0 to −1.", worse),
	}
}

func churnCausePlots(c *analyticsv1.ChurnCausesReport) []plot {
	var own, mix []bar
	for _, cause := range c.GetCauses() {
		own = append(own, bar{cause.GetCause(), decimal(cause.GetShare()), fmt.Sprintf("%d, %s", cause.GetCustomers(), sheet.Percent(cause.GetShare()))})
		mix = append(mix, bar{cause.GetCause(), decimal(cause.GetReferenceShare()), sheet.Percent(cause.GetReferenceShare())})
	}
	return []plot{
		bars("Own mix", fmt.Sprintf("Of %d lost customers the cause is known of %d.", c.GetLost(), c.GetKnown()), own),
		bars("Reference mix", "What is taught; it says nothing of this shop.", mix),
	}
}
