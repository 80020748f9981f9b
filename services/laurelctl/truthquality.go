package laurelctl

import (
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// plantedQuality is how one of the five P is scored by all members, and by the staff.
type plantedQuality struct {
	Of              string      `json:"of"`
	Target          string      `json:"target"`
	Owner           string      `json:"owner"`
	Now             plantedMean `json:"now"`
	Before          plantedMean `json:"before"`
	Customers       int64       `json:"customers"`
	CustomersBefore int64       `json:"customers_before"`
	Staff           int64       `json:"staff"`
	StaffSum        int64       `json:"staff_sum"`
	Due             bool        `json:"due"`
}

// quality adds lines for the scores of the five.
func (p planted) quality(ctx context.Context, a *analytics, g truthRows) error {
	asked := &analyticsv1.ScorecardParameters{}
	for _, q := range p.Asked.Quality {
		asked.Goals = append(asked.Goals, &analyticsv1.ScorecardGoal{Of: q.Of, Target: q.Target, Owner: q.Owner})
	}
	answer, err := a.GetReport(ctx, &analyticsv1.GetReportRequest{
		Program: a.program, Name: "scorecard", AsOf: p.AsOf, Parameters: &analyticsv1.GetReportRequest_Scorecard{Scorecard: asked},
	})
	if err != nil {
		return err
	}
	found := map[string]*analyticsv1.ScorecardLine{}
	for _, l := range answer.GetReport().GetScorecard().GetLines() {
		found[l.GetOf()] = l
	}
	const report = "scorecard"
	var due, reached, dueFound, reachedFound []bool
	for _, q := range p.Asked.Quality {
		line := found[q.Of]
		numbers, err := decimals("the scorecard", q.Target, line.GetCustomersMean(), line.GetCustomersMeanBefore(), line.GetCustomersGap(), line.GetStaffMean())
		if err != nil {
			return err
		}
		target, now, before, gap, staff := numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]
		g.exact(report, q.Of+": customers", q.Customers, line.GetCustomers())
		g.mean(report, q.Of+": their mean, thousandths", q.Now, thousand, sampled{now, line.GetCustomers()})
		g.mean(report, q.Of+": a year before, thousandths", q.Before, thousand, sampled{before, q.CustomersBefore})
		g.exact(report, q.Of+": mean of all staff, thousandths", thousandths(part(q.StaffSum, q.Staff)), thousandths(staff))
		due, dueFound = append(due, q.Due), append(dueFound, line.GetDue())
		reached, reachedFound = append(reached, q.Now.Of >= target), append(reachedFound, line.GetCustomersGap() != "" && gap <= 0)
	}
	g.exact(report, "due for a look", howMany(due), howMany(dueFound))
	g.exact(report, "reach their target", howMany(reached), howMany(reachedFound))
	return nil
}
