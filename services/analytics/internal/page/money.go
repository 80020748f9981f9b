package page

import (
	"fmt"
	"math"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/sheet"
)

// whole writes an amount on an axis.
func (w writer) whole(minor float64) string { return w.amount(int64(math.Round(minor))) }

func (w writer) profitability(p *analyticsv1.ProfitabilityReport) []plot {
	var whale []point
	for _, at := range p.GetWhale() {
		whale = append(whale, point{float64(at.GetCustomers()), float64(at.GetProfitMinor())})
	}
	steps := []bar{{"revenue with known cost", float64(p.GetRevenueMinor() - p.GetUncostedMinor()), w.amount(p.GetRevenueMinor() - p.GetUncostedMinor())}}
	for _, cost := range []struct {
		name  string
		minor int64
	}{{"goods", p.GetGoodsMinor()}, {"orders", p.GetOrdersMinor()}, {"own events", p.GetActionsMinor()}, {"points", p.GetPointsMinor()}} {
		steps = append(steps, bar{"− " + cost.name, -float64(cost.minor), w.amount(-cost.minor)})
	}
	steps = append(steps, bar{"profit", float64(p.GetProfitMinor()), w.amount(p.GetProfitMinor())})
	return []plot{
		lines("Profit by customers, the most profitable first (whale curve)",
			fmt.Sprintf("%d of %d customers bring %s; %d cost more than they bring, %s together.", p.GetPeakCustomers(), p.GetCustomers(),
				w.amount(p.GetPeakMinor()), p.GetLosingCustomers(), w.amount(p.GetLosingMinor())),
			axes{count, w.whole}, series{Name: "profit", Points: whale}),
		bars("From revenue to profit", fmt.Sprintf("Of %s nobody tells the cost; it is left out.", w.amount(p.GetUncostedMinor())), steps),
	}
}

func (w writer) moneyRetention(r *analyticsv1.MoneyRetentionReport) []plot {
	all := r.GetAll()
	list := []plot{bars("Kept of the earlier period", fmt.Sprintf("%d customers spent %s in it, and %s in the later one.", all.GetCustomers(),
		w.amount(all.GetBeforeMinor()), w.amount(all.GetAfterMinor())), []bar{
		{"customers", decimal(all.GetKeptShare()), sheet.Percent(all.GetKeptShare())},
		{"money, growth left out", decimal(all.GetGrossShare()), sheet.Percent(all.GetGrossShare())},
		{"money", decimal(all.GetNetShare()), sheet.Percent(all.GetNetShare())},
	})}
	for _, by := range []struct {
		name   string
		groups []*analyticsv1.RetainedGroup
	}{{"class of the earlier period", r.GetClasses()}, {"year of the first order", r.GetCohorts()}} {
		var net []bar
		for _, g := range by.groups {
			net = append(net, bar{g.GetGroup(), decimal(g.GetNetShare()), fmt.Sprintf("%s of %s", sheet.Percent(g.GetNetShare()), w.amount(g.GetBeforeMinor()))})
		}
		list = append(list, bars("Money kept by "+by.name, "What the group spent in the later period, of what it spent in the earlier one.", net))
	}
	return list
}

func (w writer) acquisition(a *analyticsv1.AcquisitionReport) []plot {
	var list []bar
	for _, b := range []struct {
		name  string
		known bool
		minor int64
	}{
		{"winning one (CAC)", a.CacMinor != nil, a.GetCacMinor()}, {"keeping one", a.KeepingMinor != nil, a.GetKeepingMinor()},
		{"one brings, turnover", a.ValueMinor != nil, a.GetValueMinor()}, {"one brings, margin", a.MarginMinor != nil, a.GetMarginMinor()},
	} {
		if b.known {
			list = append(list, bar{b.name, float64(b.minor), w.amount(b.minor)})
		}
	}
	desc := "A period's value of a customer beside what winning and keeping one costs."
	if a.GetRatio() != "" {
		desc = fmt.Sprintf("A customer brings %s of what winning one costs, in one period.", sheet.Percent(a.GetRatio()))
	}
	return []plot{bars("Cost and value of a customer", desc, list)}
}

func goalPlots(g *analyticsv1.GoalReport) []plot {
	desc := "It cannot be told how far the goal is reached."
	if g.GetReachedShare() != "" {
		desc = sheet.Percent(g.GetReachedShare()) + " of the way is gone."
	}
	return []plot{bars("From start to target: "+g.GetMetric(), desc, []bar{
		{"start", fraction(g.GetStart()), g.GetStart()}, {"now", decimal(g.GetCurrent()), g.GetCurrent()}, {"target", fraction(g.GetTarget()), g.GetTarget()},
	})}
}
