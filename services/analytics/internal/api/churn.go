package api

import (
	"context"
	"math/big"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/lifetime"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/fitting"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// churnPlan is a plan to lose fewer customers, checked.
type churnPlan struct {
	retention        money.Ratio
	assumed          bool // the retention; else it is measured
	points, discount money.Ratio
	period           int
}

func churnPlanOf(in *analyticsv1.ChurnEffectParameters) (churnPlan, error) {
	p := churnPlan{
		assumed: in.GetRetention() != "", points: money.MustRatio(5, 100), discount: discountDefault(), period: periodDefault,
	}
	if in.GetPeriodDays() > 0 {
		p.period = int(in.GetPeriodDays())
	}
	if err := discount(in.GetDiscount(), "churn_effect.discount", &p.discount); err != nil {
		return p, err
	}
	for _, s := range []struct {
		text, field string
		into        *money.Ratio
	}{{in.GetRetention(), "churn_effect.retention", &p.retention}, {in.GetPoints(), "churn_effect.points", &p.points}} {
		if err := share(s.text, s.field, s.into); err != nil {
			return p, err
		}
		if s.into.Cmp(money.MustRatio(1, 1)) > 0 {
			return p, reason.New(reason.InvalidArgument, s.field, "%s is above 1; write 0.8 for eighty per cent", s.text)
		}
	}
	if p.assumed && new(big.Rat).Add(rat(p.retention), rat(p.points)).Cmp(big.NewRat(1, 1)) > 0 {
		return p, reason.New(reason.InvalidArgument, "churn_effect.points", "retention would be above 1; nobody can be kept more than wholly")
	}
	return p, nil
}

func rat(r money.Ratio) *big.Rat { return big.NewRat(r.Num(), r.Den()) }

// churnEffect makes the report.
func (s *Server) churnEffect(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	plan, err := churnPlanOf(in.GetChurnEffect())
	if err != nil {
		return nil, err
	}
	var b *lifetime.SimpleBuilder
	head, err := s.reporter.Read(ctx, q, func(h reporting.Head) func(history.Customer) error {
		b = lifetime.NewSimple(h.AsOf, plan.period)
		return b.Add
	})
	if err != nil {
		return nil, err
	}
	made := headToProto(head)
	if plan.assumed {
		made.Figures = []*analyticsv1.Figure{{Field: "retention", Basis: assumed}}
	}
	made.Body = &analyticsv1.Report_ChurnEffect{ChurnEffect: churnToProto(b.Simple(), plan, fitting.Major(head.Reading.Currency))}
	return made, nil
}

// churnToProto reckons the effect, from the retention that was assumed, or else the one that was measured.
func churnToProto(s lifetime.Simple, plan churnPlan, major float64) *analyticsv1.ChurnEffectReport {
	p := &analyticsv1.ChurnEffectReport{
		Measured: simpleToProto(s, ratioFloat(plan.discount), major), Points: plan.points.String(), Discount: plan.discount.String(),
		RetentionAssumed: plan.assumed,
	}
	retention, ok := s.Retention()
	if plan.assumed {
		retention, ok = rat(plan.retention), true
	}
	if !ok {
		p.Without = "nobody bought in the period before the last, so there is no retention to start from; state one"
		return p
	}
	p.Retention = ratText(retention)
	if new(big.Rat).Add(retention, rat(plan.points)).Cmp(big.NewRat(1, 1)) > 0 {
		p.Without = "retention would be above 1: fewer points than these are left to gain"
		return p
	}
	effect, ok := lifetime.EffectOf(retention, rat(plan.points), rat(plan.discount))
	if !ok {
		p.Without = "with everybody kept and nothing discounted the value has no end; give a discount"
		return p
	}
	p.MultipleBefore, p.MultipleAfter, p.Rise = ratText(effect.Before), ratText(effect.After), ratText(effect.Rise)
	p.Band = bandToProto(effect.Band)
	if s.Active > 0 {
		more, _ := new(big.Rat).Sub(effect.After, effect.Before).Float64()
		all := float64(s.Spent) / major * more
		p.PerCustomer, p.AllCustomers = fitting.Decimal(all/float64(s.Active)), fitting.Decimal(all)
	}
	return p
}

// ratText prints an exact figure with nine digits after the point; empty for none.
func ratText(r *big.Rat) string {
	if r == nil {
		return ""
	}
	return r.FloatString(9)
}

func bandToProto(b lifetime.Band) analyticsv1.ChurnBand {
	switch b {
	case lifetime.BandBelow:
		return analyticsv1.ChurnBand_CHURN_BAND_BELOW
	case lifetime.BandInside:
		return analyticsv1.ChurnBand_CHURN_BAND_INSIDE
	case lifetime.BandAbove:
		return analyticsv1.ChurnBand_CHURN_BAND_ABOVE
	case lifetime.BandIncomparable:
		return analyticsv1.ChurnBand_CHURN_BAND_INCOMPARABLE
	}
	return analyticsv1.ChurnBand_CHURN_BAND_UNSPECIFIED
}
