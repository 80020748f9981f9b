package api

import (
	"cmp"
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/lifecycle"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

func lifeCycleReport() report {
	return report{
		name: "life-cycle", question: "At which stage of their life do customers stand, by their own rhythm, and who moves where in a month?", details: true,
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetLifeCycle() != nil }, make: (*Server).lifeCycle,
		figures: lifeCycleFigures,
	}
}

func (s *Server) lifeCycle(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	p := lifecycle.Defaults()
	asked := in.GetLifeCycle()
	p.Interval, p.Months = cmp.Or(int(asked.GetIntervalDays()), p.Interval), cmp.Or(int(asked.GetMonths()), p.Months)
	for _, times := range []struct {
		field, text string
		into        *money.Ratio
	}{
		{"life_cycle.at_risk", asked.GetAtRisk(), &p.AtRisk}, {"life_cycle.lapsed", asked.GetLapsed(), &p.Lapsed},
		{"life_cycle.lost", asked.GetLost(), &p.Lost},
	} {
		if err := share(times.text, times.field, times.into); err != nil {
			return nil, err
		}
	}
	if err := p.Check(); err != nil {
		return nil, under("life_cycle", err)
	}
	var b *lifecycle.Builder
	made, err := s.read(ctx, q, func(h reporting.Head) adder {
		b = lifecycle.New(h.AsOf, p)
		return b
	})
	if err != nil {
		return nil, err
	}
	found := b.Report()
	body := &analyticsv1.LifeCycleReport{Customers: found.Customers, IntervalDays: int32(p.Interval)} //nolint:gosec // checked
	for _, h := range found.Stages {
		body.Stages = append(body.Stages, &analyticsv1.Stage{
			Name: h.Stage.String(), Customers: h.Customers, Share: history.ShareOf(h.Customers, found.Customers).String(), SumMinor: int64(h.Sum),
		})
	}
	for _, f := range found.Flows {
		body.Flows = append(body.Flows, &analyticsv1.StageFlow{
			Month: month(f.Month), From: f.From.String(), To: f.To.String(), Customers: f.Customers,
		})
	}
	made.Body = &analyticsv1.Report_LifeCycle{LifeCycle: body}
	return made, nil
}

func lifeCycleFigures() []figure {
	return []figure{
		{"customers", "accounts with an order or an own event before the day", own, "customers", measured, "who only enrolled: an enrolment alone is not kept"},
		{"interval_days", "interval between purchases of who has fewer than three purchase days", own, "", assumed, ""},
		{"stages", "prospect: no order. Silent for longer than 1.5, 3, 6 intervals: at risk, lapsed, lost. One purchase day: new. The last gap was a lapse: won back. " +
			"At least a fifth more in six months than in the six before: growing. Else active. The interval is the customer's own mean from three purchase days on, and seven days at least",
			"after Novo 2004 (latency)", "customers", measured, "why: silence has many causes, and a holiday is one"},
		{"flows", "stage when a month began, and when the next one did, of whole months", own, "customers", measured, "moves there and back within a month"},
	}
}
