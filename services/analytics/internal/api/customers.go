package api

import (
	"context"
	"iter"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/pareto"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/rfm"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/ruler"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// pageDefault is how long a page is when the caller does not say; the contract bounds it by 5,000.
const pageDefault = 500

// ListCustomers implements AnalyticsService. Only the first page reads all customers: what they are measured by travels in
// the page token.
func (s *Server) ListCustomers(ctx context.Context, in *analyticsv1.ListCustomersRequest) (*analyticsv1.ListCustomersResponse, error) {
	params, err := paretoFromProto(in.GetPareto())
	if err != nil {
		return nil, err
	}
	table, err := segmentsFromProto(in.GetRfm())
	if err != nil {
		return nil, err
	}
	q := reporting.Query{Program: in.GetProgram(), Compare: calendar.None}
	if q.AsOf, err = day(in.GetAsOf(), "as_of"); err != nil {
		return nil, err
	}
	list := listOf(in)
	at, err := unseal[place](list, in.GetPageToken())
	if err != nil {
		return nil, err
	}
	if err := s.after(ctx, in.GetAfter()); err != nil {
		return nil, err
	}
	if at == nil {
		if at, err = s.measure(ctx, q, params); err != nil {
			return nil, err
		}
	}
	q.AsOf = at.AsOf
	answer := &analyticsv1.ListCustomersResponse{AsOf: at.AsOf.String()}
	size := pageDefault
	if in.GetPageSize() > 0 {
		size = int(in.GetPageSize())
	}
	err = s.reporter.View(ctx, q, at.After, func(h reporting.Head, customers iter.Seq2[history.Customer, error]) error {
		answer.Read, answer.Currency = reporting.ReadToProto(h.Reading), string(h.Reading.Currency)
		for c, err := range customers {
			if err != nil {
				return err
			}
			if c = c.Before(at.AsOf); len(c.Orders) == 0 {
				continue
			}
			if len(answer.GetCustomers()) == size {
				at.After = answer.GetCustomers()[size-1].GetAccount()
				answer.NextPageToken, err = seal(list, at)
				return err
			}
			line, err := at.customer(c, table)
			if err != nil {
				return err
			}
			answer.Customers = append(answer.Customers, line)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// measure reads all customers for what each of them is measured by.
func (s *Server) measure(ctx context.Context, q reporting.Query, params pareto.Params) (*place, error) {
	at := &place{}
	return at, s.reporter.Together(ctx, func(ctx context.Context, one *reporting.Reporter) error {
		var b *ruler.Builder
		head, err := one.Read(ctx, q, func(h reporting.Head) func(history.Customer) error {
			b = ruler.New(h.AsOf, params)
			return b.Add
		})
		if err != nil {
			return err
		}
		at.AsOf = head.AsOf
		at.Rulers, err = b.Rulers()
		return err
	})
}

// customer measures one customer, who has an order.
func (at *place) customer(c history.Customer, table []rfm.Segment) (*analyticsv1.Customer, error) {
	m, _, err := rfm.MeasureOf(c, at.AsOf)
	if err != nil {
		return nil, err
	}
	s := at.Rulers.Scales.Scores(m)
	return &analyticsv1.Customer{
		Account: c.ID, FirstDay: c.First().String(), LastDay: c.Last().String(), RecencyDays: m.Recency, Orders: m.Frequency,
		SumMinor: int64(m.Monetary), Class: at.Rulers.Cuts.Class(c.ID, m.Monetary), RecencyScore: score(s.R), FrequencyScore: score(s.F),
		MonetaryScore: score(s.M), Segment: rfm.Place(table, s),
	}, nil
}
