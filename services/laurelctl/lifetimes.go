package laurelctl

import (
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// lifetimesCmd lists what each customer is expected to do.
type lifetimesCmd struct {
	AsOf      string `name:"as-of" placeholder:"DATE" help:"Orders of all days before it count. Default: everything that was read."`
	Fit       string `placeholder:"ID" help:"By this fit. Default: the one in use."`
	Weeks     int32  `placeholder:"N" help:"How far ahead. Default: 52."`
	Discount  string `placeholder:"RATE" help:"By which later money is discounted a year. Default: 0.1."`
	Intervals bool   `help:"Tell the interval that holds 90 % of each customer's futures, and how well alive is known, too."`
	Limit     int    `default:"100" placeholder:"N" help:"At most so many; 0: all. Default: ${default}."`
	PageToken string `placeholder:"TOKEN" help:"Go on where an answer that was limited ended (nextPageToken of its JSON)."`
}

// Run asks for them, page by page.
func (c *lifetimesCmd) Run(w *world) error {
	return w.askModels(w.root.Timeout, func(ctx context.Context, m *models) error {
		in := &analyticsv1.ListLifetimesRequest{
			Program: m.program, AsOf: c.AsOf, PageToken: c.PageToken, Intervals: c.Intervals,
			Parameters: &analyticsv1.LifetimeParameters{Fit: c.Fit, Weeks: c.Weeks, YearlyDiscount: c.Discount},
		}
		all := &analyticsv1.ListLifetimesResponse{}
		err := pages(c.Limit, func(size int32) (int, bool, error) {
			in.PageSize = size
			answer, err := m.ListLifetimes(ctx, in)
			if err != nil {
				return 0, false, err
			}
			answer.Lifetimes = append(all.GetLifetimes(), answer.GetLifetimes()...)
			all, in.PageToken = answer, answer.GetNextPageToken()
			return len(all.GetLifetimes()), in.GetPageToken() != "", nil
		})
		if err != nil {
			return err
		}
		numbers := []string{"repeats", "recency_days", "age_days", "spent_minor", "alive", "purchases", "per_purchase", "residual"}
		if c.Intervals {
			numbers = append(numbers, "purchases_low", "purchases_high", "residual_low", "residual_high", "alive_low", "alive_high")
		}
		g := grid{columns: append([]string{"account"}, numbers...), numbers: numbers}
		for _, l := range all.GetLifetimes() {
			row := []string{
				l.GetAccount(), number(l.GetRepeats()), number(l.GetRecencyDays()), number(l.GetAgeDays()), number(l.GetSpentMinor()),
				l.GetAlive(), l.GetPurchases(), l.GetPerPurchase(), l.GetResidual(),
			}
			if i := l.GetInterval(); i != nil {
				row = append(row, number(i.GetPurchasesLow()), number(i.GetPurchasesHigh()), i.GetResidualLow(), i.GetResidualHigh(),
					i.GetAliveLow(), i.GetAliveHigh())
			}
			g.add(row...)
		}
		return w.show(all, g)
	})
}

// modelFlags are parameters of the reports lifetime and churn-effect.
type modelFlags struct {
	Fit        string `placeholder:"ID" help:"For lifetime: by this fit. Default: the one in use."`
	Weeks      int32  `placeholder:"N" help:"For lifetime: how far ahead. Default: 52."`
	PeriodDays int32  `name:"period-days" placeholder:"DAYS" help:"For lifetime and churn-effect: the periods that retention is measured on. Default: 365."`
	Discount   string `placeholder:"RATE" help:"For lifetime a year, for churn-effect a period. Default: 0.1."`
	Retention  string `placeholder:"SHARE" help:"For churn-effect: state what share stays. Default: as measured."`
	Points     string `placeholder:"SHARE" help:"For churn-effect: by how much that is to rise. Default: 0.05."`
}

// put writes what was given into a request. What the report does not take, the service refuses.
func (f modelFlags) put(in *analyticsv1.GetReportRequest) {
	switch {
	case f == modelFlags{}:
	case in.GetName() == "churn-effect":
		in.Parameters = &analyticsv1.GetReportRequest_ChurnEffect{ChurnEffect: &analyticsv1.ChurnEffectParameters{
			Retention: f.Retention, Points: f.Points, Discount: f.Discount, PeriodDays: f.PeriodDays,
		}}
	default:
		in.Parameters = &analyticsv1.GetReportRequest_Lifetime{Lifetime: &analyticsv1.LifetimeParameters{
			Fit: f.Fit, Weeks: f.Weeks, YearlyDiscount: f.Discount, PeriodDays: f.PeriodDays,
		}}
	}
}
