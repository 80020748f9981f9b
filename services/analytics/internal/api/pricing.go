package api

import (
	"cmp"
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/pricing"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func priceToleranceReport() report {
	return report{
		name: "price-tolerance", question: "Which prices do customers bear, by what they say and by what they did when prices changed?", details: true,
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetPriceTolerance() != nil }, make: (*Server).priceTolerance,
		figures: priceToleranceFigures,
	}
}

func pricingFromProto(in *analyticsv1.PriceToleranceParameters) (pricing.Params, error) {
	p := pricing.Params{Product: in.GetProduct(), Window: cmp.Or(int(in.GetWindowDays()), pricing.WindowDays)}
	for _, c := range in.GetChanges() {
		on, err := day(c.GetDay(), "price_tolerance.changes.day")
		if err != nil {
			return p, err
		}
		if on == calendar.None {
			return p, reason.New(reason.InvalidArgument, "price_tolerance.changes.day", "a change has no day; write YYYY-MM-DD")
		}
		p.Changes = append(p.Changes, pricing.Changed{Day: on, Category: c.GetCategory(), Percent: int64(c.GetPercent())})
	}
	return p, under("price_tolerance", p.Check())
}

func (s *Server) priceTolerance(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	p, err := pricingFromProto(in.GetPriceTolerance())
	if err != nil {
		return nil, err
	}
	var b *pricing.Builder
	made, err := s.read(ctx, q, func(h reporting.Head) adder {
		b = pricing.New(h.AsOf, p)
		return b
	})
	if err != nil {
		return nil, err
	}
	r := b.Report()
	body := &analyticsv1.PriceToleranceReport{
		Answers: r.Answers, Contradicting: r.Contradicting, CheapestMinor: minor(r.Points.Cheapest), DearestMinor: minor(r.Points.Dearest),
		BestMinor: minor(r.Points.Best), IndifferentMinor: minor(r.Points.Indifferent), RiseAnswers: r.Rise.Answers, RiseMedian: r.Rise.Median.String(),
		CutAnswers: r.Cut.Answers, CutMedian: r.Cut.Median.String(), CutCostMinor: int64(r.CutCost),
	}
	for _, at := range r.Prices {
		body.Prices = append(body.Prices, &analyticsv1.PriceNamed{
			PriceMinor: int64(at.At), TooCheap: at.TooCheap, Cheap: at.Cheap, Expensive: at.Expensive, TooExpensive: at.TooMuch,
		})
	}
	for _, a := range r.Around {
		body.Around = append(body.Around, &analyticsv1.PriceAround{
			Day: a.Day.String(), Category: a.Category, Percent: int32(a.Percent), Whole: a.Whole, BeforeCustomers: a.Before, StayedCustomers: a.Stayed, //nolint:gosec // checked
			StayedShare: history.ShareOf(a.Stayed, a.Before).String(), EarlierCustomers: a.EarlierBefore, EarlierStayedCustomers: a.EarlierStayed,
			EarlierStayedShare: history.ShareOf(a.EarlierStayed, a.EarlierBefore).String(), BeforeMinor: int64(a.SpentBefore), AfterMinor: int64(a.SpentAfter),
		})
	}
	made.Body = &analyticsv1.Report_PriceTolerance{PriceTolerance: body}
	return made, nil
}

func priceToleranceFigures() []figure {
	const source, say = "van Westendorp 1976", "what people pay: said and done differ, and only named prices are looked at"
	return []figure{
		{"answers", "latest answers of each account to all four questions, in rising order", source, "answers", measured, "what those think who did not answer"},
		{"contradicting", "latest answers that do not rise: left out", source, "", measured, ""},
		{"cheapest_minor", "lowest named price at which as many say expensive as too cheap (point of marginal cheapness)", source, "answers", measured, say},
		{"dearest_minor", "lowest named price at which as many say too expensive as cheap (point of marginal expensiveness)", source, "answers", measured, say},
		{"best_minor", "lowest named price at which as many say too expensive as too cheap (optimal price point)", source, "answers", measured, "at which price profit is greatest: it knows no costs"},
		{"indifferent_minor", "lowest named price at which as many say expensive as cheap (indifference price point)", source, "answers", measured, say},
		{"rise_answers", "accounts whose own events tell tolerance_percent", own, "rise_answers", measured, ""},
		{"rise_median", "rise that half of them would bear before leaving, per cents", own, "rise_answers", measured, "that they leave at it: most say less than they bear"},
		{"cut_answers", "accounts whose own events tell cut_to_return_percent", own, "cut_answers", measured, ""},
		{"cut_median", "cut that would bring half of them back, per cents", own, "cut_answers", measured, "that they come back"},
		{"cut_cost_minor", "Σ cut × what each spent in the twelve months before saying so: what a complaint that nobody heard costs", own, "cut_answers", measured, ""},
		{"prices", "how many say of each named price what", source, "answers", measured, ""},
		{"around", "who bought of the category in the window before a change, and of them in the one after; the same one window earlier; what was bought before and after", own, "", measured,
			"that the change is the cause: before and after is weak, a season does as much; hold customers out instead (report effect)"},
	}
}
