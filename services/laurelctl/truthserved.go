package laurelctl

import analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"

func foundService(r *analyticsv1.Report) (found, error) {
	report := r.GetServiceCost()
	n := map[string]int64{
		"customers": report.GetCustomers(), "revenue, minor units": report.GetRevenueMinor(), "cost, minor units": report.GetCostMinor(),
		"get too much": report.GetOverCustomers(), "too much, minor units": report.GetOverMinor(), "get too little": report.GetUnderCustomers(),
	}
	for _, c := range report.GetClasses() {
		n["cost of class "+c.GetClass()+", minor units"] = c.GetCostMinor()
	}
	return found{counts: n}, nil
}

func foundKeeping(r *analyticsv1.Report) (found, error) {
	report := r.GetChurnEffect()
	at := report.GetMeasured()
	n := map[string]int64{
		"bought in the year before": at.GetBefore(), "of these, in the last year": at.GetKept(), "bought in the last year": at.GetActive(),
		"spent in it, minor units": at.GetSpentMinor(),
	}
	for figure, text := range map[string]string{
		"retention, millionths": report.GetRetention(), "worth so many years, millionths": report.GetMultipleBefore(),
		"rise by five points, millionths": report.GetRise(),
	} {
		var err error
		if n[figure], err = times(text, millions); err != nil {
			return found{}, err
		}
	}
	return found{counts: n}, nil
}
