package api

import (
	"cmp"
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/moneykept"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
)

func moneyRetentionReport() report {
	return report{
		name: "money-retention", question: "How much of the money of a period comes again in the next one from the same customers?",
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetMoneyRetention() != nil }, make: (*Server).moneyRetention,
		figures: moneyRetentionFigures,
	}
}

func (s *Server) moneyRetention(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	months := cmp.Or(int(in.GetMoneyRetention().GetMonths()), moneykept.Months)
	if err := moneykept.Check(months); err != nil {
		return nil, under("money_retention", err)
	}
	var b *moneykept.Builder
	made, err := s.read(ctx, q, func(h reporting.Head) adder {
		b = moneykept.New(h.AsOf, months)
		return b
	})
	if err != nil {
		return nil, err
	}
	found, err := b.Report()
	if err != nil {
		return nil, err
	}
	p := &analyticsv1.MoneyRetentionReport{
		BeforeFrom: found.BeforeFrom.String(), AfterFrom: found.AfterFrom.String(), All: retainedToProto(found.All),
		NewCustomers: found.New, NewMinor: int64(found.NewMoney),
	}
	for _, g := range found.Classes {
		p.Classes = append(p.Classes, retainedToProto(g))
	}
	for _, g := range found.Cohorts {
		p.Cohorts = append(p.Cohorts, retainedToProto(g))
	}
	made.Body = &analyticsv1.Report_MoneyRetention{MoneyRetention: p}
	return made, nil
}

func retainedToProto(g moneykept.Group) *analyticsv1.RetainedGroup {
	return &analyticsv1.RetainedGroup{
		Group: g.Name, Customers: g.Customers, KeptCustomers: g.Kept, KeptShare: history.ShareOf(g.Kept, g.Customers).String(),
		BeforeMinor: int64(g.Before), AfterMinor: int64(g.After), GrossShare: g.Gross().String(), NetShare: g.Net().String(),
	}
}

func moneyRetentionFigures() []figure {
	const source = "gross and net revenue retention, as used for subscriptions"
	return []figure{
		{"before_from", "first day of the earlier period", own, "", measured, ""},
		{"after_from", "first day of the later period, which ends with the day before the report's", own, "", measured, ""},
		{"all", "customers with an order in the earlier period: how many ordered in the later one, and what they spent in both; gross leaves growth out", source,
			"all.customers", measured, "that who spent nothing is lost: long intervals look like losses"},
		{"new_customers", "customers with an order in the later period and none in the earlier one", own, "new_customers", measured, "that they are new: some come back after long"},
		{"new_minor", "what they spent", own, "new_customers", measured, ""},
		{"classes", "the same by class of the earlier period (A, B, C)", source, "all.customers", measured, "more than chance: who spent much in one period tends to the mean in the next"},
		{"cohorts", "the same by year of the first order", source, "all.customers", measured, ""},
	}
}
