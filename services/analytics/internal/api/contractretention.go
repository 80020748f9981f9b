package api

import (
	"cmp"
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/sbg"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/fitting"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// termsForetold is how many renewals are told behind the last one that anybody came to.
const termsForetold = 5

func contractRetentionReport() report {
	return report{
		name: "contract-retention", question: "How many contracts are renewed each time, how many will be, and for how long do members of a club still stay?", details: true,
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetContractRetention() != nil },
		make:  (*Server).contractRetention, figures: contractRetentionFigures,
	}
}

func (s *Server) contractRetention(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	months := cmp.Or(int(in.GetContractRetention().GetMonths()), sbg.Months)
	if err := sbg.Check(months); err != nil {
		return nil, under("contract_retention", err)
	}
	rate := discountDefault()
	if err := discount(in.GetContractRetention().GetDiscount(), "contract_retention.discount", &rate); err != nil {
		return nil, err
	}
	if rate.Num() == 0 {
		return nil, reason.New(reason.InvalidArgument, "contract_retention.discount", "without a discount what is still to come may have no bound; give 0.1 for ten per cent a term")
	}
	var club *sbg.Club
	made, err := s.read(ctx, q, func(h reporting.Head) adder {
		club = sbg.NewClub(h.AsOf, months, in.GetContractRetention().GetType())
		return club
	})
	if err != nil {
		return nil, err
	}
	body := &analyticsv1.ContractRetentionReport{
		Contracts: club.Current + club.Ended, Current: club.Current, Ended: club.Ended, Unsigned: club.Unsigned, Unreadable: club.Unreadable,
	}
	model, found, err := sbg.Fit(&club.Sample, ctx.Err)
	if err != nil {
		return nil, err
	}
	terms := club.Terms()
	if body.Without = found.Why; found.Converged {
		body.Alpha, body.AlphaError = fitting.Decimal(model.Alpha), fitting.Decimal(found.Errors[0])
		body.Beta, body.BetaError = fitting.Decimal(model.Beta), fitting.Decimal(found.Errors[1])
		body.LogLikelihood, body.Aic = fitting.Decimal(found.LogLikelihood), fitting.Decimal(found.AIC())
		body.LeavingShare = decimal(model.Mean(), shareDigits)
		body.RemainingTerms = remaining(club, model, ratioFloat(rate))
		for range termsForetold {
			terms = append(terms, sbg.Term{Renewal: len(terms) + 1})
		}
	}
	for _, t := range terms {
		line := &analyticsv1.ContractTerm{
			Renewal: int32(t.Renewal), AtRisk: t.AtRisk, Left: t.Left, //nolint:gosec // at most contract.RenewalsMost and some
			RetentionShare: history.ShareOf(t.AtRisk-t.Left, t.AtRisk).String(),
		}
		if found.Converged {
			line.ModelRetentionShare = decimal(model.Retention(t.Renewal-1), shareDigits)
			line.ModelSurvivalShare = decimal(model.Survival(t.Renewal), shareDigits)
		}
		body.Terms = append(body.Terms, line)
	}
	made.Body = &analyticsv1.Report_ContractRetention{ContractRetention: body}
	return made, nil
}

// remaining is the mean of what is still to come of current contracts; empty where there are none.
func remaining(club *sbg.Club, model sbg.Model, rate float64) string {
	sum := 0.0
	club.Each(func(renewals int, members int64) { sum += float64(members) * model.Remaining(renewals, rate) })
	if club.Current == 0 {
		return ""
	}
	return decimal(sum/float64(club.Current), shareDigits)
}

func contractRetentionFigures() []figure {
	const (
		paper = "Fader & Hardie 2007, How to Project Customer Retention, J. Interactive Marketing 21:1"
		left  = "Fader & Hardie 2010, Customer-Base Valuation in a Contractual Setting, Marketing Science 29:1, eq. 6"
		model = "members whose chance of leaving changes with time, and what is done to keep them"
	)
	return []figure{
		{"contracts", "signings told in own events before the day", own, "contracts", measured, "contracts that nobody publishes"},
		{"current", "of these, those that have not ended before the day", own, "contracts", measured, ""},
		{"ended", "of these, those that have", own, "contracts", measured, "why"},
		{"unsigned", "accounts whose first event of a contract is no signing: they count nowhere else here", own, "", measured, ""},
		{"unreadable", "own events of these accounts that hold a value which its field may not have", own, "", measured, ""},
		{"terms", "contracts that came to their n-th renewal and were renewed or not: anniversaries of the signing, by the length of a term", own, "contracts", measured,
			"renewals that came early or late; a contract that ends on the day of a renewal was not renewed"},
		{"terms.model_retention_share", "(β + n − 1) ÷ (α + β + n − 1)", paper, "contracts", estimated, model},
		{"terms.model_survival_share", "product of these up to the n-th", paper, "contracts", estimated, model},
		{"alpha", "parameters of the beta distribution of the chance of leaving, by maximum likelihood from four starts", paper, "contracts", estimated, model},
		{"alpha_error", "standard error of alpha, from the curvature at the maximum", paper, "contracts", estimated, "how far the model itself is wrong"},
		{"beta_error", "the same of beta", paper, "contracts", estimated, ""},
		{"aic", "4 − 2 × log_likelihood", "Akaike 1974", "contracts", estimated, ""},
		{"without", "why there is no model: nobody has left, nobody has renewed, or the data do not tell the parameters", own, "", measured, ""},
		{"beta", "see alpha", paper, "contracts", estimated, model},
		{"log_likelihood", "of all renewals made and not made", paper, "contracts", estimated, "whether the model is a good one: hold terms.retention_share beside it"},
		{"leaving_share", "α ÷ (α + β)", paper, "contracts", estimated, model},
		{"remaining_terms", "mean over current contracts of Σ shares that renew once more, twice more, …, each term discounted, the next not at all", left, "current", estimated, model},
	}
}
