package api

import (
	"math"
	"strconv"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/effect"
)

// Digits after the point.
const (
	minorDigits = 2
	ratioDigits = 6
)

// decimal writes a figure that was computed. One that is no number, which no report holds, is empty.
func decimal(x float64, digits int) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return ""
	}
	return strconv.FormatFloat(x+0, 'f', digits, 64) // + 0: no −0
}

func effectToProto(r effect.Report, p effect.Params) *analyticsv1.EffectReport {
	out := &analyticsv1.EffectReport{
		Verdict:  analyticsv1.EffectVerdict(analyticsv1.EffectVerdict_value["EFFECT_VERDICT_"+string(r.Verdict)]),
		Campaign: p.Campaign, Start: p.Start.String(), BeforeAfter: r.BeforeAfter,
		Treated: effectSide(r.Sides[effect.Treated]), HeldOut: effectSide(r.Sides[effect.HeldOut]),
		Plain: effectEstimate(r.Plain), Adjusted: effectEstimate(r.Adjusted),
		SharesP: decimal(r.SharesP, ratioDigits), BeforeP: decimal(r.BeforeP, ratioDigits), Leaked: r.Leaked, NotReached: r.Missed,
		TotalMinor: int64(r.Total), TotalLowMinor: int64(r.Low), TotalHighMinor: int64(r.High), NetMinor: int64(r.Net),
		NeededCustomers: r.Plan.Needed, CostMinor: int64(p.Cost), MarginShare: p.Margin.String(),
	}
	for _, w := range r.Warnings {
		out.Warnings = append(out.Warnings, analyticsv1.EffectWarning(analyticsv1.EffectWarning_value["EFFECT_WARNING_"+string(w)]))
	}
	for i, bound := range r.Bounds {
		out.Looks = append(out.Looks, &analyticsv1.EffectLook{Look: int32(i + 1), Bound: decimal(bound, ratioDigits)}) //nolint:gosec // few
	}
	if r.Resamples > 0 {
		out.BootstrapLow, out.BootstrapHigh = decimal(r.BootLow, minorDigits), decimal(r.BootHigh, minorDigits)
		out.Resamples, out.ExplainedShare = int32(r.Resamples), decimal(r.Explained, shareDigits) //nolint:gosec // at most resamplesMax
	}
	if p.Cost > 0 && r.Adjusted.Known {
		out.ReturnOnCost = decimal(float64(r.Net)/float64(p.Cost), ratioDigits)
	}
	if r.Plan.Known {
		out.SmallestPerCustomer = decimal(r.Plan.Smallest, minorDigits)
	}
	return out
}

// shareDigits are those of every share.
const shareDigits = 9

func effectSide(s effect.Side) *analyticsv1.EffectSide {
	side := &analyticsv1.EffectSide{Customers: s.Customers, MarginMinor: int64(s.Margin), BeforeMinor: int64(s.Before)}
	if s.Customers > 0 { // a mean of nobody is none
		side.PerCustomer, side.BeforePerCustomer = decimal(s.Mean, minorDigits), decimal(s.MeanBefore, minorDigits)
	}
	return side
}

func effectEstimate(e effect.Estimate) *analyticsv1.EffectEstimate {
	if !e.Known {
		return nil
	}
	return &analyticsv1.EffectEstimate{
		PerCustomer: decimal(e.Effect, minorDigits), Error: decimal(e.Error, minorDigits), Low: decimal(e.Low, minorDigits),
		High: decimal(e.High, minorDigits), P: decimal(e.P, ratioDigits),
	}
}

func effectFigures() []figure {
	const cuped = "Deng, Xu, Kohavi & Walker 2013 (CUPED)"
	return []figure{
		{"verdict", "whether the interval of the adjusted effect lies above or below nothing", own, "treated.customers", estimated,
			"that the effect lasts, nor what another campaign would do"},
		{"warnings", "what is wrong with how the sides were made", own, "treated.customers", measured, "that nothing else is wrong"},
		{"campaign", "the name that the split follows from", own, "", measured, ""},
		{"start", "first day of the campaign", own, "", measured, ""},
		{"treated", "customers who were not held out: how many, their margin in the campaign's days and in those before", own, "treated.customers", measured,
			"that the campaign reached them: see not_reached"},
		{"held_out", "the same of those who were", own, "held_out.customers", measured, ""},
		{"before_after", "nobody was held out, and each customer is compared with themselves", own, "treated.customers", measured,
			"an effect: seasons, news and regression to the mean look like one"},
		{"plain", "difference of the mean margins with its interval", "Welch 1947", "treated.customers", estimated,
			"the effect on a single customer; it leans on many, since margins are not normal"},
		{"adjusted", "the same without what the days before foretell", cuped, "treated.customers", estimated, "more than plain where the days before foretell nothing"},
		{"bootstrap_low", "lower end of the middle share of the differences of customers drawn anew", "Efron 1979", "treated.customers", estimated, "much below some dozens of customers"},
		{"bootstrap_high", "upper end of it", "Efron 1979", "treated.customers", estimated, "the same"},
		{"resamples", "how often they were drawn", own, "", measured, ""},
		{"explained_share", "share of the variance that the days before foretell", cuped, "treated.customers", estimated, ""},
		{"shares_p", "how probable sides of such sizes are, if the planned share was drawn", "Pearson 1900, chi-square", "treated.customers", estimated, "why they are not as planned"},
		{"before_p", "how probable such a difference before the campaign is, if lots were drawn", "Welch 1947", "treated.customers", estimated, "that nothing else differed"},
		{"leaked", "held out, and on the list of the treated", own, "held_out.customers", measured, "leaks that are on no list"},
		{"not_reached", "treated, and not on the list of those reached", own, "treated.customers", measured, ""},
		{"looks", "beyond how many standard errors an effect must lie at each look, so that all looks together mislead no more often than one",
			"Lan & DeMets 1983, as O'Brien & Fleming 1979", "", estimated, "anything of looks that were not planned"},
		{"total_minor", "adjusted effect times those treated", own, "treated.customers", estimated, "the effect on others than those treated"},
		{"total_low_minor", "lower end of its interval", own, "treated.customers", estimated, ""},
		{"total_high_minor", "upper end of it", own, "treated.customers", estimated, ""},
		{"net_minor", "total without the cost", own, "treated.customers", estimated, "what it earns later"},
		{"return_on_cost", "net over cost", own, "treated.customers", estimated, ""},
		{"smallest_per_customer", "effect that a campaign of this size finds with the power asked for, by the days before", "Cohen 1988", "treated.customers", estimated,
			"that the campaign's days vary as those before: a campaign of other length does not"},
		{"needed_customers", "customers that find the effect wanted, at these shares", "Cohen 1988", "treated.customers", estimated, "the same"},
		{"cost_minor", "what the campaign cost in all", own, "", assumed, ""},
		{"margin_share", "share of the revenue that is margin", own, "", assumed, "margins that differ by line"},
	}
}
