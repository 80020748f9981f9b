package api

import (
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/servicecost"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
)

func serviceCostReport() report {
	return report{
		name: "service-cost", question: "Who gets more service than their class has earned, and who less?", details: true,
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetServiceCost() != nil }, make: (*Server).serviceCost, figures: serviceCostFigures,
	}
}

func (s *Server) serviceCost(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	known, err := s.economics(ctx, q.Program)
	if err != nil {
		return nil, err
	}
	asked := in.GetServiceCost().GetFrom()
	since, err := from(asked, "service_cost.from", q.AsOf)
	if err != nil {
		return nil, err
	}
	var b *servicecost.Builder
	made, err := s.read(ctx, q, func(h reporting.Head) adder {
		since = orYear(since, h.AsOf)
		b = servicecost.New(since, h.AsOf, known.Economics)
		return b
	})
	if err != nil {
		return nil, err
	}
	found, err := b.Report()
	if err != nil {
		return nil, err
	}
	body := &analyticsv1.ServiceCostReport{
		From: since.String(), Customers: found.Customers, RevenueMinor: int64(found.Revenue), CostMinor: int64(found.Cost),
		OverCustomers: found.OverCount, OverMinor: int64(found.OverSum), UnderCustomers: found.UnderCount,
		Over: servedToProto(found.Over), Under: servedToProto(found.Under), EconomicsRevision: int32(known.Revision), //nolint:gosec // few
	}
	for _, c := range found.Classes {
		body.Classes = append(body.Classes, &analyticsv1.ServiceClass{
			Class: c.Name, Customers: c.Customers, RevenueMinor: int64(c.Revenue), CostMinor: int64(c.Cost), MeanCost: c.Mean().String(),
			CostShare: history.ShareOf(int64(c.Cost), int64(c.Revenue)).String(), LessThanWorse: c.Below,
		})
	}
	made.Body = &analyticsv1.Report_ServiceCost{ServiceCost: body}
	rests(made, known, parts(known, "order", "actions"), "cost_minor", "classes", "over", "under", "over_customers", "under_customers", "over_minor")
	return made, nil
}

func servedToProto(list []servicecost.Line) []*analyticsv1.ServedCustomer {
	var made []*analyticsv1.ServedCustomer
	for _, l := range list {
		made = append(made, &analyticsv1.ServedCustomer{
			Account: l.ID, Class: l.Class, RevenueMinor: int64(l.Revenue), CostMinor: int64(l.Cost), OffMinor: int64(l.Off),
		})
	}
	return made
}

func serviceCostFigures() []figure {
	const untold = "service that is no own event of the programme, and has no cost under economics"
	return []figure{
		{"from", "first day of the period", own, "", measured, ""},
		{"customers", "accounts with an order in the period", own, "customers", measured, ""},
		{"revenue_minor", "what was paid in the period, after returns", own, "customers", measured, ""},
		{"cost_minor", "orders × cost of an order + own events × cost of one of their type", "Kaplan & Narayanan 2001", "customers", measured, untold},
		{"classes", "A, B and C by revenue of the period (80 %, 95 %), what they cost, and whether one gets less than one of a worse class", own, "customers", measured,
			"that cost is good service: an expensive case may be a complaint"},
		{"over_customers", "customers of B and C who cost more than one of a better class does in the mean", own, "customers", measured, "that they should get less: see what they will be worth"},
		{"over_minor", "what they cost beyond that mean", own, "over_customers", measured, ""},
		{"under_customers", "customers of A and B who cost less than one of a worse class does in the mean", own, "customers", measured, "that they miss anything: some want to be left alone"},
		{"over", "the first thousand of them, farthest off first", own, "over_customers", measured, ""},
		{"under", "the first thousand of them, farthest off first", own, "under_customers", measured, ""},
		{"economics_revision", "revision of the programme whose economics were used", own, "", measured, ""},
	}
}
