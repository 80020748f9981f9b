package page

import (
	"fmt"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

func survivalPlots(s *analyticsv1.SurvivalReport) []plot {
	both := lines("Customers by days since their first purchase (Kaplan-Meier)",
		fmt.Sprintf("Who has not bought again, and who was not yet silent for %d days.", s.GetSilentDays()), axes{count, percent},
		survivalCurve("have not bought again", s.GetFirstRepeat()), survivalCurve("are not lost", s.GetLoss()))
	if len(s.GetGroups()) == 0 {
		return []plot{both}
	}
	var repeats, losses []series
	for _, g := range s.GetGroups() {
		repeats = append(repeats, survivalCurve(groupLabel(g.GetName(), g.GetFirstRepeat()), g.GetFirstRepeat()))
		losses = append(losses, survivalCurve(groupLabel(g.GetName(), g.GetLoss()), g.GetLoss()))
	}
	return []plot{both,
		lines(fmt.Sprintf("Not bought again, by %s", s.GetBy()), groupsSay(s, s.GetFirstRepeatTest()), axes{count, percent}, repeats...),
		lines(fmt.Sprintf("Not lost, by %s", s.GetBy()), groupsSay(s, s.GetLossTest()), axes{count, percent}, losses...)}
}

func groupLabel(name string, c *analyticsv1.SurvivalCurve) string {
	return fmt.Sprintf("%s (%d of %d)", name, c.GetEvents(), c.GetCustomers())
}

// groupsSay is what stands above a drawing of groups.
func groupsSay(s *analyticsv1.SurvivalReport, t *analyticsv1.LogRankTest) string {
	text := "To how many it has happened, of how many."
	if len(s.GetGroups()) > seriesMax {
		text = fmt.Sprintf("The %d largest groups; to how many it has happened, of how many.", seriesMax)
	}
	if t.GetP() == "" {
		return text
	}
	return fmt.Sprintf("%s Log-rank test: chi-square %s, %d degrees of freedom, p = %s.", text, t.GetChiSquare(), t.GetDegrees(), t.GetP())
}

func survivalCurve(name string, c *analyticsv1.SurvivalCurve) series {
	line := series{Name: name, Steps: true}
	if c.GetCustomers() == 0 {
		return line
	}
	last := point{0, 1}
	line.Points = append(line.Points, last)
	for _, step := range c.GetSteps() {
		last = point{float64(step.GetDay()), decimal(step.GetSurvival())}
		line.Points = append(line.Points, last)
	}
	line.Points = append(line.Points, point{float64(c.GetLongestDays()), last.Y})
	return line
}
