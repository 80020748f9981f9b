package fitting

import (
	"fmt"
	"math"
	"strconv"

	"gonum.org/v1/gonum/mat"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/gammagamma"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/lifetime"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// digits of an estimate that are told: far more than it is good for, and few enough to be equal on every machine.
const digits = 10

// Decimal writes an estimate; empty for what is no number.
func Decimal(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return ""
	}
	return strconv.FormatFloat(f, 'g', digits, 64)
}

// exact writes a parameter so that it reads back as the same number.
func exact(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return ""
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

func number(text string) (float64, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, fmt.Errorf("read a fit: %w", err)
	}
	return f, nil
}

// Major is how many minor units the major one of a currency has.
func Major(c money.Currency) float64 { return math.Pow10(c.Exponent()) }

// PlanOf reads a plan. reason.InvalidArgument: its day is none.
func PlanOf(in *analyticsv1.FitPlan) (lifetime.Plan, error) {
	p := lifetime.Plan{AsOf: calendar.None, Holdout: int(in.GetHoldoutDays()), Kind: kindOf(in.GetBuying()), Prior: in.GetPrior()}
	if in.GetAsOf() == "" {
		return p, nil
	}
	var err error
	if p.AsOf, err = calendar.Parse(in.GetAsOf()); err != nil {
		return p, reason.New(reason.InvalidArgument, "as_of", "%.20q is not a date; write YYYY-MM-DD, for example 2025-03-31", in.GetAsOf())
	}
	return p, nil
}

func kindOf(m analyticsv1.BuyingModel) lifetime.Kind {
	switch m {
	case analyticsv1.BuyingModel_BUYING_MODEL_MBG_NBD:
		return lifetime.MBGNBD
	case analyticsv1.BuyingModel_BUYING_MODEL_PARETO_NBD:
		return lifetime.ParetoNBD
	default:
		return lifetime.BGNBD
	}
}

func outcomeToProto(fit *analyticsv1.Fit, o lifetime.Outcome) {
	fit.Final = modelToProto(o.Final)
	fit.Calibration, fit.Check = nil, nil
	if o.Calibration != nil {
		fit.Calibration = modelToProto(*o.Calibration)
	}
	if o.Check != nil {
		fit.Check = checkToProto(*o.Check)
	}
}

func modelToProto(f lifetime.Fit) *analyticsv1.ModelFit {
	m := &analyticsv1.ModelFit{
		AsOf: f.AsOf.String(), Customers: f.Sum.Customers, Repeaters: f.Sum.Repeaters, Repeats: f.Sum.Repeats,
		Buying: estimateToProto(f.Buying), Amounts: estimateToProto(f.Amounts), Correlation: Decimal(f.Correlation),
	}
	if amounts := f.AmountsModel(); amounts != nil {
		m.MeanAmount = Decimal(amounts.Mean())
	}
	return m
}

func estimateToProto(e lifetime.Estimate) *analyticsv1.FittedModel {
	m := &analyticsv1.FittedModel{
		Converged: e.Converged, Why: e.Why, Customers: e.Observations,
		Starts: int32(e.Starts), Agreeing: int32(e.Agreeing), //nolint:gosec // a handful
	}
	if len(e.Parameters) == 0 {
		return m
	}
	m.LogLikelihood, m.Aic = Decimal(e.LogLikelihood), Decimal(e.AIC())
	for _, p := range e.Parameters {
		shown := &analyticsv1.FittedParameter{Name: p.Name, Value: exact(p.Value)}
		if p.Error > 0 {
			shown.StandardError = Decimal(p.Error)
		}
		m.Parameters = append(m.Parameters, shown)
	}
	if c := e.Covariance; c != nil {
		for i := range c.SymmetricDim() {
			for j := range i + 1 {
				m.LogCovariance = append(m.LogCovariance, exact(c.At(i, j)))
			}
		}
	}
	return m
}

func checkToProto(c lifetime.Check) *analyticsv1.HoldoutCheck {
	p := &analyticsv1.HoldoutCheck{
		From: c.Cut.String(), To: c.End.String(), Customers: c.Customers, Actual: c.Actual, Expected: Decimal(c.Expected),
		MeanError: Decimal(c.MeanError), MeanAlive: Decimal(c.MeanAlive),
	}
	if c.Actual > 0 {
		p.Deviation = Decimal(c.Expected/float64(c.Actual) - 1)
	}
	for _, l := range c.ByRepeats {
		p.ByRepeats = append(p.ByRepeats, &analyticsv1.HoldoutLine{
			Repeats: int32(l.Repeats), AndMore: l.AndMore, Customers: l.Customers, Actual: l.Actual, Expected: Decimal(l.Expected), //nolint:gosec // at most 7
		})
	}
	for _, t := range c.Tracking {
		p.Tracking = append(p.Tracking, &analyticsv1.TrackingPoint{Day: t.Day.String(), Actual: t.Actual, Expected: Decimal(t.Expected)})
	}
	return p
}

// BuyingOf reads the model of buying of a kept fit; not ok if it did not converge.
func BuyingOf(kind analyticsv1.BuyingModel, m *analyticsv1.ModelFit) (lifetime.Buying, bool, error) {
	f, err := fitFromProto(m)
	if err != nil {
		return nil, false, err
	}
	model, ok := f.Model(kindOf(kind))
	return model, ok, nil
}

// DoubtOf reads what the parameters of a kept fit might as well be; empty where it keeps no covariance.
func DoubtOf(kind analyticsv1.BuyingModel, m *analyticsv1.ModelFit) (lifetime.Doubt, error) {
	f, err := fitFromProto(m)
	if err != nil {
		return lifetime.Doubt{}, err
	}
	return f.Doubt(kindOf(kind)), nil
}

// AmountsOf reads the model of amounts of a kept fit; nil if it did not converge.
func AmountsOf(m *analyticsv1.ModelFit) (*gammagamma.Model, error) {
	f, err := fitFromProto(m)
	return f.AmountsModel(), err
}

func fitFromProto(m *analyticsv1.ModelFit) (lifetime.Fit, error) {
	var f lifetime.Fit
	var err error
	if f.Buying, err = estimateFromProto(m.GetBuying()); err != nil {
		return f, err
	}
	f.Amounts, err = estimateFromProto(m.GetAmounts())
	return f, err
}

func estimateFromProto(m *analyticsv1.FittedModel) (lifetime.Estimate, error) {
	var e lifetime.Estimate
	e.Converged = m.GetConverged()
	for _, p := range m.GetParameters() {
		value, err := number(p.GetValue())
		if err != nil {
			return e, err
		}
		e.Parameters = append(e.Parameters, lifetime.Parameter{Name: p.GetName(), Value: value})
		e.Logs = append(e.Logs, math.Log(value))
	}
	n, kept := len(e.Logs), m.GetLogCovariance()
	if n == 0 || len(kept) != n*(n+1)/2 {
		return e, nil
	}
	covariance := mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i + 1 {
			value, err := number(kept[i*(i+1)/2+j])
			if err != nil {
				return e, err
			}
			covariance.SetSym(i, j, value)
		}
	}
	e.Covariance = covariance
	return e, nil
}
