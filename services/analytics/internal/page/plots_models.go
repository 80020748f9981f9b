package page

import (
	"fmt"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

func lifetimePlots(l *analyticsv1.LifetimeReport) []plot {
	check := l.GetCheck()
	if check == nil {
		return nil
	}
	actual, expected := series{Name: "made"}, series{Name: "expected by the model"}
	for i, t := range check.GetTracking() {
		actual.Points = append(actual.Points, point{float64(i + 1), float64(t.GetActual())})
		expected.Points = append(expected.Points, point{float64(i + 1), decimal(t.GetExpected())})
	}
	var list []bar
	for _, line := range check.GetByRepeats() {
		if line.GetCustomers() == 0 {
			continue
		}
		name, n := fmt.Sprint(line.GetRepeats()), float64(line.GetCustomers())
		if line.GetAndMore() {
			name += " or more"
		}
		list = append(list, bar{name + " repeats, made", float64(line.GetActual()) / n, fmt.Sprintf("%.2f", float64(line.GetActual())/n)},
			bar{name + " repeats, expected", decimal(line.GetExpected()) / n, fmt.Sprintf("%.2f", decimal(line.GetExpected())/n)})
	}
	return []plot{
		lines("Repeat purchases of all customers known before the holdout, point by point",
			fmt.Sprintf("The holdout begins on %s; what lies before it was fitted, what lies behind was forecast.", check.GetFrom()), axes{count, count}, actual, expected),
		bars("Purchases per customer in the holdout, by repeats before it",
			fmt.Sprintf("%s expected of %d customers, %d made.", check.GetExpected(), check.GetCustomers(), check.GetActual()), list),
	}
}

func churnPlots(c *analyticsv1.ChurnEffectReport) []plot {
	if c.GetMultipleAfter() == "" {
		return nil
	}
	return []plot{bars("Value of a customer, in times of what they bring in a period", "By the retention now, and by the one that is planned.", []bar{
		{"now", decimal(c.GetMultipleBefore()), c.GetMultipleBefore()}, {"planned", decimal(c.GetMultipleAfter()), c.GetMultipleAfter()},
	})}
}
