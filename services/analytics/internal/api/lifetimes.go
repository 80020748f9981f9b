package api

import (
	"context"
	"iter"
	"strconv"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/lifetime"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/repeat"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/fitting"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// lifetimesPlace is where a list of lifetimes goes on: the same day and the same fit on all of its pages.
type lifetimesPlace struct {
	After string       `json:"after"`
	AsOf  calendar.Day `json:"as_of"`
	Fit   string       `json:"fit"`
}

// ListLifetimes implements ModelService.
func (m *Models) ListLifetimes(ctx context.Context, in *analyticsv1.ListLifetimesRequest) (*analyticsv1.ListLifetimesResponse, error) {
	q := reporting.Query{Program: in.GetProgram(), Compare: calendar.None}
	var err error
	if q.AsOf, err = day(in.GetAsOf(), "as_of"); err != nil {
		return nil, err
	}
	list := &analyticsv1.ListLifetimesRequest{Program: in.GetProgram(), AsOf: in.GetAsOf(), Parameters: in.GetParameters(), Intervals: in.GetIntervals()}
	at, err := unseal[lifetimesPlace](list, in.GetPageToken())
	if err != nil {
		return nil, err
	}
	params := &analyticsv1.LifetimeParameters{
		Fit: in.GetParameters().GetFit(), Weeks: in.GetParameters().GetWeeks(), YearlyDiscount: in.GetParameters().GetYearlyDiscount(),
	}
	after := ""
	if at != nil {
		after, q.AsOf, params.Fit = at.After, at.AsOf, at.Fit
	}
	if err := m.server.after(ctx, in.GetAfter()); err != nil {
		return nil, err
	}
	v, err := m.server.valuingOf(ctx, in.GetProgram(), params)
	if err != nil {
		return nil, err
	}
	if v.fit == nil {
		if err := m.server.reporter.Known(ctx, in.GetProgram()); err != nil {
			return nil, err
		}
		return nil, reason.New(reason.FitNotFound, "parameters.fit", "%s", v.without)
	}
	page := lifetimesPage{valuing: v, list: list, size: pageDefault, answer: &analyticsv1.ListLifetimesResponse{Fit: v.fit.GetId()}}
	if in.GetPageSize() > 0 {
		page.size = int(in.GetPageSize())
	}
	if err := m.server.reporter.View(ctx, q, after, page.fill); err != nil {
		return nil, err
	}
	return page.answer, nil
}

// lifetimesPage is one page of a list.
type lifetimesPage struct {
	valuing
	list   *analyticsv1.ListLifetimesRequest
	size   int
	answer *analyticsv1.ListLifetimesResponse
}

// fill takes customers until the page is full.
func (p *lifetimesPage) fill(h reporting.Head, customers iter.Seq2[history.Customer, error]) error {
	p.answer.AsOf, p.answer.Read, p.answer.Currency = h.AsOf.String(), reporting.ReadToProto(h.Reading), string(h.Reading.Currency)
	valuer, err := p.valuer(h.Reading.Currency)
	if err != nil {
		return err
	}
	if p.list.GetIntervals() {
		doubt, err := fitting.DoubtOf(p.fit.GetPlan().GetBuying(), p.fit.GetFinal())
		if err != nil {
			return err
		}
		valuer.Doubting(doubt)
	}
	for c, err := range customers {
		if err != nil {
			return err
		}
		known, ok, err := repeat.Of(c, h.AsOf)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if n := len(p.answer.GetLifetimes()); n == p.size {
			at := lifetimesPlace{After: p.answer.GetLifetimes()[n-1].GetAccount(), AsOf: h.AsOf, Fit: p.fit.GetId()}
			p.answer.NextPageToken, err = seal(p.list, at)
			return err
		}
		told := lifetimeToProto(known, valuer)
		if p.list.GetIntervals() {
			told.Interval = intervalToProto(known, valuer)
		}
		p.answer.Lifetimes = append(p.answer.Lifetimes, told)
	}
	return nil
}

func lifetimeToProto(c repeat.Customer, by *lifetime.Valuer) *analyticsv1.Lifetime {
	value := by.Value(c)
	l := &analyticsv1.Lifetime{
		Account: c.ID, Repeats: int64(c.Count.Repeats), RecencyDays: int64(c.Count.Recency), AgeDays: int64(c.Count.Age),
		SpentMinor: int64(c.Spent), RepeatedMinor: int64(c.Repeated),
		Alive: fitting.Decimal(value.Alive), Purchases: fitting.Decimal(value.Purchases),
	}
	if by.HasAmounts() {
		l.PerPurchase, l.Residual = fitting.Decimal(value.PerPurchase), fitting.Decimal(value.Residual)
	}
	return l
}

func intervalToProto(c repeat.Customer, by *lifetime.Valuer) *analyticsv1.LifetimeInterval {
	interval := by.Interval(c)
	i := &analyticsv1.LifetimeInterval{PurchasesLow: int64(interval.PurchasesLow), PurchasesHigh: int64(interval.PurchasesHigh)}
	if by.HasAmounts() {
		i.ResidualLow, i.ResidualHigh = fitting.Decimal(interval.ResidualLow), fitting.Decimal(interval.ResidualHigh)
	}
	if interval.AliveHigh > 0 {
		i.AliveLow, i.AliveHigh = fitting.Decimal(interval.AliveLow), fitting.Decimal(interval.AliveHigh)
	}
	return i
}

// estimate reads an estimate that this service wrote; what is none is 0.
func estimate(text string) float64 {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return f
}
