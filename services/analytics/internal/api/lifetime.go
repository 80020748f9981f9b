package api

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/lifetime"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/repeat"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/fitting"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Lifetimes unless said otherwise.
const (
	periodDefault = 365
	discountMax   = 10
)

func discountDefault() money.Ratio { return money.MustRatio(1, 10) }

// valuing is how customers are valued: parameters, checked, and a fit that can be used or why there is none.
type valuing struct {
	terms    lifetime.Terms
	discount money.Ratio
	period   int
	fit      *analyticsv1.Fit
	without  string
}

// valuingOf reads parameters. A fit that is named and cannot be used is refused; without a champion there is none.
func (s *Server) valuingOf(ctx context.Context, program string, in *analyticsv1.LifetimeParameters) (valuing, error) {
	v := valuing{discount: discountDefault(), period: periodDefault, terms: lifetime.Defaults()}
	if in.GetWeeks() > 0 {
		v.terms.Weeks = int(in.GetWeeks())
	}
	if in.GetPeriodDays() > 0 {
		v.period = int(in.GetPeriodDays())
	}
	if err := discount(in.GetYearlyDiscount(), "lifetime.yearly_discount", &v.discount); err != nil {
		return v, err
	}
	v.terms.Discount = ratioFloat(v.discount)
	fit, err := s.fitter.Fit(ctx, program, in.GetFit())
	if errors.Is(err, reason.FitNotFound) && in.GetFit() == "" {
		refusal, _ := reason.Of(err)
		v.without = refusal.Message
		return v, nil
	}
	if err != nil {
		return v, err
	}
	if err := fitting.Usable(fit); err != nil {
		return v, err
	}
	v.fit = fit
	return v, nil
}

// discount reads a rate from 0 to discountMax, unless the text is empty.
func discount(text, field string, into *money.Ratio) error {
	if err := share(text, field, into); err != nil {
		return err
	}
	if into.Cmp(money.MustRatio(discountMax, 1)) > 0 {
		return reason.New(reason.InvalidArgument, field, "%s is above %d; write 0.1 for ten per cent", text, discountMax)
	}
	return nil
}

func ratioFloat(r money.Ratio) float64 { return float64(r.Num()) / float64(r.Den()) }

// valuer makes values by the fit, with amounts of a currency.
func (v valuing) valuer(c money.Currency) (*lifetime.Valuer, error) {
	return fitting.ValuerOf(v.fit, v.terms, c)
}

// lifetime makes the report. What was spent is told of the orders that the filter leaves; what is still to come, of all orders of
// the customers who have one of them: the model knows customers, not parts of them.
func (s *Server) lifetime(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	v, err := s.valuingOf(ctx, q.Program, in.GetLifetime())
	if err != nil {
		return nil, err
	}
	sum := &valued{}
	var simple *lifetime.SimpleBuilder
	var orders history.Filter
	filtered := q.Filter.IsSet()
	q.Filter, orders = q.Filter.Apart()
	q.Details = orders.IsSet()
	head, err := s.reporter.Read(ctx, q, func(h reporting.Head) func(history.Customer) error {
		simple = lifetime.NewSimple(h.AsOf, v.period)
		var valuer *lifetime.Valuer
		var wrong error
		if v.fit != nil {
			valuer, wrong = v.valuer(h.Reading.Currency)
		}
		return func(c history.Customer) error {
			if wrong != nil {
				return wrong
			}
			left, _ := orders.Customer(c, h.AsOf)
			bought, ok, err := repeat.Of(left, h.AsOf)
			if err != nil || !ok {
				return err
			}
			known, _, err := repeat.Of(c, h.AsOf)
			if err != nil {
				return err
			}
			if err := simple.Add(left); err != nil {
				return err
			}
			return sum.add(bought.Spent, known, valuer)
		}
	})
	if err != nil {
		return nil, err
	}
	made, major := headToProto(head), fitting.Major(head.Reading.Currency)
	body := &analyticsv1.LifetimeReport{
		Historic: sum.historic(major), Simple: simpleToProto(simple.Simple(), v.periodDiscount(), major), Without: v.without,
	}
	if v.fit != nil {
		body.Model, body.Check, body.Notes = sum.model(v), v.fit.GetCheck(), notes(v.fit, made.GetAsOf())
		if filtered {
			body.Notes = append(body.Notes, filterNote)
		}
	}
	made.Body = &analyticsv1.Report_Lifetime{Lifetime: body}
	return made, nil
}

// filterNote says what a forecast under a filter is of.
const filterNote = "With a filter: what was spent is of the orders that it leaves; the forecast is of all that the customers of these orders will buy, " +
	"by a model that was fitted to everybody, as was its holdout."

// valued adds up what customers are worth.
type valued struct {
	customers        int64
	spent            money.Minor
	alive, purchases float64
	residuals        []float64
	amounts          bool
}

// add takes a customer: what they spent that counts, and what the model knows of them.
func (s *valued) add(spent money.Minor, c repeat.Customer, by *lifetime.Valuer) error {
	s.customers++
	var err error
	if s.spent, err = history.Add(s.spent, spent); err != nil || by == nil {
		return err
	}
	value := by.Value(c)
	s.alive += value.Alive
	s.purchases += value.Purchases
	s.amounts = by.HasAmounts()
	s.residuals = append(s.residuals, value.Residual)
	return nil
}

func (s *valued) historic(major float64) *analyticsv1.HistoricValue {
	h := &analyticsv1.HistoricValue{Customers: s.customers, SumMinor: int64(s.spent)}
	if s.customers > 0 {
		h.Mean = fitting.Decimal(float64(s.spent) / major / float64(s.customers))
	}
	return h
}

func (s *valued) model(v valuing) *analyticsv1.ModelValue {
	m := &analyticsv1.ModelValue{
		Fit: v.fit.GetId(), Buying: v.fit.GetPlan().GetBuying(), FittedAsOf: v.fit.GetFinal().GetAsOf(),
		Weeks: int32(v.terms.Weeks), YearlyDiscount: v.discount.String(), //nolint:gosec // at most 520
		Alive: fitting.Decimal(s.alive), Purchases: fitting.Decimal(s.purchases),
	}
	n := len(s.residuals)
	if !s.amounts || n == 0 {
		return m
	}
	slices.Sort(s.residuals)
	sum, top := 0.0, 0.0
	for i, r := range s.residuals {
		sum += r
		if i >= n-(n+4)/5 {
			top += r
		}
	}
	m.ResidualSum, m.ResidualMean = fitting.Decimal(sum), fitting.Decimal(sum/float64(n))
	m.ResidualMedian = fitting.Decimal((s.residuals[(n-1)/2] + s.residuals[n/2]) / 2)
	m.ResidualGreatest = fitting.Decimal(s.residuals[n-1])
	if sum > 0 {
		m.TopShare = fitting.Decimal(top / sum)
	}
	return m
}

// periodDiscount is the yearly discount for the period, by its length.
func (v valuing) periodDiscount() float64 {
	return math.Pow(1+v.terms.Discount, float64(v.period)/periodDefault) - 1
}

// simpleToProto is the simple value, at a discount a period.
func simpleToProto(s lifetime.Simple, d, major float64) *analyticsv1.SimpleValue {
	p := &analyticsv1.SimpleValue{
		PeriodDays: int32(s.PeriodDays), Before: s.Before, Kept: s.Kept, Active: s.Active, SpentMinor: int64(s.Spent), //nolint:gosec // at most 3660
	}
	p.Discount = fitting.Decimal(d)
	if s.Before == 0 {
		return p
	}
	r := float64(s.Kept) / float64(s.Before)
	p.Retention = fitting.Decimal(r)
	if 1+d-r <= 0 {
		return p
	}
	p.Multiple = fitting.Decimal(r / (1 + d - r))
	if s.Active > 0 {
		p.Value = fitting.Decimal(float64(s.Spent) / major / float64(s.Active) * r / (1 + d - r))
	}
	return p
}

const (
	// deviationNoted is from which share on a forecast that missed its holdout is noted, correlationNoted from which
	// correlation on the model of amounts rests on what does not hold.
	deviationNoted   = 0.05
	correlationNoted = 0.2
)

// notes are what is to be kept in mind about a fit.
func notes(fit *analyticsv1.Fit, asOf string) []string {
	var list []string
	if fit.GetFinal().GetAsOf() > asOf {
		list = append(list, "The fit has seen orders after this day: as a forecast its figures are too good.")
	}
	list = append(list, checkNotes(fit)...)
	if amounts := fit.GetFinal().GetAmounts(); !amounts.GetConverged() {
		list = append(list, fmt.Sprintf("There is no model of amounts, so no value in money: %s.", amounts.GetWhy()))
	}
	if r := estimate(fit.GetFinal().GetCorrelation()); math.Abs(r) >= correlationNoted {
		list = append(list, fmt.Sprintf("How often customers buy and for how much go together (correlation %.2f); the model of amounts takes them as apart.", r))
	}
	return append(list, "Amounts are turnover; no cost has been taken off.")
}

// checkNotes are what the holdout of a fit says of its forecasts.
func checkNotes(fit *analyticsv1.Fit) []string {
	check := fit.GetCheck()
	switch {
	case fit.GetPlan().GetHoldoutDays() == 0:
		return []string{"The fit has no holdout: how well it forecasts is not known."}
	case check == nil:
		return []string{fmt.Sprintf("Without its holdout the model did not converge (%s): how well it forecasts is not known.", fit.GetCalibration().GetBuying().GetWhy())}
	case check.GetActual() == 0:
		return []string{fmt.Sprintf("In its holdout (%s to %s) nobody bought, where the model forecast %.1f purchases.", check.GetFrom(), check.GetTo(), estimate(check.GetExpected()))}
	}
	if d := estimate(check.GetDeviation()); math.Abs(d) >= deviationNoted {
		return []string{fmt.Sprintf("In its holdout (%s to %s) the model forecast %+.0f %% against what came; what it says here may be as far off.",
			check.GetFrom(), check.GetTo(), 100*d)}
	}
	return nil
}
