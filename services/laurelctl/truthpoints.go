package laurelctl

import (
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// plantedBaskets is a campaign of the programme: the points of the orders of its days.
type plantedBaskets struct {
	Name   string `json:"name"`
	Start  string `json:"start"`
	End    string `json:"end"`
	Points int64  `json:"points"`
}

// points adds lines for the points that orders earned, as far as a campaign of the programme had a part in them. A point costs a minor unit
// in the town, so that the cost of points is their number.
func (p planted) points(ctx context.Context, a *analytics, rows *grid) error {
	if p.Baskets == nil {
		return nil
	}
	g := truthRows{rows}
	for _, of := range []struct {
		figure, from, asOf string
		planted            int64
	}{
		{"points earned", "", p.AsOf, p.Points},
		{"of the days of " + p.Baskets.Name, p.Baskets.Start, p.Baskets.End, p.Baskets.Points},
	} {
		answer, err := a.GetReport(ctx, &analyticsv1.GetReportRequest{
			Program: a.program, Name: "profitability", AsOf: of.asOf, Parameters: &analyticsv1.GetReportRequest_Profitability{
				Profitability: &analyticsv1.ProfitabilityParameters{From: of.from},
			},
		})
		if err != nil {
			return err
		}
		g.exact("profitability", of.figure, of.planted, answer.GetReport().GetProfitability().GetPointsMinor())
	}
	return nil
}
