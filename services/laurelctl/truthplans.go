package laurelctl

import (
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// plantedPlans are what the town hall wants and spends.
type plantedPlans struct {
	Goals  []plantedGoal `json:"goals"`
	Budget plantedBudget `json:"budget"`
}

// plantedGoal is what is wanted of the last twelve months, and how far it is reached.
type plantedGoal struct {
	Metric  string  `json:"metric"`
	Start   string  `json:"start"`
	Target  string  `json:"target"`
	Now     float64 `json:"now"`
	Reached float64 `json:"reached"`
	Done    bool    `json:"done"`
}

// plantedBudget is what keeping and winning customers cost in the last twelve months.
type plantedBudget struct {
	RevenueMinor       int64         `json:"revenue_minor"`
	Lines              []plantedLine `json:"lines"`
	Unreadable         int64         `json:"unreadable"`
	PlannedGrowth      string        `json:"planned_growth_share"`
	IndustryGrowth     string        `json:"industry_growth_share"`
	IndustryShare      string        `json:"industry_share"`
	GrowthWithoutMoney bool          `json:"growth_without_money"`
}

type plantedLine struct {
	Side           string `json:"side"`
	Name           string `json:"line"`
	PlannedMinor   int64  `json:"planned_minor"`
	CommittedMinor int64  `json:"committed_minor"`
	PaidMinor      int64  `json:"paid_minor"`
	State          string `json:"state"`
}

// plans adds lines for the budget and the goals: all of it is counted.
func (p planted) plans(ctx context.Context, a *analytics, rows *grid) error {
	if p.Plans == nil {
		return nil
	}
	if err := p.Plans.Budget.compare(ctx, a, p.AsOf, truthRows{rows}); err != nil {
		return err
	}
	var done, doneFound []bool
	for _, goal := range p.Plans.Goals {
		reached, err := goal.compare(ctx, a, p.AsOf, truthRows{rows})
		if err != nil {
			return err
		}
		done, doneFound = append(done, goal.Done), append(doneFound, reached)
	}
	truthRows{rows}.exact("goal", "goals reached", howMany(done), howMany(doneFound))
	return nil
}

func (b plantedBudget) compare(ctx context.Context, a *analytics, asOf string, g truthRows) error {
	asked := &analyticsv1.BudgetParameters{
		PlannedGrowthShare: b.PlannedGrowth, IndustryGrowthShare: b.IndustryGrowth,
		IndustryRetentionShare: b.IndustryShare, IndustryAcquisitionShare: b.IndustryShare,
	}
	for _, l := range b.Lines {
		if l.PlannedMinor > 0 {
			asked.Plan = append(asked.Plan, &analyticsv1.BudgetLine{Side: l.Side, Line: l.Name, PlannedMinor: l.PlannedMinor})
		}
	}
	answer, err := a.GetReport(ctx, &analyticsv1.GetReportRequest{
		Program: a.program, Name: "budget", AsOf: asOf, Parameters: &analyticsv1.GetReportRequest_Budget{Budget: asked},
	})
	if err != nil {
		return err
	}
	const report = "budget"
	found := answer.GetReport().GetBudget()
	g.exact(report, "revenue of twelve months, minor units", b.RevenueMinor, found.GetRevenueMinor())
	lines := map[string]*analyticsv1.BudgetSpent{}
	for _, l := range found.GetLines() {
		lines[l.GetSide()+l.GetLine()] = l
	}
	type sum struct{ committed, paid int64 }
	sides := map[string]sum{}
	for _, l := range b.Lines {
		s, line := sides[l.Side], lines[l.Side+l.Name]
		sides[l.Side] = sum{s.committed + l.CommittedMinor, s.paid + l.PaidMinor}
		g.word(report, l.Name+": state", l.State, line.GetState())
		g.exact(report, l.Name+", minor units", l.CommittedMinor, line.GetCommittedMinor())
	}
	for _, side := range found.GetSides() {
		of := side.GetWhole()
		g.exact(report, of.GetSide()+": committed, minor units", sides[of.GetSide()].committed, of.GetCommittedMinor())
		g.exact(report, of.GetSide()+": paid, minor units", sides[of.GetSide()].paid, of.GetActualMinor())
	}
	g.exact(report, "bookings without an amount", b.Unreadable, found.GetUnreadable())
	g.word(report, "growth without money", yesOrNo(b.GrowthWithoutMoney), yesOrNo(found.GetGrowthWithoutMoney()))
	return nil
}

// compare adds the lines of a goal, and tells whether the report takes it for reached.
func (p plantedGoal) compare(ctx context.Context, a *analytics, asOf string, g truthRows) (bool, error) {
	answer, err := a.GetReport(ctx, &analyticsv1.GetReportRequest{
		Program: a.program, Name: "goal", AsOf: asOf, Parameters: &analyticsv1.GetReportRequest_Goal{
			Goal: &analyticsv1.GoalParameters{Metric: p.Metric, Start: p.Start, Target: p.Target},
		},
	})
	if err != nil {
		return false, err
	}
	found := answer.GetReport().GetGoal()
	numbers, err := decimals("the goal", found.GetCurrent(), found.GetReachedShare())
	if err != nil {
		return false, err
	}
	g.exact("goal", p.Metric+": now, thousandths", thousandths(p.Now), thousandths(numbers[0]))
	g.exact("goal", p.Metric+": of the way, per mille", thousandths(p.Reached), thousandths(numbers[1]))
	return found.GetReached(), nil
}
