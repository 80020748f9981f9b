package laurelctl

import (
	"fmt"
	"slices"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

func foundClasses(r *analyticsv1.Report) (found, error) {
	report := r.GetAbcXyz()
	n := map[string]int64{"customers": report.GetCustomers()}
	for _, c := range slices.Concat(report.GetByOne(), report.GetByVariation()) {
		n["of class "+c.GetName()] = c.GetCustomers()
	}
	for _, c := range report.GetBySeveral() {
		n["of class "+c.GetName()+" by several"] = c.GetCustomers()
	}
	for _, f := range report.GetFields() {
		n["of class "+f.GetAbc()+" and "+f.GetXyz()] = f.GetCustomers()
	}
	return found{counts: n}, nil
}

func foundActions(r *analyticsv1.Report) (found, error) {
	n := map[string]int64{}
	for _, m := range r.GetActions().GetMonths() {
		n[m.GetType()] += m.GetActions()
	}
	return found{counts: n}, nil
}

func foundCohorts(r *analyticsv1.Report) (found, error) {
	report, cells := r.GetCohorts(), int64(0)
	n := map[string]int64{}
	for _, c := range report.GetCohorts() {
		n["came in "+c.GetMonth()] = c.GetActive()[0]
		var year, month int
		if _, err := fmt.Sscanf(c.GetMonth(), "%d-%d", &year, &month); err != nil {
			return found{}, err
		}
		for k, back := range c.GetActive() {
			at := year*12 + month - 1 + k //nolint:mnd // months of a year
			n[fmt.Sprintf("of %s in %04d-%02d", c.GetMonth(), at/12, at%12+1)] = back
			cells += back
		}
	}
	n["months with a purchase"] = cells
	for _, w := range report.GetAll().GetWindows() {
		n[fmt.Sprintf("second within %d days", w.GetDays())] = w.GetSecond()
		n[fmt.Sprintf("third within %d days", w.GetDays())] = w.GetThird()
	}
	return found{counts: n}, nil
}

func foundCard(r *analyticsv1.Report) (found, error) {
	card := r.GetCustomer()
	n := map[string]int64{
		"days since the first order": card.GetTenureDays(), "days since the last order": card.GetSilentDays(), "orders": card.GetOrders(),
		"purchase days": card.GetPurchaseDays(), "revenue, minor units": card.GetProfit().GetRevenueMinor(), "points earned": card.GetPointsEarned(),
	}
	if of := card.GetCategories(); len(of) > 0 {
		n["on the favourite category"] = of[0].GetSumMinor()
	}
	for _, a := range card.GetActions() {
		n["own events"] += a.GetTimes()
	}
	return found{counts: n}, nil
}

func foundStages(r *analyticsv1.Report) (found, error) {
	n := map[string]int64{}
	for _, s := range r.GetLifeCycle().GetStages() {
		n[s.GetName()], n["came to: "+s.GetName()] = s.GetCustomers(), 0
	}
	for _, f := range r.GetLifeCycle().GetFlows() {
		if f.GetFrom() != f.GetTo() {
			n["came to: "+f.GetTo()] += f.GetCustomers()
		}
	}
	return found{counts: n}, nil
}

const millions = 1_000_000

func foundMoney(r *analyticsv1.Report) (found, error) {
	report := r.GetMoneyRetention()
	all := report.GetAll()
	gross, err := times(all.GetGrossShare(), millions)
	if err != nil {
		return found{}, err
	}
	n := map[string]int64{
		"customers": all.GetCustomers(), "kept": all.GetKeptCustomers(), "before, minor units": all.GetBeforeMinor(), "after, minor units": all.GetAfterMinor(),
		"gross, millionths": gross, "new, or back": report.GetNewCustomers(), "of these, minor units": report.GetNewMinor(),
	}
	for _, c := range report.GetClasses() {
		n["of class "+c.GetGroup()], n["of class "+c.GetGroup()+", kept"] = c.GetCustomers(), c.GetKeptCustomers()
	}
	return found{counts: n}, nil
}

func foundSurvival(r *analyticsv1.Report) (found, error) {
	again, loss := r.GetSurvival().GetFirstRepeat(), r.GetSurvival().GetLoss()
	f := found{
		counts: map[string]int64{
			"customers": again.GetCustomers(), "bought again": again.GetEvents(), "days until then, or watched": again.GetTotalDays(), "lost": loss.GetEvents(),
		},
		rates: map[string]foundRate{},
	}
	for _, at := range []struct {
		figure string
		curve  *analyticsv1.SurvivalCurve
		day    int32
	}{{"not again after 90 days", again, 90}, {"not again after 365 days", again, 365}, {"not gone for 180 days after 365", loss, 365}} {
		rate, err := curveAt(at.curve, at.day)
		if err != nil {
			return found{}, err
		}
		f.rates[at.figure] = rate
	}
	return f, nil
}

// curveAt is a curve at the end of a day, with its interval: all before the first step.
func curveAt(c *analyticsv1.SurvivalCurve, day int32) (foundRate, error) {
	at := &analyticsv1.SurvivalStep{Survival: "1", Low: "1", High: "1"}
	for _, s := range c.GetSteps() {
		if s.GetDay() <= day {
			at = s
		}
	}
	var made foundRate
	for _, part := range []struct {
		text string
		into *float64
	}{{at.GetSurvival(), &made.at}, {at.GetLow(), &made.low}, {at.GetHigh(), &made.high}} {
		var err error
		if *part.into, err = decimal(part.text); err != nil {
			return made, err
		}
	}
	return made, nil
}
