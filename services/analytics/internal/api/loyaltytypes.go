package api

import (
	"cmp"
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/loyaltytype"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
)

func loyaltyTypesReport() report {
	return report{
		name: "loyalty-types", question: "Of which type is the loyalty of customers, can it be raised, and who moved between the types?", moves: true, details: true,
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetLoyaltyTypes() != nil }, make: (*Server).loyaltyTypes,
		figures: loyaltyTypesFigures,
	}
}

func loyaltyTypesFromProto(in *analyticsv1.LoyaltyTypesParameters) (loyaltytype.Params, error) {
	p := loyaltytype.Defaults()
	p.Months = cmp.Or(int(in.GetMonths()), p.Months)
	p.OftenFrom, p.GladlyFrom = cmp.Or(in.GetOftenFrom(), p.OftenFrom), cmp.Or(in.GetGladlyFrom(), p.GladlyFrom)
	p.AlternativesFrom = cmp.Or(in.GetAlternativesFrom(), p.AlternativesFrom)
	if in != nil && in.ToleranceFrom != nil {
		p.ToleranceFrom = in.GetToleranceFrom()
	}
	p.SuperFrom, p.ReferralsFrom = cmp.Or(in.GetSuperFrom(), p.SuperFrom), cmp.Or(in.GetReferralsFrom(), p.ReferralsFrom)
	if err := share(in.GetIncentiveShare(), "loyalty_types.incentive_share", &p.IncentiveFrom); err != nil {
		return p, err
	}
	return p, under("loyalty_types", p.Check())
}

func (s *Server) loyaltyTypes(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	params, err := loyaltyTypesFromProto(in.GetLoyaltyTypes())
	if err != nil {
		return nil, err
	}
	var b *loyaltytype.Builder
	made, err := s.read(ctx, q, func(h reporting.Head) adder {
		b = loyaltytype.New(h.AsOf, h.Compare, params)
		return b
	})
	if err != nil {
		return nil, err
	}
	found := b.Report()
	body := &analyticsv1.LoyaltyTypesReport{Customers: found.Customers}
	for _, t := range found.Types {
		body.Types = append(body.Types, &analyticsv1.LoyaltyType{
			Type: t.Name, Rule: t.Rule, Customers: t.Customers, Share: history.ShareOf(t.Customers, found.Customers).String(),
			RevenueMinor: int64(t.Revenue), CanBeRaised: t.Raised, Verdict: t.Verdict, Tasks: t.Tasks,
		})
	}
	for _, m := range found.Moves {
		body.Moves = append(body.Moves, &analyticsv1.LoyaltyTypeMove{From: m.From, To: m.To, Customers: m.Customers})
	}
	made.Body = &analyticsv1.Report_LoyaltyTypes{LoyaltyTypes: body}
	return made, nil
}

func loyaltyTypesFigures() []figure {
	const source = "Dick & Basu 1994 (repeat patronage by relative attitude); the further types and all thresholds: Laurel"
	return []figure{
		{"customers", "accounts with an order before the day", own, "customers", measured, ""},
		{"types", "by purchase days of the months before and the latest answers: the first rule that fits; a question that was never answered fits no rule about it", source,
			"customers", measured, "what those are who were not asked; a threshold is a line through people who hardly differ"},
		{"types.can_be_raised", "a rule of thumb", own, "", assumed, "that raising it pays"},
		{"types.verdict", "by what it can be raised, or what to do with it", own, "", assumed, "that it works: try it with a control group"},
		{"types.tasks", "what to find out or do first", own, "", assumed, ""},
		{"moves", "type on the earlier day and on this one, each by what was known then", own, "customers", measured,
			"that somebody changed: who answered for the first time moves from unknown"},
	}
}
