package page

import (
	"fmt"
	"math"
	"strings"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/sheet"
)

// interval is an estimate between its ends.
type interval struct {
	Label         string
	Low, At, High float64
	Text          string // what is written beside it
}

// intervals draws estimates with their intervals below one another, beside nothing, which is always on the drawing.
func intervals(title, desc string, list []interval) plot {
	const row, left, right, dot = 30.0, 200.0, 220.0, 8.0
	list = list[:min(len(list), barsMax)]
	p := plot{Title: title, Desc: desc, W: wide, H: px(row*float64(len(list)) + 10)}
	low, high := 0.0, 0.0
	for _, i := range list {
		low, high = min(low, i.Low, i.At), max(high, i.High, i.At)
	}
	x := func(v float64) float64 {
		if high == low {
			return left
		}
		return left + (wide-left-right)*(v-low)/(high-low)
	}
	p.Marks = append(p.Marks, mark{Class: "zero", D: fmt.Sprintf("M%v,0V%v", px(x(0)), p.H)})
	for n, i := range list {
		y := row*float64(n) + 15
		class := "bar"
		if i.At < 0 {
			class = "bar below"
		}
		p.Marks = append(p.Marks,
			mark{Class: "label", X: left - 10, Y: px(y + 4), Text: short(i.Label), Tip: i.Label},
			mark{Class: "line l0", D: fmt.Sprintf("M%v,%vV%vM%v,%vH%vM%v,%vV%v", px(x(i.Low)), px(y-5), px(y+5), px(x(i.Low)), px(y), px(x(i.High)), px(x(i.High)), px(y-5), px(y+5))},
			mark{Class: class, D: box(px(x(i.At)-dot/2), px(y-dot/2), dot, dot), Tip: i.Text},
			mark{Class: "figure", X: px(x(max(i.High, i.At)) + 10), Y: px(y + 4), Text: i.Text})
	}
	return p
}

// effect draws the effect for each customer by every estimator that has one, and what both sides brought.
func (w writer) effect(e *analyticsv1.EffectReport) []plot {
	var list []interval
	money := func(text string) string { return w.amount(int64(math.Round(decimal(text)))) }
	end := func(text string) string { return strings.TrimSuffix(money(text), " "+string(w.currency)) }
	add := func(label string, at *analyticsv1.EffectEstimate, low, high string) {
		if at != nil && low != "" && high != "" {
			list = append(list, interval{label, decimal(low), decimal(at.GetPerCustomer()), decimal(high),
				fmt.Sprintf("%s (%s to %s)", money(at.GetPerCustomer()), end(low), end(high))})
		}
	}
	add("adjusted (CUPED)", e.GetAdjusted(), e.GetAdjusted().GetLow(), e.GetAdjusted().GetHigh())
	add("plain (Welch)", e.GetPlain(), e.GetPlain().GetLow(), e.GetPlain().GetHigh())
	add("adjusted, customers redrawn", e.GetAdjusted(), e.GetBootstrapLow(), e.GetBootstrapHigh())
	if list == nil {
		return nil
	}
	desc := "An interval that holds nothing, the upright line, tells of no effect. The verdict is by the adjusted one."
	if e.GetBeforeAfter() {
		desc = "Nobody was held out: this is each customer's change, which seasons and chance make too."
	} else if e.GetExplainedShare() != "" {
		desc += fmt.Sprintf(" Of what customers differ by, %s was known from the days before.", sheet.Percent(e.GetExplainedShare()))
	}
	plots := []plot{intervals("Effect on the margin of a customer, with its intervals", desc, list)}
	if e.GetBeforeAfter() {
		return plots
	}
	var sides []bar
	for _, s := range []struct {
		name string
		side *analyticsv1.EffectSide
	}{{"treated", e.GetTreated()}, {"held out", e.GetHeldOut()}} {
		if s.side.GetPerCustomer() == "" {
			continue
		}
		for _, part := range []struct{ when, text string }{{"before", s.side.GetBeforePerCustomer()}, {"in the campaign", s.side.GetPerCustomer()}} {
			sides = append(sides, bar{s.name + ", " + part.when, decimal(part.text), money(part.text)})
		}
	}
	return append(plots, bars("Margin of a customer, before the campaign and in it",
		fmt.Sprintf("%d were treated, %d held out. The sides should be alike before.", e.GetTreated().GetCustomers(), e.GetHeldOut().GetCustomers()), sides))
}
