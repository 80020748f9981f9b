package laurelctl

import (
	"fmt"
	"strings"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

func survivalRows(s *analyticsv1.SurvivalReport) grid {
	g := grid{columns: []string{"curve", "day", "at_risk", "events", "survival", "error", "group", "low", "high"}}
	add := func(group string, list []namedCurve) {
		for _, curve := range list {
			for _, step := range curve.of.GetSteps() {
				g.add(curve.name, number(step.GetDay()), number(step.GetAtRisk()), number(step.GetEvents()), step.GetSurvival(), step.GetError(),
					group, step.GetLow(), step.GetHigh())
			}
		}
	}
	add("", curves(s.GetFirstRepeat(), s.GetLoss()))
	for _, group := range s.GetGroups() {
		add(group.GetName(), curves(group.GetFirstRepeat(), group.GetLoss()))
	}
	return g
}

type namedCurve struct {
	name string
	of   *analyticsv1.SurvivalCurve
}

func curves(firstRepeat, loss *analyticsv1.SurvivalCurve) []namedCurve {
	return []namedCurve{{"first_repeat", firstRepeat}, {"loss", loss}}
}

func survivalTables(s *analyticsv1.SurvivalReport) []grid {
	var tables []grid
	for _, curve := range curves(s.GetFirstRepeat(), s.GetLoss()) {
		columns := []string{"days", "not_yet", "standard_error", "low", "high"}
		g := grid{
			title: fmt.Sprintf("%s: %d of %d customers, median %s", strings.ReplaceAll(curve.name, "_", " "),
				curve.of.GetEvents(), curve.of.GetCustomers(), median(curve.of)),
			columns: columns, numbers: columns,
		}
		for _, day := range []int32{30, 60, 90, 180, 270, 365, 450, 500, 730, 1095, 1825} {
			if day > curve.of.GetLongestDays() {
				break
			}
			at := stepOn(curve.of, day)
			g.add(number(day), at.GetSurvival(), at.GetError(), at.GetLow(), at.GetHigh())
		}
		tables = append(tables, g)
	}
	if len(s.GetGroups()) == 0 {
		return tables
	}
	return append(tables, survivalGroups(s, "first repeat", s.GetFirstRepeatTest(), func(g *analyticsv1.SurvivalGroup) (*analyticsv1.SurvivalCurve, string) {
		return g.GetFirstRepeat(), g.GetFirstRepeatExpected()
	}), survivalGroups(s, "loss", s.GetLossTest(), func(g *analyticsv1.SurvivalGroup) (*analyticsv1.SurvivalCurve, string) {
		return g.GetLoss(), g.GetLossExpected()
	}))
}

// survivalGroups is a line for each group: to how many it happened, and to how many it would have, were they alike.
func survivalGroups(
	s *analyticsv1.SurvivalReport, what string, test *analyticsv1.LogRankTest, of func(*analyticsv1.SurvivalGroup) (*analyticsv1.SurvivalCurve, string),
) grid {
	title := what + " by " + s.GetBy()
	if test.GetP() != "" {
		title += fmt.Sprintf(": log-rank chi-square %s, %d degrees of freedom, p %s", test.GetChiSquare(), test.GetDegrees(), test.GetP())
	}
	g := grid{title: title, columns: []string{s.GetBy(), "customers", "happened", "expected", "median"}, numbers: []string{"customers", "happened", "expected"}}
	for _, group := range s.GetGroups() {
		curve, expected := of(group)
		g.add(group.GetName(), number(curve.GetCustomers()), number(curve.GetEvents()), expected, median(curve))
	}
	return g
}

func median(c *analyticsv1.SurvivalCurve) string {
	if n := c.GetMedianDays(); n > 0 {
		return fmt.Sprintf("%d days", n)
	}
	return "not reached"
}

// stepOn is the curve on a day.
func stepOn(c *analyticsv1.SurvivalCurve, day int32) *analyticsv1.SurvivalStep {
	at := &analyticsv1.SurvivalStep{Survival: "1.000000000", Error: "0.000000000"}
	for _, step := range c.GetSteps() {
		if step.GetDay() > day {
			break
		}
		at = step
	}
	return at
}
