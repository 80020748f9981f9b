package api

import (
	"cmp"
	"context"
	"math/big"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/churn"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/survival"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
)

func churnCausesReport() report {
	return report{
		name: "churn-causes", question: "Why were customers lost, beside the mix that is taught?", details: true,
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetChurnCauses() != nil }, make: (*Server).churnCauses,
		figures: churnCausesFigures,
	}
}

func (s *Server) churnCauses(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	silent := cmp.Or(int(in.GetChurnCauses().GetSilentDays()), survival.SilentDays)
	if err := survival.CheckSilent(silent); err != nil {
		return nil, under("churn_causes", err)
	}
	var b *churn.Builder
	made, err := s.read(ctx, q, func(h reporting.Head) adder {
		b = churn.New(h.AsOf, silent)
		return b
	})
	if err != nil {
		return nil, err
	}
	found := b.Report()
	body := &analyticsv1.ChurnCausesReport{
		Customers: found.Customers, Lost: found.Lost, Known: found.Known, SilentDays: int32(silent), //nolint:gosec // checked
		PoorServiceShare:          history.ShareOf(found.Poor, found.Known).String(),
		PoorServiceReferenceShare: history.NewShare(big.NewInt(churn.PoorServiceReference), big.NewInt(100)).String(),
	}
	for _, c := range found.Causes {
		body.Causes = append(body.Causes, &analyticsv1.ChurnCause{
			Cause: c.Name, Customers: c.Customers, Share: history.ShareOf(c.Customers, found.Known).String(), ReferenceShare: c.Share().String(),
		})
	}
	made.Body = &analyticsv1.Report_ChurnCauses{ChurnCauses: body}
	return made, nil
}

func churnCausesFigures() []figure {
	const mix = "the mix of 1, 3, 5, 9, 14 and 68 % that is taught since the 1980s; its survey was never published"
	return []figure{
		{"customers", "accounts with an order before the day", own, "customers", measured, ""},
		{"lost", "of them, silent for longer than the silent days", own, "customers", measured, "that they are gone for good"},
		{"known", "lost ones of whom an own event since their last purchase names a churn_cause; the latest counts", own, "lost", measured, "the causes of the others"},
		{"silent_days", "after how many days without a purchase a customer counts as lost", own, "", assumed, ""},
		{"causes", "by what was said", own, "known", measured, "the truth where people are polite: price is named more often than neglect"},
		{"causes.reference_share", "part of the cause in the reference mix", mix, "", assumed, "anything of this shop"},
		{"poor_service_share", "product or service, and whatever is marked as poor service", own, "known", measured, ""},
		{"poor_service_reference_share", "40 %: the part that is held lost to poor service", "taught beside the mix", "", assumed, "anything of this shop"},
	}
}
