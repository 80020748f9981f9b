package api

import (
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/budget"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

func budgetReport() report {
	return report{
		name: "budget", question: "What do keeping and winning customers cost, by line, against the plan, the revenue and the industry?", details: true,
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetBudget() != nil }, make: (*Server).budget, figures: budgetFigures,
	}
}

// entered are the shares of a budget that the request tells; nil: it does not.
type entered struct {
	industry              map[string]*money.Ratio // by side
	growth, industryGrows *money.Ratio
}

func budgetFromProto(in *analyticsv1.BudgetParameters) (budget.Params, entered, error) {
	p, e := budget.Defaults(), entered{industry: map[string]*money.Ratio{}}
	for _, l := range in.GetPlan() {
		p.Plan[budget.Line{Side: l.GetSide(), Name: l.GetLine()}] += money.Minor(l.GetPlannedMinor()) // few, and none is great
	}
	for _, s := range []struct {
		text, field string
		into        *money.Ratio
	}{{in.GetWarnShare(), "warn_share", &p.Warn}, {in.GetStopShare(), "stop_share", &p.Stop}} {
		if err := share(s.text, "budget."+s.field, s.into); err != nil {
			return p, e, err
		}
	}
	for _, s := range []struct {
		text, field string
		put         func(*money.Ratio)
	}{
		{in.GetIndustryRetentionShare(), "industry_retention_share", func(r *money.Ratio) { e.industry[budget.Retention] = r }},
		{in.GetIndustryAcquisitionShare(), "industry_acquisition_share", func(r *money.Ratio) { e.industry[budget.Acquisition] = r }},
		{in.GetPlannedGrowthShare(), "planned_growth_share", func(r *money.Ratio) { e.growth = r }},
		{in.GetIndustryGrowthShare(), "industry_growth_share", func(r *money.Ratio) { e.industryGrows = r }},
	} {
		if s.text == "" {
			continue
		}
		var r money.Ratio
		if err := share(s.text, "budget."+s.field, &r); err != nil {
			return p, e, err
		}
		s.put(&r)
	}
	return p, e, under("budget", p.Check())
}

func (s *Server) budget(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	p, stated, err := budgetFromProto(in.GetBudget())
	if err != nil {
		return nil, err
	}
	asked := in.GetBudget().GetFrom()
	since, err := from(asked, "budget.from", q.AsOf)
	if err != nil {
		return nil, err
	}
	known, err := s.economics(ctx, q.Program)
	if err != nil {
		return nil, err
	}
	var b *budget.Builder
	made, err := s.read(ctx, q, func(h reporting.Head) adder {
		since = orYear(since, h.AsOf)
		b = budget.New(since, h.AsOf, p, known.Economics)
		return b
	})
	if err != nil {
		return nil, err
	}
	found, err := b.Report()
	if err != nil {
		return nil, err
	}
	body := budgetToProto(found, stated)
	body.From, body.EconomicsRevision = since.String(), int32(known.Revision) //nolint:gosec // few
	made.Body = &analyticsv1.Report_Budget{Budget: body}
	rests(made, known, parts(known, "order", "actions", "point"), "lines", "sides")
	return made, nil
}

func budgetToProto(r budget.Report, stated entered) *analyticsv1.BudgetReport {
	body := &analyticsv1.BudgetReport{
		RevenueMinor: int64(r.Revenue), IssuedPoints: int64(r.Issued), RedeemedPoints: int64(r.Redeemed), Unreadable: r.Unreadable,
	}
	richer := false
	for _, side := range r.Sides {
		s := &analyticsv1.BudgetSide{Whole: spentToProto(side), RevenueShare: history.ShareOf(int64(side.Committed), int64(r.Revenue)).String()}
		planned := history.Share{}
		if side.Planned != nil {
			planned = history.ShareOf(int64(*side.Planned), int64(r.Revenue))
		}
		s.PlannedRevenueShare = planned.String()
		if of := stated.industry[side.Side]; of != nil {
			s.IndustryShare = history.ShareOf(of.Num(), of.Den()).String()
			richer = richer || planned.AtLeast(*of) && planned.String() != s.GetIndustryShare()
		}
		body.Sides = append(body.Sides, s)
	}
	body.GrowthWithoutMoney = stated.growth != nil && stated.industryGrows != nil && stated.growth.Cmp(*stated.industryGrows) > 0 && !richer
	for _, l := range r.Lines {
		body.Lines = append(body.Lines, spentToProto(l))
	}
	return body
}

func spentToProto(s budget.Spent) *analyticsv1.BudgetSpent {
	return &analyticsv1.BudgetSpent{
		Side: s.Side, Line: s.Name, PlannedMinor: minor(s.Planned), CommittedMinor: int64(s.Committed), ActualMinor: int64(s.Actual),
		UsedShare: s.Used.String(), State: string(s.State), ByEconomics: s.Assumed,
	}
}

func budgetFigures() []figure {
	return []figure{
		{"from", "first day of the period", own, "", measured, ""},
		{"revenue_minor", "what was paid in the period, after returns", own, "", measured, ""},
		{"sides", "keeping (retention) and winning (acquisition), never added up: what their lines come to, and their part of the revenue", own, "", measured,
			"what the money has done: see effect"},
		{"sides.industry_share", "as it was entered in the request", "whoever asks", "", assumed, "that it is right, or right for this shop"},
		{"lines", "planned: by the request. Committed: amount_minor of own events that name the line, paid or not; rewards: points issued, less those taken back and lapsed, × cost of a point; " +
			"service: orders and own events at their cost. Actual: what of it is paid; points when they are spent. Warning from 80 % of the plan, stop from 100 %, unless asked for otherwise", own, "", measured,
			"costs that nobody told. A stop is a flag: it holds nothing back"},
		{"issued_points", "points given in the period, less those taken back and lapsed", own, "", measured, "points of accounts copied before points were kept: laurel rebuild --service analytics brings them"},
		{"redeemed_points", "points spent in the period, less those that came back", own, "", measured, ""},
		{"unreadable", "own events that name a line and no amount, or a side that there is not", own, "", measured, ""},
		{"growth_without_money", "more growth is planned than the industry has, and on no side more money, as a part of revenue, than it spends", own, "", assumed, "that it cannot be done: it takes better use of the money"},
		{"economics_revision", "revision of the programme whose economics were used", own, "", measured, ""},
	}
}
