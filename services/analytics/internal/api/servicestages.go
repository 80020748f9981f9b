package api

import (
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/satisfaction"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

func serviceStagesReport() report {
	return report{
		name: "service-stages", question: "At which of four stages do customers stand, and which service does each call for?", details: true,
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetServiceStages() != nil }, make: (*Server).serviceStages,
		figures: serviceStagesFigures,
	}
}

func (s *Server) serviceStages(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	params, err := loyaltyFromProto(in.GetServiceStages())
	if err != nil {
		return nil, under("service_stages", err)
	}
	members := in.GetServiceStages().GetMembersOf()
	if _, err := satisfaction.NewStages(calendar.None, params, members); err != nil { // before anything is read
		return nil, under("service_stages", err)
	}
	var b *satisfaction.StagesBuilder
	made, err := s.read(ctx, q, func(h reporting.Head) adder {
		b, err = satisfaction.NewStages(h.AsOf, params, members)
		return b
	})
	if err != nil {
		return nil, err
	}
	found := b.Report()
	body := &analyticsv1.ServiceStagesReport{Customers: found.Customers}
	for _, at := range found.Stages {
		body.Stages = append(body.Stages, &analyticsv1.ServiceStage{
			Stage: at.Name, Service: at.Service, Customers: at.Customers, Share: history.ShareOf(at.Customers, found.Customers).String(),
			WithOpenCases: at.Open, RevenueMinor: int64(at.Revenue),
		})
	}
	for _, m := range found.Members {
		body.Members = append(body.Members, &analyticsv1.ServiceStageMember{Account: m.ID, Satisfaction: m.Satisfaction, OpenCases: m.Open})
	}
	made.Body = &analyticsv1.Report_ServiceStages{ServiceStages: body}
	return made, nil
}

func serviceStagesFigures() []figure {
	return []figure{
		{"customers", "accounts with an order before the day", own, "customers", measured, ""},
		{"stages", "by the latest answer on satisfaction: dissatisfied (1, 2), neutral (3), satisfied (4, 5), loyal (satisfied, and loyal: see satisfaction), unknown", own,
			"customers", measured, "what those think who did not answer, nor whether an old answer still holds"},
		{"stages.service", "what customers of the stage are owed first", own, "", assumed, "that it pays: try it with a control group"},
		{"members", "those of the stage that was asked for, the first 1,000 by account, with cases that are not solved", own, "customers", measured, ""},
	}
}
