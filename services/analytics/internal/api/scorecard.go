package api

import (
	"cmp"
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/scorecard"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
)

func scorecardReport() report {
	return report{
		name: "scorecard", question: "How do customers and staff score product, price, place, promotion and people, and how far is each from its target?", details: true,
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetScorecard() != nil }, make: (*Server).scorecard, figures: scorecardFigures,
	}
}

func scorecardFromProto(in *analyticsv1.ScorecardParameters) (scorecard.Params, error) {
	p := scorecard.Defaults()
	p.Days, p.ReviewDays = cmp.Or(int(in.GetDays()), p.Days), cmp.Or(int(in.GetReviewDays()), p.ReviewDays)
	for _, g := range in.GetGoals() {
		goal := scorecard.Goal{Target: p.Goals["product"].Target, Owner: g.GetOwner()}
		if err := share(g.GetTarget(), "scorecard.goals", &goal.Target); err != nil {
			return p, err
		}
		p.Goals[g.GetOf()] = goal
	}
	return p, under("scorecard", p.Check())
}

func (s *Server) scorecard(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	params, err := scorecardFromProto(in.GetScorecard())
	if err != nil {
		return nil, err
	}
	var b *scorecard.Builder
	made, err := s.read(ctx, q, func(h reporting.Head) adder {
		b = scorecard.New(h.AsOf, params)
		return b
	})
	if err != nil {
		return nil, err
	}
	found := b.Report()
	body := &analyticsv1.ScorecardReport{From: found.From.String(), Unreadable: found.Unreadable}
	for _, l := range found.Lines {
		body.Lines = append(body.Lines, &analyticsv1.ScorecardLine{
			Of: l.Name, Owner: l.Owner, Target: ratText(rat(l.Target)),
			Customers: l.Customers.N, CustomersMean: l.Customers.Mean().String(), CustomersMeanBefore: l.CustomersBefore.Mean().String(), CustomersGap: l.Gap(l.Customers).String(),
			Staff: l.Staff.N, StaffMean: l.Staff.Mean().String(), StaffMeanBefore: l.StaffBefore.Mean().String(), StaffGap: l.Gap(l.Staff).String(),
			StaffAboveCustomers: l.Blind().String(), LastDay: l.Last.String(), Due: l.Due,
		})
	}
	made.Body = &analyticsv1.Report_Scorecard{Scorecard: body}
	return made, nil
}

func scorecardFigures() []figure {
	return []figure{
		{"from", "first day whose scores count", own, "", measured, ""},
		{"unreadable", "own events that hold a value which its field may not have", own, "", measured, ""},
		{"lines", "scores of 1 to 5 by customers and staff, the latest of each in each role, and target − mean", own, "", measured,
			"what those think who score nothing; that a point more of one is worth a point of another. Each mean has its own number of people beside it"},
		{"lines.owner", "as stated in the request", own, "", assumed, ""},
		{"lines.target", "as stated in the request, else 4", own, "", assumed, "that it can be reached"},
		{"lines.customers_gap", "target − mean of the customers: above 0, it is missed", own, "", assumed, ""},
		{"lines.staff_gap", "target − mean of the staff", own, "", assumed, ""},
		{"lines.staff_above_customers", "mean of the staff − mean of the customers: above 0, staff see it better than customers do", own, "", measured, "who is right"},
		{"lines.due", "nobody scored it for longer than the review days", own, "", assumed, ""},
	}
}
