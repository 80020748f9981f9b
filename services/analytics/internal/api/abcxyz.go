package api

import (
	"cmp"
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/abcxyz"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

func abcXyzReport() report {
	return report{
		name: "abc-xyz", question: "Which customers bring most, by one criterion and by several, and how evenly do they buy?", details: true,
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetAbcXyz() != nil }, make: (*Server).abcXyz, figures: abcXyzFigures,
	}
}

func abcXyzFromProto(in *analyticsv1.AbcXyzParameters) (abcxyz.Params, error) {
	p, w := abcxyz.Defaults(), in.GetWeights()
	p.By, p.Months = cmp.Or(in.GetCriterion(), p.By), cmp.Or(int(in.GetMonths()), p.Months)
	p.Several, p.Members = in.GetSeveral(), in.GetMembersOf()
	for _, part := range []struct {
		text, field string
		into        *money.Ratio
	}{
		{in.GetAShare(), "a_share", &p.A}, {in.GetBShare(), "b_share", &p.B}, {in.GetAScore(), "a_score", &p.AScore}, {in.GetBScore(), "b_score", &p.BScore},
		{in.GetXVariation(), "x_variation", &p.X}, {in.GetYVariation(), "y_variation", &p.Y},
		{w.GetVolume(), "weights.volume", &p.Weights[abcxyz.Volume]}, {w.GetPotential(), "weights.potential", &p.Weights[abcxyz.Potential]},
		{w.GetPaymentSpeed(), "weights.payment_speed", &p.Weights[abcxyz.Payment]},
		{w.GetProfitability(), "weights.profitability", &p.Weights[abcxyz.Profit]}, {w.GetLoyalty(), "weights.loyalty", &p.Weights[abcxyz.Loyalty]},
	} {
		if err := share(part.text, "abc_xyz."+part.field, part.into); err != nil {
			return p, err
		}
	}
	return p, under("abc_xyz", p.Check())
}

func (s *Server) abcXyz(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	p, err := abcXyzFromProto(in.GetAbcXyz())
	if err != nil {
		return nil, err
	}
	known, err := s.economics(ctx, q.Program)
	if err != nil {
		return nil, err
	}
	var b *abcxyz.Builder
	made, err := s.readCosts(ctx, q, known.Economics, func(h reporting.Head) adder {
		b = abcxyz.New(h.AsOf, p, known.Economics)
		return b
	})
	if err != nil {
		return nil, err
	}
	body := abcXyzToProto(b.Report())
	body.Criterion, body.EconomicsRevision = p.By, int32(known.Revision) //nolint:gosec // few
	made.Body = &analyticsv1.Report_AbcXyz{AbcXyz: body}
	rest := []string{"by_several", "members", "agreeing_customers"}
	if p.By == abcxyz.ByProfit {
		rest = append(rest, "by_one")
	}
	if p.By == abcxyz.ByProfit || p.Several {
		rest = append(rest, "fields")
	}
	rests(made, known, parts(known, "margin", "margins", "order", "actions", "point"), rest...)
	return made, nil
}

func abcXyzToProto(r abcxyz.Report) *analyticsv1.AbcXyzReport {
	classes := func(list []abcxyz.Class) []*analyticsv1.AbcXyzClass {
		var made []*analyticsv1.AbcXyzClass
		for _, c := range list {
			made = append(made, &analyticsv1.AbcXyzClass{
				Name: c.Name, Customers: c.Customers, CustomersShare: history.ShareOf(c.Customers, r.Customers).String(),
				RevenueMinor: int64(c.Sum), RevenueShare: history.ShareOf(int64(c.Sum), int64(r.Revenue)).String(),
			})
		}
		return made
	}
	body := &analyticsv1.AbcXyzReport{
		From: r.From.String(), Customers: r.Customers, RevenueMinor: int64(r.Revenue), AgreeingCustomers: r.Agree,
		UnratedCustomers: r.Unrated.Customers, ByOne: classes(r.One), BySeveral: classes(r.Several), ByVariation: classes(r.XYZ),
	}
	for _, c := range r.Criteria {
		body.Criteria = append(body.Criteria, &analyticsv1.AbcCriterion{Name: c.String(), Weight: c.Weight.String(), KnownCustomers: c.Customers})
	}
	for _, f := range r.Fields {
		body.Fields = append(body.Fields, &analyticsv1.AbcXyzField{
			Abc: f.ABC, Xyz: f.XYZ, Customers: f.Customers, CustomersShare: history.ShareOf(f.Customers, r.Customers).String(),
			RevenueMinor: int64(f.Sum), RevenueShare: history.ShareOf(int64(f.Sum), int64(r.Revenue)).String(),
		})
	}
	for _, m := range r.Members {
		body.Members = append(body.Members, &analyticsv1.AbcXyzMember{
			Account: m.ID, ClassByOne: m.One, ClassBySeveral: m.Several, Xyz: m.XYZ, RevenueMinor: int64(m.Revenue), Score: m.Score.String(),
			Variation: m.Variation.String(), VolumeScore: score(m.Scores[abcxyz.Volume]), PotentialScore: score(m.Scores[abcxyz.Potential]),
			PaymentSpeedScore: score(m.Scores[abcxyz.Payment]), ProfitabilityScore: score(m.Scores[abcxyz.Profit]), LoyaltyScore: score(m.Scores[abcxyz.Loyalty]),
		})
	}
	return body
}

func abcXyzFigures() []figure {
	const cv = "standard deviation ÷ mean of what was spent a month: up to 10 % X, up to 25 % Y, else Z, unless asked for otherwise; months before the first purchase do not count"
	return []figure{
		{"criterion", "what the classes by one go by: revenue, profit or orders", own, "", measured, ""},
		{"from", "first day of the period", own, "", measured, ""},
		{"customers", "accounts with an order in the period", own, "customers", measured, "who bought before it alone: see life-cycle"},
		{"revenue_minor", "what was paid in the period, after returns", own, "customers", measured, ""},
		{"by_one", "A up to the first share of the criterion, B up to the second, C the rest, by the share reached before the customer; what is not above zero is C", "Dickie 1951", "customers", measured,
			"what a customer could bring: see by_several"},
		{"by_several", "weighted mean of the scores from 1 to 5; a score is 5 − ⌊5 × strictly better ÷ known⌋", "scoring in fifths as in RFM (Hughes 1994); criteria: Laurel", "customers", measured,
			"that the weights are right: they are chosen, not found"},
		{"agreeing_customers", "of one class by one criterion and by several", own, "customers", measured, "which of the two is right"},
		{"criteria", "volume: spent in the period. Potential: the latest potential_minor that own events tell, less the volume. Payment speed: mean days_to_pay of own events payment, less is better. " +
			"Profitability: profit in the period. Loyalty: calendar months with a purchase, ever", own, "customers", measured, "anything of those of whom a criterion is not known: it takes no part in their mean"},
		{"criteria.weight", "how much the score counts", own, "", assumed, ""},
		{"by_variation", cv, "coefficient of variation (Pearson 1896); marks as taught for XYZ analysis", "customers", measured, "seasons: who buys each winter alone is Z, and yet foreseeable"},
		{"unrated_customers", "observed for fewer than three months, or nothing was spent", own, "customers", measured, ""},
		{"fields", "both classes together", own, "customers", measured, "why they are there"},
		{"members", "those of the field that was asked for, a thousand at most", own, "customers", measured, ""},
		{"economics_revision", "revision of the programme whose economics were used for profit", own, "", measured, ""},
	}
}
