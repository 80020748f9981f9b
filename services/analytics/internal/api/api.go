// Package api is analytics' gRPC door: it answers laurel.analytics.v1.AnalyticsService from the copy of the orders. Who
// may call and how errors travel is the rpc room's business; what the figures mean is the domain's.
package api

import (
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	typev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/type/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/comparing"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/economics"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/fitting"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Server implements AnalyticsService. Safe for many goroutines.
type Server struct {
	analyticsv1.UnimplementedAnalyticsServiceServer
	reporter *reporting.Reporter
	fitter   *fitting.Fitter
	comparer *comparing.Comparer
	// economics is what the programme says of margins and costs.
	economics func(ctx context.Context, program string) (economics.Known, error)
	after     func(ctx context.Context, to *typev1.Position) error
}

// Deps are what the door asks. After waits until the copy has come to a position.
type Deps struct {
	Reporter  *reporting.Reporter
	Fitter    *fitting.Fitter
	Comparer  *comparing.Comparer
	Economics *economics.Reader
	After     func(ctx context.Context, to *typev1.Position) error
}

// New makes the service; register it on an rpc.Server.
func New(d Deps) *Server {
	return &Server{reporter: d.Reporter, fitter: d.Fitter, comparer: d.Comparer, economics: d.Economics.Of, after: d.After}
}

// ListReports implements AnalyticsService.
func (s *Server) ListReports(context.Context, *analyticsv1.ListReportsRequest) (*analyticsv1.ListReportsResponse, error) {
	answer := &analyticsv1.ListReportsResponse{}
	for _, r := range reports() {
		answer.Reports = append(answer.Reports, &analyticsv1.ReportInfo{Name: r.name, Question: r.question, Compares: true})
	}
	return answer, nil
}

// day reads a day of a request; empty is calendar.None.
func day(text, field string) (calendar.Day, error) {
	if text == "" {
		return calendar.None, nil
	}
	d, err := calendar.Parse(text)
	if err != nil {
		return calendar.None, reason.New(reason.InvalidArgument, field, "%.20q is not a date; write YYYY-MM-DD, for example 2025-03-31", text)
	}
	return d, nil
}
