package laurelctl

import (
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// plantedClub is who pays by the term, and by which chances they leave: those of the shifted-beta-geometric model.
type plantedClub struct {
	Type    string  `json:"type"`
	Months  int32   `json:"term_months"`
	Alpha   float64 `json:"alpha"`
	Beta    float64 `json:"beta"`
	Members int64   `json:"members"`
	Current int64   `json:"current"`
	Ended   int64   `json:"ended"`
}

// clubTerms are the renewals at which the chance of leaving is compared.
func clubTerms() []int { return []int{1, 12} }

// club adds lines for the club, if there is one.
func (p planted) club(ctx context.Context, a *analytics, rows *grid) error {
	if p.Club == nil {
		return nil
	}
	answer, err := a.GetReport(ctx, &analyticsv1.GetReportRequest{
		Program: a.program, Name: "contract-retention", AsOf: p.AsOf, Parameters: &analyticsv1.GetReportRequest_ContractRetention{
			ContractRetention: &analyticsv1.ContractRetentionParameters{Months: p.Club.Months, Type: p.Club.Type},
		},
	})
	if err != nil {
		return err
	}
	const report = "contract-retention"
	g, found := truthRows{rows}, answer.GetReport().GetContractRetention()
	g.exact(report, "contracts", p.Club.Members, found.GetContracts())
	g.exact(report, "current", p.Club.Current, found.GetCurrent())
	g.exact(report, "ended", p.Club.Ended, found.GetEnded())
	for _, n := range clubTerms() {
		if n <= len(found.GetTerms()) {
			// Of those who come to the n-th renewal the chance of leaving is beta distributed with beta greater by n - 1.
			leave, term := p.Club.Alpha/(p.Club.Alpha+p.Club.Beta+float64(n-1)), found.GetTerms()[n-1]
			g.share(report, "leave at renewal "+number(int64(n)), leave, term.GetLeft(), term.GetAtRisk())
		}
	}
	if found.GetWithout() != "" {
		return nil
	}
	if err := g.estimate(report, "alpha", p.Club.Alpha, found.GetAlpha(), found.GetAlphaError()); err != nil {
		return err
	}
	return g.estimate(report, "beta", p.Club.Beta, found.GetBeta(), found.GetBetaError())
}
