package api

import (
	"context"
	"slices"
	"strings"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/cohort"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/pareto"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/rfm"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/page"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// report is one that can be asked for.
type report struct {
	name, question string
	details        bool // it reads all that is known of each account
	whole          bool // it takes no filter
	one            bool // it reads one account
	moves          bool // its list moves tells of the earlier day by itself
	// takes tells whether the parameters of a request are its own.
	takes func(*analyticsv1.GetReportRequest) bool
	make  func(*Server, context.Context, *analyticsv1.GetReportRequest, reporting.Query) (*analyticsv1.Report, error)
	// figures says what those of the body mean.
	figures func() []figure
}

// reports lists all, by name.
func reports() []report {
	all := append(first(), acquisitionReport(), churnCausesReport(), customerReport(), goalReport(), kanoReport(), lifeCycleReport(),
		clustersReport(), matrixReport(), moneyRetentionReport(), profitabilityReport())
	all = append(all, heard()...)
	all = append(all, abcXyzReport(), budgetReport(), marketPotentialReport(), priceToleranceReport(), prioritiesReport(), serviceCostReport(), switchingReport())
	slices.SortFunc(all, func(a, b report) int { return strings.Compare(a.name, b.name) })
	return all
}

func first() []report {
	return []report{
		{
			name: "actions", question: "How often did members do what the programme counts beside buying, by type and month?",
			whole: true, takes: func(*analyticsv1.GetReportRequest) bool { return false }, make: (*Server).actions, figures: actionsFigures,
		}, {
			name: "churn-effect", question: "What is it worth to lose fewer customers?",
			takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetChurnEffect() != nil }, make: (*Server).churnEffect, figures: churnFigures,
		}, {
			name: "cohorts", question: "How many customers of each month's newcomers come back in later months, and how soon?",
			takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetCohorts() != nil }, make: (*Server).cohorts, figures: cohortFigures,
		}, {
			name: "effect", question: "What has a campaign done to the margin, against those who were held out of it?",
			takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetEffect() != nil }, make: (*Server).effect, figures: effectFigures,
		}, {
			name: "lifetime", question: "What have customers been worth, and what will they still be?",
			takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetLifetime() != nil }, make: (*Server).lifetime, figures: lifetimeFigures,
		}, {
			name: "pareto", question: "How is revenue spread over customers: top 20 %, Lorenz curve, Gini, classes A, B and C?",
			takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetPareto() != nil }, make: (*Server).pareto, figures: paretoFigures,
		}, {
			name: "rfm", question: "Who bought lately, often and for much, in which segments, and who moved between them?",
			moves: true, takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetRfm() != nil }, make: (*Server).rfm, figures: rfmFigures,
		}, survivalReport(),
	}
}

// GetReport implements AnalyticsService.
func (s *Server) GetReport(ctx context.Context, in *analyticsv1.GetReportRequest) (*analyticsv1.GetReportResponse, error) {
	r, err := named(in.GetName())
	if err != nil {
		return nil, err
	}
	if in.GetParameters() != nil && !r.takes(in) {
		return nil, reason.New(reason.InvalidArgument, "parameters", "these are not the parameters of report %s", r.name)
	}
	filter, err := filterFromProto(in.GetFilter())
	if err != nil {
		return nil, err
	}
	q := reporting.Query{Program: in.GetProgram(), Details: r.details, Filter: filter}
	if q.Filter.IsSet() && r.whole {
		return nil, reason.New(reason.InvalidArgument, "filter", "report %s is about all that there is; leave the filter out", r.name)
	}
	if q.AsOf, err = day(in.GetAsOf(), "as_of"); err != nil {
		return nil, err
	}
	if q.Compare, err = day(in.GetCompare(), "compare"); err != nil {
		return nil, err
	}
	if err := s.after(ctx, in.GetAfter()); err != nil {
		return nil, err
	}
	made, err := s.made(ctx, r, in, q)
	if err != nil {
		return nil, err
	}
	made.Name = r.name
	explain(made, r.figures())
	answer := &analyticsv1.GetReportResponse{Report: made}
	if in.GetPage() {
		if answer.Page, err = page.Of(made, r.question); err != nil {
			return nil, err
		}
	}
	if in.GetPlots() {
		answer.Plots, err = page.Drawings(made)
	}
	return answer, err
}

func named(name string) (report, error) {
	all := reports()
	i := slices.IndexFunc(all, func(r report) bool { return r.name == name })
	if i >= 0 {
		return all[i], nil
	}
	var names []string
	for _, r := range all {
		names = append(names, r.name)
	}
	return report{}, reason.New(reason.ReportNotFound, "name", "there is no report %.64q; there are %s", name, strings.Join(names, ", "))
}

func (s *Server) pareto(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	params, err := paretoFromProto(in.GetPareto())
	if err != nil {
		return nil, err
	}
	var b *pareto.Builder
	head, err := s.reporter.Read(ctx, q, func(h reporting.Head) func(history.Customer) error {
		b = pareto.New(h.AsOf, params)
		return b.Add
	})
	if err != nil {
		return nil, err
	}
	made := headToProto(head)
	made.Body = &analyticsv1.Report_Pareto{Pareto: paretoToProto(b.Report())}
	return made, nil
}

func (s *Server) rfm(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	table, err := segmentsFromProto(in.GetRfm())
	if err != nil {
		return nil, err
	}
	var b *rfm.Builder
	head, err := s.reporter.Read(ctx, q, func(h reporting.Head) func(history.Customer) error {
		b = rfm.New(h.AsOf, h.Compare, table)
		return b.Add
	})
	if err != nil {
		return nil, err
	}
	found, err := b.Report()
	if err != nil {
		return nil, err
	}
	made := headToProto(head)
	made.Body = &analyticsv1.Report_Rfm{Rfm: rfmToProto(found)}
	return made, nil
}

func (s *Server) cohorts(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	params, err := cohortsFromProto(in.GetCohorts())
	if err != nil {
		return nil, err
	}
	var b *cohort.Builder
	head, err := s.reporter.Read(ctx, q, func(h reporting.Head) func(history.Customer) error {
		b = cohort.New(h.AsOf, params)
		return b.Add
	})
	if err != nil {
		return nil, err
	}
	made := headToProto(head)
	made.Body = &analyticsv1.Report_Cohorts{Cohorts: cohortsToProto(b.Report(), params.Mark)}
	return made, nil
}

func (s *Server) actions(ctx context.Context, _ *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	head, months, err := s.reporter.Actions(ctx, q)
	if err != nil {
		return nil, err
	}
	made, body := headToProto(head), &analyticsv1.ActionsReport{}
	body.MonthsLeftOut = int32(max(0, len(months)-listMax)) //nolint:gosec // types by months
	for _, m := range months[:min(len(months), listMax)] {
		body.Months = append(body.Months, &analyticsv1.ActionMonth{
			Type: m.Type, Month: month(m.Day), Actions: m.Number, Points: int64(m.Points),
		})
	}
	made.Body = &analyticsv1.Report_Actions{Actions: body}
	return made, nil
}
