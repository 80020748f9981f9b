package api

import (
	"cmp"
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/goal"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func goalReport() report {
	return report{
		name: "goal", question: "How far is a goal reached, from where it began?",
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetGoal() != nil }, make: (*Server).goal, figures: goalFigures,
	}
}

func (s *Server) goal(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	asked := in.GetGoal()
	p := goal.Params{Metric: cmp.Or(asked.GetMetric(), goal.Purchases)}
	if err := p.Check(); err != nil {
		return nil, under("goal", err)
	}
	for _, end := range []struct {
		field, text string
		into        *money.Ratio
	}{{"goal.start", asked.GetStart(), &p.Start}, {"goal.target", asked.GetTarget(), &p.Target}} {
		if end.text == "" {
			continue
		}
		r, err := money.ParseRatio(end.text)
		if err != nil {
			return nil, reason.New(reason.InvalidArgument, end.field, "%.32q is not a number of zero or more; write a decimal, for example 3.3", end.text)
		}
		*end.into = r
	}
	until, err := day(asked.GetUntil(), "goal.until")
	if err != nil {
		return nil, err
	}
	var b *goal.Builder
	made, err := s.read(ctx, q, func(h reporting.Head) adder {
		b = goal.New(h.AsOf)
		return b
	})
	if err != nil {
		return nil, err
	}
	found := goal.Progress{Current: b.Metric(p.Metric)}
	if asked.GetTarget() != "" {
		found = p.Of(found.Current)
	}
	made.Body = &analyticsv1.Report_Goal{Goal: &analyticsv1.GoalReport{
		Metric: p.Metric, Owner: asked.GetOwner(), Until: until.String(), Start: p.Start.String(), Target: p.Target.String(),
		Current: found.Current.String(), RiseShare: found.Rise.String(), ReachedShare: found.Reached.String(), Reached: found.Done,
		Customers: b.Customers(),
	}}
	return made, nil
}

func goalFigures() []figure {
	return []figure{
		{"metric", "purchases: orders per customer who bought; spend: minor units per customer who bought; customers: who bought; repeat: share of them with two purchase days", own, "", measured, ""},
		{"owner", "who is to reach it", own, "", assumed, ""},
		{"until", "by when", own, "", assumed, ""},
		{"start", "where it began", own, "", assumed, ""},
		{"target", "what is wanted", own, "", assumed, ""},
		{"current", "the metric over the twelve months before the day", own, "customers", measured, "what of it the programme has done: that takes a control group"},
		{"rise_share", "(target − start) ÷ start", own, "", assumed, ""},
		{"reached_share", "(current − start) ÷ (target − start); empty where both are one", own, "customers", assumed, "that the rest will come as fast"},
		{"reached", "current is at the target, or beyond it", own, "customers", assumed, ""},
		{"customers", "who bought in the twelve months", own, "customers", measured, ""},
	}
}
