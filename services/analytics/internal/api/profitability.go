package api

import (
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/profit"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/economics"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
)

func profitabilityReport() report {
	return report{
		name: "profitability", question: "What does each customer bring and cost, and how many bring all of the profit?", details: true,
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetProfitability() != nil }, make: (*Server).profitability,
		figures: profitabilityFigures,
	}
}

func (s *Server) profitability(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	known, err := s.economics(ctx, q.Program)
	if err != nil {
		return nil, err
	}
	since, err := from(in.GetProfitability().GetFrom(), "profitability.from", q.AsOf)
	if err != nil {
		return nil, err
	}
	var b *profit.Builder
	made, err := s.readCosts(ctx, q, known.Economics, func(h reporting.Head) adder {
		b = profit.New(since, h.AsOf, known.Economics)
		return b
	})
	if err != nil {
		return nil, err
	}
	found, err := b.Report()
	if err != nil {
		return nil, err
	}
	made.Body = &analyticsv1.Report_Profitability{Profitability: profitabilityToProto(found, known)}
	goods := parts(known, "margin", "margins")
	if found.All.Told == found.All.Revenue {
		goods = nil // every order tells its cost
	}
	rests(made, known, goods, "goods_minor")
	rests(made, known, parts(known, "order"), "orders_minor")
	rests(made, known, parts(known, "actions"), "actions_minor")
	rests(made, known, parts(known, "point"), "points_minor")
	rests(made, known, append(goods, parts(known, "order", "actions", "point")...), "profit_minor", "losing_customers", "losing_minor",
		"peak_customers", "peak_minor", "whale", "best", "worst")
	return made, nil
}

func profitabilityToProto(r profit.Report, known economics.Known) *analyticsv1.ProfitabilityReport {
	p := &analyticsv1.ProfitabilityReport{
		Customers: r.Customers, RevenueMinor: int64(r.All.Revenue), UncostedMinor: int64(r.All.Uncosted), ToldMinor: int64(r.All.Told),
		GoodsMinor: int64(r.All.Goods), OrdersMinor: int64(r.All.Orders), ActionsMinor: int64(r.All.Actions), PointsMinor: int64(r.All.Points),
		ProfitMinor: int64(r.All.Profit), LosingCustomers: r.Losing.Customers, LosingMinor: int64(r.Losing.Profit),
		PeakCustomers: r.Peak.Customers, PeakMinor: int64(r.Peak.Profit), EconomicsRevision: int32(known.Revision), //nolint:gosec // few
	}
	for _, at := range r.Whale {
		p.Whale = append(p.Whale, &analyticsv1.WhalePoint{Customers: at.Customers, ProfitMinor: int64(at.Profit)})
	}
	for _, l := range r.Best {
		p.Best = append(p.Best, profitToProto(l))
	}
	for _, l := range r.Worst {
		p.Worst = append(p.Worst, profitToProto(l))
	}
	return p
}

func profitToProto(l profit.Line) *analyticsv1.CustomerProfit {
	return &analyticsv1.CustomerProfit{
		Account: l.ID, RevenueMinor: int64(l.Revenue), GoodsMinor: int64(l.Goods), ServingMinor: int64(l.Serving()),
		PointsMinor: int64(l.Points), ProfitMinor: int64(l.Profit),
	}
}

func profitabilityFigures() []figure {
	const source, rests = "Kaplan & Narayanan 2001", "costs that nobody told: rent, advertising, the programme itself"
	return []figure{
		{"customers", "accounts with an order or an own event in the period", own, "customers", measured, ""},
		{"revenue_minor", "what was paid, after discounts and returns", own, "customers", measured, ""},
		{"uncosted_minor", "revenue of which neither the order nor the programme tells the cost; it is in no profit", own, "customers", measured,
			"that it is without profit: nobody knows"},
		{"told_minor", "revenue whose cost the order itself tells", own, "customers", measured, ""},
		{"goods_minor", "cost of goods: what the order tells, else paid × (1 − margin of the category)", source, "customers", measured,
			"whether goods that came back could be sold again: they count as if"},
		{"orders_minor", "orders × cost of an order", source, "customers", measured, "that one order is as dear to handle as another"},
		{"actions_minor", "own events × cost of one of their type", source, "customers", measured, "what was done and not told"},
		{"points_minor", "points earned × cost of a point", own, "customers", measured, "how many of them will ever be spent: see the ledger's breakage"},
		{"profit_minor", "costed revenue − goods − orders − own events − points", source, "customers", measured, rests},
		{"losing_customers", "customers with a profit below zero", source, "customers", measured, "that they should go: serving them may be made cheaper"},
		{"losing_minor", "what they lose together", source, "customers", measured, rests},
		{"peak_customers", "customers up to the top of the whale curve", source, "customers", measured, ""},
		{"peak_minor", "what they bring: the most that any number of customers brings", source, "customers", measured, rests},
		{"economics_revision", "revision of the programme whose economics were used, for all days", own, "", measured, "what margins were at the time"},
		{"whale", "cumulative profit, the most profitable customers first", source, "customers", measured, rests},
		{"best", "the most profitable customers", source, "customers", measured, rests},
		{"worst", "the least profitable customers, the worst first", source, "customers", measured, rests},
	}
}
