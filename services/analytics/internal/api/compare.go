package api

import (
	"context"
	"slices"
	"strings"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/sheet"
)

// made makes a report and, where an earlier day is named, that of the earlier day from the same state of the copy, and tells
// what changed. All of it is one turn: what a report holds of its customers it holds for as long.
func (s *Server) made(ctx context.Context, r report, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	var now *analyticsv1.Report
	turn := s.reporter.Together
	if r.one {
		turn = s.reporter.Aside
	}
	err := turn(ctx, func(ctx context.Context, one *reporting.Reporter) error {
		inside := *s
		inside.reporter = one
		var err error
		if now, err = r.make(&inside, ctx, in, q); err != nil || q.Compare == calendar.None {
			return err
		}
		then := q
		then.AsOf, then.Compare = q.Compare, calendar.None
		before, err := r.make(&inside, ctx, in, then)
		if err != nil {
			return earlier(err, q.Compare)
		}
		now.Changes = slices.DeleteFunc(sheet.Changes(bodyOf(before), bodyOf(now)), func(c *analyticsv1.Change) bool {
			return r.moves && strings.HasPrefix(c.GetField(), "moves.")
		})
		return nil
	})
	return now, err
}

// earlier says of a refusal that it is the earlier day that does not fit.
func earlier(err error, day calendar.Day) error {
	refusal, ok := reason.Of(err)
	if !ok {
		return err
	}
	then := *refusal
	then.Field, then.Message = "compare", "as of "+day.String()+": "+refusal.Message
	return &then
}
