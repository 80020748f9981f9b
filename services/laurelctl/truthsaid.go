package laurelctl

import (
	"context"
	"maps"
	"math"
	"slices"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// plantedSaid is what 'laurel town' writes down of what people think, and of what came of it.
type plantedSaid struct {
	Answered         int64            `json:"answered"`
	Satisfied        int64            `json:"satisfied"`
	Types            map[string]int64 `json:"loyalty_types"`
	Gone             int64            `json:"gone"`
	Causes           map[string]int64 `json:"churn_causes"`
	Told             int64            `json:"churn_causes_told"`
	Reviews          int64            `json:"reviews"`
	Calls            int64            `json:"bad_reviews_without_case"`
	OpenCases        int64            `json:"customers_with_open_cases"`
	Dealers          int64            `json:"dealers"`
	DealersLeft      int64            `json:"dealers_left_in_last_year"`
	DealerChurn      float64          `json:"dealer_churn"`
	AcquisitionMinor int64            `json:"acquisition_minor"`
	OrderCostMinor   int64            `json:"order_cost_minor"`
}

// truthRows adds lines to the table of the truth.
type truthRows struct{ *grid }

// exact is what can be counted: it must agree to the last unit.
func (g truthRows) exact(report, figure string, planted, reported int64) {
	g.add(report, figure, number(planted), number(reported), offBy(planted, reported), "", "", yesOrNo(planted == reported))
}

// share is the part of all of whom it is true, beside that of those who told it, per mille with its 95 % interval (Wilson).
func (g truthRows) share(report, figure string, planted float64, fit, of int64) {
	low, high := wilson(fit, of)
	g.add(report, figure+", per mille", number(int64(math.Round(thousand*planted))), number(int64(math.Round(thousand*part(fit, of)))),
		offBy(int64(math.Round(thousand*planted)), int64(math.Round(thousand*part(fit, of)))),
		number(int64(math.Floor(thousand*low))), number(int64(math.Ceil(thousand*high))), yesOrNo(low <= planted && planted <= high))
}

const thousand = 1000

func part(fit, of int64) float64 {
	if of == 0 {
		return 0
	}
	return float64(fit) / float64(of)
}

// wilson is the interval of a share by score (Wilson 1927); of nobody it is all that there is.
func wilson(fit, of int64) (low, high float64) {
	if of == 0 {
		return 0, 1
	}
	const z = 1.959963984540054
	n, p := float64(of), part(fit, of)
	middle, half := p+z*z/(2*n), z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n)) //nolint:mnd // of the formula
	return max(0, (middle-half)/(1+z*z/n)), min(1, (middle+half)/(1+z*z/n))
}

// said asks for the reports that rest on what people say, and adds their lines.
func (p planted) said(ctx context.Context, a *analytics, rows *grid) error {
	if p.Said == nil {
		return nil
	}
	got := map[string]*analyticsv1.Report{}
	for _, name := range []string{"satisfaction", "service-stages", "churn-causes", "loyalty-types", "reviews", "channel", "acquisition", "profitability"} {
		in := &analyticsv1.GetReportRequest{Program: a.program, Name: name, AsOf: p.AsOf}
		if name == "channel" { // a club has contracts, too
			in.Parameters = &analyticsv1.GetReportRequest_Channel{Channel: &analyticsv1.ChannelParameters{Type: "contract"}}
		}
		answer, err := a.GetReport(ctx, in)
		if err != nil {
			return err
		}
		got[name] = answer.GetReport()
	}
	g, s := truthRows{rows}, *p.Said
	s.people(g, p.Customers, got["satisfaction"].GetSatisfaction(), got["loyalty-types"].GetLoyaltyTypes())
	s.losses(g, got["churn-causes"].GetChurnCauses())
	open := int64(0)
	for _, at := range got["service-stages"].GetServiceStages().GetStages() {
		open += at.GetWithOpenCases()
	}
	g.exact("service-stages", "with open cases", s.OpenCases, open)
	reviews := got["reviews"].GetReviews()
	g.exact("reviews", "reviews", s.Reviews, reviews.GetAll().GetReviews())
	g.exact("reviews", "call for a case", s.Calls, reviews.GetCalls())
	dealers := got["channel"].GetChannel()
	last := dealers.GetPeriods()[len(dealers.GetPeriods())-1]
	g.exact("channel", "dealers", s.Dealers, dealers.GetDealers())
	g.exact("channel", "left of their own will", s.DealersLeft, last.GetLeft())
	g.share("channel", "voluntary churn", s.DealerChurn, last.GetLeft(), last.GetAtStart())
	g.exact("acquisition", "spend, minor units", s.AcquisitionMinor, got["acquisition"].GetAcquisition().GetSpendMinor())
	g.exact("profitability", "cost of orders, minor units", s.OrderCostMinor, got["profitability"].GetProfitability().GetOrdersMinor())
	return nil
}

// people is what all think, beside what those say who were asked.
func (s plantedSaid) people(g truthRows, members int64, told *analyticsv1.SatisfactionReport, types *analyticsv1.LoyaltyTypesReport) {
	satisfied := int64(0)
	for _, f := range told.GetFields() {
		if f.GetSatisfied() {
			satisfied += f.GetCustomers()
		}
	}
	g.exact("satisfaction", "answered", s.Answered, told.GetAnswered())
	g.share("satisfaction", "satisfied", part(s.Satisfied, members), satisfied, told.GetAnswered())
	counted, known := map[string]int64{}, int64(0)
	for _, t := range types.GetTypes() {
		counted[t.GetType()] = t.GetCustomers()
		if t.GetType() != "unknown" {
			known += t.GetCustomers()
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Types)) {
		g.share("loyalty-types", name, part(s.Types[name], members), counted[name], known)
	}
}

// losses is who has gone, and why: who is silent has not always gone.
func (s plantedSaid) losses(g truthRows, causes *analyticsv1.ChurnCausesReport) {
	g.add("churn-causes", "gone, or silent", number(s.Gone), number(causes.GetLost()), offBy(s.Gone, causes.GetLost()), "", "", "")
	g.exact("churn-causes", "told why", s.Told, causes.GetKnown())
	for _, c := range causes.GetCauses() {
		g.share("churn-causes", c.GetCause(), part(s.Causes[c.GetCause()], s.Gone), c.GetCustomers(), causes.GetKnown())
	}
}
