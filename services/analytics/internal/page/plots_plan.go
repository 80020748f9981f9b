package page

import (
	"fmt"
	"slices"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/sheet"
)

// planned draws the reports about where money goes, and where it should. One that it does not know has no plots.
func (w writer) planned(r *analyticsv1.Report) []plot {
	switch body := r.GetBody().(type) {
	case *analyticsv1.Report_Budget:
		return w.budget(body.Budget)
	case *analyticsv1.Report_ServiceCost:
		return w.serviceCost(body.ServiceCost)
	case *analyticsv1.Report_Priorities:
		return w.priorities(body.Priorities)
	case *analyticsv1.Report_MarketPotential:
		return w.marketPotential(body.MarketPotential)
	case *analyticsv1.Report_Switching:
		return switchingPlots(body.Switching)
	case *analyticsv1.Report_PriceTolerance:
		return w.priceTolerance(body.PriceTolerance)
	}
	return nil
}

func (w writer) budget(b *analyticsv1.BudgetReport) []plot {
	var list []plot
	for _, side := range b.GetSides() {
		name := side.GetWhole().GetSide()
		var lines []bar
		for _, l := range append(slices.Clone(b.GetLines()), side.GetWhole()) {
			if l.GetSide() != name {
				continue
			}
			label := l.GetLine()
			if label == "" {
				label = "all of " + name
			}
			text := fmt.Sprintf("%s, %s", w.amount(l.GetCommittedMinor()), l.GetState())
			if l.PlannedMinor != nil {
				text = fmt.Sprintf("%s of %s, %s", w.amount(l.GetCommittedMinor()), w.amount(l.GetPlannedMinor()), l.GetState())
			}
			lines = append(lines, bar{label, float64(l.GetCommittedMinor()), text})
		}
		desc := "What is bound, paid or not, against what was planned."
		if side.GetRevenueShare() != "" {
			desc += fmt.Sprintf(" It is %s of the revenue.", sheet.Percent(side.GetRevenueShare()))
		}
		if side.GetIndustryShare() != "" {
			desc += fmt.Sprintf(" The industry's, as it was entered: %s.", sheet.Percent(side.GetIndustryShare()))
		}
		list = append(list, bars("Budget of "+name, desc, lines))
	}
	return list
}

func (w writer) serviceCost(s *analyticsv1.ServiceCostReport) []plot {
	var classes []bar
	for _, c := range s.GetClasses() {
		text := w.amount(int64(decimal(c.GetMeanCost())))
		if c.GetLessThanWorse() {
			text += ", less than a worse class"
		}
		classes = append(classes, bar{fmt.Sprintf("%s: %d customers", c.GetClass(), c.GetCustomers()), decimal(c.GetMeanCost()), text})
	}
	return []plot{bars("What serving one customer costs, by class", fmt.Sprintf(
		"%d customers get more than one of a better class in the mean, %d less than one of a worse class.", s.GetOverCustomers(), s.GetUnderCustomers()), classes)}
}

func (w writer) priorities(p *analyticsv1.PrioritiesReport) []plot {
	var returns []bar
	for _, o := range p.GetOptions() {
		if o.GetReturn() != "" {
			returns = append(returns, bar{o.GetName(), decimal(o.GetReturn()), fmt.Sprintf("%.4s for each 1, up to %s", o.GetReturn(), w.amount(o.GetWholeMinor()))})
		}
	}
	desc := "What comes back in a year of each unit spent, and how much money the option can take, with the success that stands in the table."
	if len(returns) == 0 {
		desc = "What winning a customer costs is not known: tell it by own events acquisition_cost, or state it."
	}
	return []plot{bars("Where the next unit of money does most", desc, returns)}
}

func (w writer) marketPotential(m *analyticsv1.MarketPotentialReport) []plot {
	var segments []bar
	for _, s := range m.GetSegments() {
		if s.PotentialMinor != nil {
			segments = append(segments, bar{s.GetSegment(), float64(s.GetPotentialMinor()), fmt.Sprintf("%s, %d customers", w.amount(s.GetPotentialMinor()), s.GetCustomers())})
		}
	}
	return []plot{bars("What customers spend elsewhere and could spend here, a year", fmt.Sprintf("Known of %d of %d customers.",
		m.GetKnownCustomers(), m.GetCustomers()), segments)}
}

func switchingPlots(s *analyticsv1.SwitchingReport) []plot {
	var tiers, rewards []bar
	for _, t := range s.GetTiers() {
		name := t.GetTier()
		if name == "" {
			name = "(no tier)"
		}
		tiers = append(tiers, bar{name, float64(t.GetPoints()), fmt.Sprintf("%d points of %d", t.GetPoints(), t.GetCustomers())})
	}
	for _, r := range s.GetRewards() {
		rewards = append(rewards, bar{r.GetReward(), float64(r.GetNearlyCustomers()), fmt.Sprintf("%d nearly, %d have enough", r.GetNearlyCustomers(), r.GetEnoughCustomers())})
	}
	return []plot{
		bars("Points that leaving would forfeit, by tier", fmt.Sprintf("%d of %d customers have points.", s.GetHolders(), s.GetCustomers()), tiers),
		bars("Rewards nearly reached", "Who nearly has enough points, and who has.", rewards),
	}
}

func (w writer) priceTolerance(p *analyticsv1.PriceToleranceReport) []plot {
	var curves [4]series
	for i, name := range []string{"too cheap", "cheap", "expensive", "too expensive"} {
		curves[i] = series{Name: name, Steps: i >= 2} //nolint:mnd // the rising ones
	}
	for _, at := range p.GetPrices() {
		for i, n := range []int64{at.GetTooCheap(), at.GetCheap(), at.GetExpensive(), at.GetTooExpensive()} {
			curves[i].Points = append(curves[i].Points, point{float64(at.GetPriceMinor()), float64(n) / float64(max(p.GetAnswers(), 1))})
		}
	}
	desc := "Nobody has answered all four questions."
	if p.BestMinor != nil {
		desc = fmt.Sprintf("%d answers. Between %s and %s; as many find it too cheap as too expensive at %s.", p.GetAnswers(),
			w.amount(p.GetCheapestMinor()), w.amount(p.GetDearestMinor()), w.amount(p.GetBestMinor()))
	}
	var stayed []bar
	for _, a := range p.GetAround() {
		name := fmt.Sprintf("%s %+d %%", a.GetDay(), a.GetPercent())
		stayed = append(stayed, bar{name, decimal(a.GetStayedShare()), fmt.Sprintf("%s of %d", sheet.Percent(a.GetStayedShare()), a.GetBeforeCustomers())},
			bar{"one window earlier", decimal(a.GetEarlierStayedShare()), fmt.Sprintf("%s of %d", sheet.Percent(a.GetEarlierStayedShare()), a.GetEarlierCustomers())})
	}
	return []plot{
		lines("Who says what of a price (van Westendorp)", desc, axes{w.whole, percent}, curves[:]...),
		bars("Who went on buying when a price changed", "Share of those who bought before a change who bought after it too, beside the same days one window earlier.", stayed),
	}
}
