package laurelctl

import (
	"context"
	"fmt"
	"math"
	"strconv"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// plantedPurchases is by which chances the town buys and stops: those of BG/NBD.
type plantedPurchases struct {
	RateShape float64 `json:"rate_shape"`
	RateAlpha float64 `json:"rate_alpha_weeks"`
	StopA     float64 `json:"stop_a"`
	StopB     float64 `json:"stop_b"`
}

// models adds lines for the fit in use, if there is one: how many customers still buy, and, of a BG/NBD, its parameters with
// their 95 % intervals, in thousandths. A fit of another day is named and not compared. Another model's parameters are not those that were planted.
func (p planted) models(ctx context.Context, a *analytics, rows *grid) error {
	answer, err := a.GetReport(ctx, &analyticsv1.GetReportRequest{Program: a.program, Name: "lifetime", AsOf: p.AsOf})
	if err != nil {
		return err
	}
	value := answer.GetReport().GetLifetime().GetModel()
	if value == nil {
		return nil
	}
	if value.GetFittedAsOf() != p.AsOf { // months in which nobody could buy look as if all had stopped
		rows.add("lifetime", "fitted as of", p.AsOf, value.GetFittedAsOf(), "", "", "", yesOrNo(false))
		return nil
	}
	alive, err := strconv.ParseFloat(value.GetAlive(), 64)
	if err != nil {
		return fmt.Errorf("read the lifetime report: %w", err)
	}
	reported := int64(math.Round(alive))
	rows.add("lifetime", "still buy", number(p.Alive), number(reported), offBy(p.Alive, reported), "", "", "")
	if value.GetBuying() != analyticsv1.BuyingModel_BUYING_MODEL_BG_NBD || p.Purchases.RateShape == 0 { // a town of kinds
		return nil
	}
	fit, err := a.fits.GetFit(ctx, &analyticsv1.GetFitRequest{Program: a.program, Fit: value.GetFit()})
	if err != nil {
		return err
	}
	return p.parameters(fit.GetFit().GetFinal().GetBuying(), rows)
}

// parameters adds a line for each parameter of a fit.
func (p planted) parameters(fit *analyticsv1.FittedModel, rows *grid) error {
	known := map[string]float64{"r": p.Purchases.RateShape, "alpha": p.Purchases.RateAlpha, "a": p.Purchases.StopA, "b": p.Purchases.StopB}
	for _, found := range fit.GetParameters() {
		name := found.GetName()
		if err := (truthRows{rows}).estimate("lifetime", name, known[name], found.GetValue(), found.GetStandardError()); err != nil {
			return err
		}
	}
	return nil
}

// estimate is a parameter beside what a model finds, in thousandths, with the 95 % interval of its standard error.
func (g truthRows) estimate(report, parameter string, planted float64, found, standardError string) error {
	value, err := strconv.ParseFloat(found, 64)
	if err != nil {
		return fmt.Errorf("read the estimate of %s: %w", parameter, err)
	}
	deviation, err := strconv.ParseFloat(standardError, 64)
	if err != nil {
		return fmt.Errorf("read the error of %s: %w", parameter, err)
	}
	low, high := value-normal95*deviation, value+normal95*deviation
	whole := func(f float64) int64 { return int64(math.Round(thousand * f)) }
	g.add(report, parameter+", thousandths", number(whole(planted)), number(whole(value)), offBy(whole(planted), whole(value)),
		number(whole(low)), number(whole(high)), yesOrNo(low <= planted && planted <= high))
	return nil
}
