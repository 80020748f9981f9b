package page

import (
	"fmt"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/sheet"
)

func (w writer) abcXyz(r *analyticsv1.AbcXyzReport) []plot {
	g := grid{Columns: []string{"X: even", "Y: wavering", "Z: uneven"}}
	for i, f := range r.GetFields() {
		if i%len(g.Columns) == 0 {
			g.Rows, g.Fields = append(g.Rows, f.GetAbc()), append(g.Fields, nil)
		}
		last := len(g.Fields) - 1
		g.Fields[last] = append(g.Fields[last], tile{
			Value: float64(f.GetRevenueMinor()), Text: fmt.Sprintf("%d: %s", f.GetCustomers(), sheet.Percent(f.GetRevenueShare())), Tip: w.amount(f.GetRevenueMinor()),
		})
	}
	list := []plot{g.draw("Nine fields: what customers bring, and how evenly", fmt.Sprintf(
		"Customers, and their part of the revenue. %d more are known too short, or spent nothing.", r.GetUnratedCustomers()))}
	for _, by := range []struct {
		title   string
		classes []*analyticsv1.AbcXyzClass
	}{{"By one criterion: " + r.GetCriterion(), r.GetByOne()}, {"By several criteria", r.GetBySeveral()}} {
		var classes []bar
		for _, c := range by.classes {
			classes = append(classes, bar{c.GetName(), float64(c.GetRevenueMinor()), fmt.Sprintf("%s by %d", sheet.Percent(c.GetRevenueShare()), c.GetCustomers())})
		}
		list = append(list, bars(by.title, fmt.Sprintf("Revenue of each class; %d of %d customers are of one class by both.", r.GetAgreeingCustomers(), r.GetCustomers()), classes))
	}
	return list
}
