package api

import (
	"context"
	"errors"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/economics"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// adder is fed customer by customer.
type adder interface {
	Add(c history.Customer) error
}

// read feeds every customer to what start makes, and returns the head of the report.
func (s *Server) read(ctx context.Context, q reporting.Query, start func(reporting.Head) adder) (*analyticsv1.Report, error) {
	head, err := s.reporter.Read(ctx, q, func(h reporting.Head) func(history.Customer) error { return start(h).Add })
	if err != nil {
		return nil, err
	}
	return headToProto(head), nil
}

// readCosts is read for reports on what customers bring and cost. Only where margins differ by category, or an order is not summed
// up, are the lines of all orders read.
func (s *Server) readCosts(ctx context.Context, q reporting.Query, e *program.Economics, start func(reporting.Head) adder) (*analyticsv1.Report, error) {
	if len(e.Margins) == 0 {
		q.Details, q.Costs = false, true
		made, err := s.read(ctx, q, start)
		if !errors.Is(err, storage.ErrLines) {
			return made, err
		}
	}
	q.Details = true
	return s.read(ctx, q, start)
}

// from reads the first day of a period; empty is calendar.None. The day of the report may be calendar.None, too.
func from(text, field string, asOf calendar.Day) (calendar.Day, error) {
	d, err := day(text, field)
	switch {
	case err != nil:
		return d, err
	case d != calendar.None && asOf != calendar.None && d >= asOf:
		return d, reason.New(reason.InvalidArgument, field, "%s is not before %s; name an earlier day", d, asOf)
	}
	return d, nil
}

// orYear is a first day, or, where none was named, that of the year before the day of the report.
func orYear(since, asOf calendar.Day) calendar.Day {
	if since == calendar.None {
		return asOf.AddMonths(-12)
	}
	return since
}

// rests marks figures that rest on the programme's word: measured only where all parts of the economics that they use are.
func rests(r *analyticsv1.Report, known economics.Known, parts []string, fields ...string) {
	basis := measured
	for _, part := range parts {
		if !known.Economics.IsMeasured(part) {
			basis = assumed
		}
	}
	for _, f := range fields {
		r.Figures = append(r.Figures, &analyticsv1.Figure{Field: f, Basis: basis})
	}
}

// parts are those of the economics that say something.
func parts(known economics.Known, of ...string) []string {
	e := known.Economics
	said := map[string]bool{
		"margin": e.Margin != nil, "margins": len(e.Margins) > 0, "order": e.Order > 0, "actions": len(e.Actions) > 0, "point": e.Point.Num() > 0,
	}
	var list []string
	for _, part := range of {
		if said[part] {
			list = append(list, part)
		}
	}
	return list
}
