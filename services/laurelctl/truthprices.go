package laurelctl

import (
	"context"
	"math"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// plantedPrices is what members say of prices, and what was bought around a change that moved nobody.
type plantedPrices struct {
	Rises         []int64       `json:"rises"`
	Product       string        `json:"product"`
	Four          int64         `json:"four_answers"`
	Contradicting int64         `json:"four_contradicting"`
	Cheapest      float64       `json:"cheapest_minor"`
	Dearest       float64       `json:"dearest_minor"`
	Best          float64       `json:"best_minor"`
	Indifferent   float64       `json:"indifferent_minor"`
	Cuts          []int64       `json:"cuts"`
	CutAnswers    int64         `json:"cut_answers"`
	CutCostMinor  int64         `json:"cut_cost_minor"`
	Change        plantedChange `json:"change"`
}

// plantedChange is a day on which a price changed, and who bought before and after it.
type plantedChange struct {
	Category    string `json:"category"`
	Day         string `json:"day"`
	Percent     int32  `json:"percent"`
	Days        int32  `json:"window_days"`
	Before      int64  `json:"before"`
	Stayed      int64  `json:"stayed"`
	BeforeMinor int64  `json:"before_minor"`
	AfterMinor  int64  `json:"after_minor"`
}

// prices adds lines for what is said of prices, and what was done when one changed.
func (p planted) prices(ctx context.Context, a *analytics, g truthRows) error {
	s := p.Asked.Prices
	answer, err := a.GetReport(ctx, &analyticsv1.GetReportRequest{
		Program: a.program, Name: "price-tolerance", AsOf: p.AsOf, Parameters: &analyticsv1.GetReportRequest_PriceTolerance{
			PriceTolerance: &analyticsv1.PriceToleranceParameters{
				Product: s.Product, WindowDays: s.Change.Days,
				Changes: []*analyticsv1.PriceChanged{{Day: s.Change.Day, Category: s.Change.Category, Percent: s.Change.Percent}},
			},
		},
	})
	if err != nil {
		return err
	}
	const report = "price-tolerance"
	found := answer.GetReport().GetPriceTolerance()
	g.exact(report, "rise: answers", p.Said.Answered, found.GetRiseAnswers())
	if err := g.median(report, "rise that half bear", s.Rises, found.GetRiseMedian(), found.GetRiseAnswers()); err != nil {
		return err
	}
	g.exact(report, "cut to return: answers", s.CutAnswers, found.GetCutAnswers())
	if err := g.median(report, "cut that brings half back", s.Cuts, found.GetCutMedian(), found.GetCutAnswers()); err != nil {
		return err
	}
	g.exact(report, "cost of these cuts, minor units", s.CutCostMinor, found.GetCutCostMinor())
	g.exact(report, "four questions: answers", s.Four, found.GetAnswers())
	g.exact(report, "four questions: contradicting", s.Contradicting, found.GetContradicting())
	for _, at := range []struct {
		figure  string
		planted float64
		found   int64
		curves  func(*analyticsv1.PriceNamed) (falling, rising int64)
	}{
		{"cheapest", s.Cheapest, found.GetCheapestMinor(), func(n *analyticsv1.PriceNamed) (int64, int64) { return n.GetTooCheap(), n.GetExpensive() }},
		{"dearest", s.Dearest, found.GetDearestMinor(), func(n *analyticsv1.PriceNamed) (int64, int64) { return n.GetCheap(), n.GetTooExpensive() }},
		{"best", s.Best, found.GetBestMinor(), func(n *analyticsv1.PriceNamed) (int64, int64) { return n.GetTooCheap(), n.GetTooExpensive() }},
		{"indifferent", s.Indifferent, found.GetIndifferentMinor(), func(n *analyticsv1.PriceNamed) (int64, int64) { return n.GetCheap(), n.GetExpensive() }},
	} {
		if at.found == 0 { // nobody answered, which the line of the answers shows
			continue
		}
		g.estimated(report, at.figure+" price, minor units", int64(math.Round(at.planted)), at.found, crossing(found.GetPrices(), at.curves))
	}
	around := &analyticsv1.PriceAround{}
	if len(found.GetAround()) > 0 {
		around = found.GetAround()[0]
	}
	c := s.Change
	g.exact(report, "bought "+c.Category+" before it rose", c.Before, around.GetBeforeCustomers())
	g.exact(report, "of these, after it rose", c.Stayed, around.GetStayedCustomers())
	g.exact(report, "spent before, minor units", c.BeforeMinor, around.GetBeforeMinor())
	g.exact(report, "spent after, minor units", c.AfterMinor, around.GetAfterMinor())
	return nil
}

const normal95 = 1.959964 // of the normal distribution

// crossing is the 95 % interval of the price at which as many are on a curve that falls as on one that rises: all prices at which their
// difference is no greater than chance has it, since nobody is on both.
func crossing(prices []*analyticsv1.PriceNamed, curves func(*analyticsv1.PriceNamed) (falling, rising int64)) interval {
	var ends interval
	for _, at := range prices {
		falling, rising := curves(at)
		if apart := float64(rising - falling); math.Abs(apart) > normal95*math.Sqrt(float64(falling+rising)) {
			continue
		}
		if ends.low == 0 {
			ends.low = at.GetPriceMinor()
		}
		ends.high = at.GetPriceMinor()
	}
	return ends
}

// median is the value that half of all have or are below, in tenths of a per cent, beside that of those who said it. All is how many there
// are of each value, from 0. The interval is where 95 of 100 medians of so many answers lie.
func (g truthRows) median(report, figure string, all []int64, found string, answers int64) error {
	if answers == 0 || found == "" {
		return nil
	}
	read, err := decimals(figure, found)
	if err != nil {
		return err
	}
	const half = 0.5
	tenths := func(f float64) int64 { return int64(math.Round(10 * f)) } //nolint:mnd // tenths
	planted, reported, by := quantile(all, half), tenths(read[0]), normal95*half/math.Sqrt(float64(answers))
	low, high := tenths(quantile(all, half-by)), tenths(quantile(all, half+by))
	g.add(report, figure+", tenths of a per cent", number(tenths(planted)), number(reported), offBy(tenths(planted), reported),
		number(low), number(high), yesOrNo(low <= reported && reported <= high))
	return nil
}

// quantile is the least value that such a part of all have or are below.
func quantile(all []int64, part float64) float64 {
	sum, below := int64(0), int64(0)
	for _, n := range all {
		sum += n
	}
	for value, n := range all {
		if below += n; n > 0 && float64(below) >= part*float64(sum) {
			return float64(value)
		}
	}
	return 0
}
