package api

import (
	"cmp"
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/indicator"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
)

func loyaltyIndicatorsReport() report {
	return report{
		name: "loyalty-indicators", question: "What tells of loyalty, where does it come from, and which way does it go?", details: true,
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetLoyaltyIndicators() != nil }, make: (*Server).loyaltyIndicators,
		figures: loyaltyIndicatorsFigures,
	}
}

func indicatorsFromProto(in *analyticsv1.LoyaltyIndicatorsParameters) (indicator.Params, error) {
	p := indicator.Defaults()
	p.Months = cmp.Or(int(in.GetMonths()), p.Months)
	if len(in.GetWeights()) > 0 {
		p.Weights = map[string]int64{}
	}
	for _, w := range in.GetWeights() {
		p.Weights[w.GetIndicator()] = w.GetWeight()
	}
	return p, under("loyalty_indicators", p.Check())
}

func (s *Server) loyaltyIndicators(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	params, err := indicatorsFromProto(in.GetLoyaltyIndicators())
	if err != nil {
		return nil, err
	}
	var b *indicator.Builder
	made, err := s.read(ctx, q, func(h reporting.Head) adder {
		b = indicator.New(h.AsOf, params)
		return b
	})
	if err != nil {
		return nil, err
	}
	found := b.Report()
	n := len(found.Points)
	year, quarter, now := found.Points[0], found.Points[n-2], found.Points[n-1]
	body := &analyticsv1.LoyaltyIndicatorsReport{
		Months: int32(params.Months), Customers: found.Customers, Unreadable: found.Unreadable, Index: now.Index.String(), //nolint:gosec // checked
	}
	for i, name := range indicator.Names() {
		v := now.Values[i]
		body.Indicators = append(body.Indicators, &analyticsv1.LoyaltyIndicator{
			Indicator: name, Source: indicator.Source(name), Customers: v.N, Mean: v.Mean.String(), Score: v.Score.String(),
			ScoreQuarterBefore: quarter.Values[i].Score.String(), ScoreYearBefore: year.Values[i].Score.String(), Weight: params.Weights[name],
		})
	}
	for _, p := range found.Points {
		body.Trend = append(body.Trend, &analyticsv1.LoyaltyIndexPoint{Day: p.Day.String(), Index: p.Index.String(), Weight: p.Weight})
	}
	made.Body = &analyticsv1.Report_LoyaltyIndicators{LoyaltyIndicators: body}
	return made, nil
}

func loyaltyIndicatorsFigures() []figure {
	return []figure{
		{"months", "over how many months each value is taken", own, "", assumed, ""},
		{"customers", "accounts with an order before the day", own, "customers", measured, ""},
		{"unreadable", "own events of customers that hold a value which its field may not have", own, "", measured, ""},
		{"index", "Σ weight × score ÷ Σ weight, over the indicators that are known", own, "customers", assumed,
			"anything beside another shop's index; where other indicators become known it moves though nobody changed"},
		{"indicators", "of events: repeat purchase days, referrals, and who of the months before bought again; of survey: the latest answer within the months", own,
			"customers", measured, "what those think who were not asked; people say they will come back more often than they do"},
		{"indicators.score", "mean of the customers' scores from 0 to 100: answers of 1 to 5 (or 5 to 1, where less is more loyal) in even steps; four repeats, one referral, no time to choose and all of the wallet are 100, an hour to choose is 0",
			own, "customers", assumed, "that all indicators are equally far from what matters"},
		{"indicators.weight", "stated in the request, else 1", own, "", assumed, ""},
		{"trend", "the index every three months over a year, each of the months before its day", own, "customers", assumed,
			"that steps are independent: the months of neighbours overlap"},
	}
}
