package laurelctl

import (
	"fmt"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

func foundMatrix(r *analyticsv1.Report) (found, error) {
	n := map[string]int64{}
	for _, c := range r.GetMatrix().GetCuts() {
		n[map[string]string{"x": "cut of revenue, minor units", "y": "cut of orders"}[c.GetAxis()]] = c.GetAt()
	}
	for _, f := range r.GetMatrix().GetFields() {
		n[f.GetX()+" revenue, "+f.GetY()+" orders"] = f.GetCustomers()
		n["of "+f.GetX()+" and "+f.GetY()+", minor units"] = f.GetRevenueMinor()
	}
	return found{counts: n}, nil
}

func foundInvolvement(r *analyticsv1.Report) (found, error) {
	report := r.GetInvolvement()
	f := found{counts: map[string]int64{"customers": report.GetCustomers(), "customers, kept": report.GetKept()}, rates: map[string]foundRate{}}
	for _, l := range report.GetLevels() {
		f.counts[l.GetLevel()], f.counts[l.GetLevel()+", kept"] = l.GetCustomers(), l.GetKept()
	}
	for _, k := range report.GetKinds() {
		f.counts["in "+k.GetKind()], f.counts["in "+k.GetKind()+", kept"], f.counts["acts of "+k.GetKind()] = k.GetCustomers(), k.GetKept(), k.GetEvents()
		if k.GetKind() == "events" {
			low, high := wilson(k.GetKept(), k.GetCustomers())
			f.rates["kept of who came to events"] = foundRate{at: part(k.GetKept(), k.GetCustomers()), low: low, high: high}
		}
	}
	return f, nil
}

func foundSwitching(r *analyticsv1.Report) (found, error) {
	report := r.GetSwitching()
	n := map[string]int64{
		"customers": report.GetCustomers(), "with points": report.GetHolders(), "points": report.GetPoints(), "worth, minor units": report.GetWorthMinor(),
		"came to the first reward": report.GetReachedCustomers(), "not yet": report.GetNotReachedCustomers(),
	}
	for _, reward := range report.GetRewards() {
		n["enough for a "+reward.GetReward()], n["nearly enough for a "+reward.GetReward()] = reward.GetEnoughCustomers(), reward.GetNearlyCustomers()
	}
	for figure, text := range map[string]string{
		"median of points, halves": report.GetMedianPoints(), "median spent of these, halves": report.GetMedianSpend(),
		"median spent of those, halves": report.GetNotReachedMedianSpend(),
	} {
		twice, err := times(text, 2) //nolint:mnd // halves
		if err != nil {
			return found{}, err
		}
		n[figure] = twice
	}
	return found{counts: n}, nil
}

// foundPriorities leaves out what a fit weighs by how likely customers still buy.
func foundPriorities(r *analyticsv1.Report) (found, error) {
	f := found{counts: map[string]int64{}}
	if r.GetPriorities().GetFit() != "" {
		f.untold = []string{"keep gains, minor units", "develop gains, minor units"}
	}
	for _, o := range r.GetPriorities().GetOptions() {
		returns, err := times(o.GetReturn(), thousand)
		if err != nil {
			return found{}, err
		}
		f.counts[o.GetName()], f.counts[o.GetName()+" costs, minor units"] = o.GetCustomers(), o.GetWholeMinor()
		f.counts[o.GetName()+" gains, minor units"], f.counts[o.GetName()+" returns, thousandths"] = o.GetGainMinor(), returns
	}
	return f, nil
}

func foundStatements(r *analyticsv1.Report) (found, error) {
	f := found{counts: map[string]int64{}, rates: map[string]foundRate{}}
	for i, s := range r.GetStatements().GetStatements() {
		n := fmt.Sprint(i + 1)
		f.counts[n+": fit"], f.counts[n+": of"], f.counts[n+": of the others fit"] = s.GetFit(), s.GetOf(), s.GetComparedFit()
		low, err := decimal(s.GetLow())
		if err != nil {
			return found{}, err
		}
		high, err := decimal(s.GetHigh())
		if err != nil {
			return found{}, err
		}
		share := part(s.GetFit(), s.GetOf())
		f.rates[n+", of all"] = foundRate{at: share, low: low, high: high}
		f.rates[n+", difference"] = foundRate{at: share - part(s.GetComparedFit(), s.GetComparedOf()), low: low, high: high}
	}
	return f, nil
}

func foundIndicators(r *analyticsv1.Report) (found, error) {
	report := r.GetLoyaltyIndicators()
	index, err := times(report.GetIndex(), thousand)
	if err != nil {
		return found{}, err
	}
	f := found{counts: map[string]int64{"index, thousandths": index}, rates: map[string]foundRate{}}
	for _, i := range report.GetIndicators() {
		score, err := times(i.GetScore(), thousand)
		if err != nil {
			return found{}, err
		}
		mean, err := decimal(i.GetScore())
		if err != nil {
			return found{}, err
		}
		f.counts[i.GetIndicator()+": known of"], f.counts[i.GetIndicator()+": score, thousandths"] = i.GetCustomers(), score
		f.rates[i.GetIndicator()+", of all"] = foundRate{at: mean / 100, of: i.GetCustomers()} //nolint:mnd // of a hundred
	}
	return f, nil
}
