package api

import (
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/switching"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

func switchingReport() report {
	return report{
		name: "switching", question: "What would customers give up by leaving, and how far is it to the first reward?", details: true,
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetSwitching() != nil }, make: (*Server).switching, figures: switchingFigures,
	}
}

func (s *Server) switching(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	known, err := s.economics(ctx, q.Program)
	if err != nil {
		return nil, err
	}
	asked, p := in.GetSwitching(), switching.Params{Near: switching.Near(), Point: known.Economics.Point}
	if err := share(asked.GetNearShare(), "switching.near_share", &p.Near); err != nil {
		return nil, err
	}
	if err := share(asked.GetPointWorth(), "switching.point_worth", &p.Point); err != nil {
		return nil, err
	}
	for _, r := range asked.GetRewards() {
		p.Rewards = append(p.Rewards, switching.Wanted{Name: r.GetName(), Points: money.Points(r.GetPoints())})
	}
	if err := p.Check(); err != nil {
		return nil, under("switching", err)
	}
	var b *switching.Builder
	made, err := s.read(ctx, q, func(h reporting.Head) adder {
		b = switching.New(h.AsOf, p)
		return b
	})
	if err != nil {
		return nil, err
	}
	body := switchingToProto(b.Report())
	body.EconomicsRevision = int32(known.Revision) //nolint:gosec // few
	made.Body = &analyticsv1.Report_Switching{Switching: body}
	if asked.GetPointWorth() == "" {
		rests(made, known, parts(known, "point"), "worth_minor")
	}
	return made, nil
}

func switchingToProto(r switching.Report) *analyticsv1.SwitchingReport {
	body := &analyticsv1.SwitchingReport{
		Customers: r.Customers, Holders: r.Holders, Points: int64(r.Points), WorthMinor: int64(r.Worth), MedianPoints: r.Median.String(),
		ReachedCustomers: r.First.Customers, MedianDays: r.First.Days.String(), MedianSpend: r.First.Spend.String(),
		NotReachedCustomers: r.First.NotYet, NotReachedMedianSpend: r.First.SpendYet.String(),
	}
	for _, t := range r.Tiers {
		body.Tiers = append(body.Tiers, &analyticsv1.SwitchingTier{Tier: t.Name, Customers: t.Customers, Points: int64(t.Points)})
	}
	for _, w := range r.Rewards {
		body.Rewards = append(body.Rewards, &analyticsv1.SwitchingReward{
			Reward: w.Name, PricePoints: int64(w.Points), EnoughCustomers: w.Enough, NearlyCustomers: w.Nearly,
		})
	}
	for _, l := range r.Most {
		body.Most = append(body.Most, &analyticsv1.SwitchingCustomer{
			Account: l.ID, Tier: l.Tier, Points: int64(l.Points), WorthMinor: int64(l.Worth), NearlyRewards: l.Nearly,
		})
	}
	return body
}

func switchingFigures() []figure {
	const first = "days from the first order to the first reward: the day on which points were first spent, or at the end of which there were first enough for the cheapest reward asked about; median"
	return []figure{
		{"customers", "accounts with an order before the day", own, "customers", measured, ""},
		{"holders", "of them, with points to be spent or waiting", own, "customers", measured, ""},
		{"points", "what they have of both; a debt counts as nothing", own, "holders", measured, "points of accounts copied before points were kept: laurel rebuild --service analytics brings them"},
		{"worth_minor", "points × worth of a point: as asked, else the cost of a point", own, "holders", assumed, "what they are worth to the customer"},
		{"median_points", "half of the holders have no more", own, "holders", measured, ""},
		{"tiers", "customers and points by the tier that they would lose", own, "customers", measured, "what the tier is worth to them"},
		{"rewards", "customers with enough points to be spent, and with nearly enough (80 % of the price, unless asked for otherwise)", own, "customers", measured, "whether they want it"},
		{"reached_customers", "customers who have come to a first reward", own, "customers", measured, ""},
		{"median_days", first, own, "reached_customers", measured, "how long it takes those who have not come so far: they are left out, so it is too short"},
		{"median_spend", "minor units spent up to that day; median", own, "reached_customers", measured, "as median_days"},
		{"not_reached_customers", "the others", own, "customers", measured, ""},
		{"not_reached_median_spend", "minor units that they have spent by now; median", own, "not_reached_customers", measured, ""},
		{"most", "who have most points, a hundred at most", own, "holders", measured, "what else holds them: habit, contracts, people"},
		{"economics_revision", "revision of the programme whose economics were used", own, "", measured, ""},
	}
}
