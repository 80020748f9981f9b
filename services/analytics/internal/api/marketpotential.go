package api

import (
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/lifecycle"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/potential"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/fitting"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func marketPotentialReport() report {
	return report{
		name: "market-potential", question: "How much more could customers spend here of what they spend elsewhere?", details: true,
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetMarketPotential() != nil }, make: (*Server).marketPotential,
		figures: marketPotentialFigures,
	}
}

func potentialFromProto(in *analyticsv1.MarketPotentialParameters) (potential.Params, error) {
	var p potential.Params
	if in.GetCategorySpendMinor() > 0 {
		p.Spend = new(money.Minor(in.GetCategorySpendMinor()))
	}
	if in.GetWalletShare() == "" {
		return p, nil
	}
	var wallet money.Ratio
	if err := share(in.GetWalletShare(), "market_potential.wallet_share", &wallet); err != nil {
		return p, err
	}
	if wallet.Cmp(money.MustRatio(1, 1)) > 0 {
		return p, reason.New(reason.InvalidArgument, "market_potential.wallet_share", "%s is more than all; write a share from 0 to 1", wallet)
	}
	p.Wallet = history.ShareOf(wallet.Num(), wallet.Den())
	return p, nil
}

func (s *Server) marketPotential(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	p, err := potentialFromProto(in.GetMarketPotential())
	if err != nil {
		return nil, err
	}
	fit, err := s.champion(ctx, q.Program)
	if err != nil {
		return nil, err
	}
	var b *potential.Builder
	made, err := s.read(ctx, q, func(h reporting.Head) adder {
		alive := aliveByStage(h.AsOf)
		if fit != nil {
			alive = fitting.AliveBy(fit, h.AsOf)
		}
		b = potential.New(h.AsOf, p, alive)
		return b
	})
	if err != nil {
		return nil, err
	}
	found, err := b.Report()
	if err != nil {
		return nil, err
	}
	body := &analyticsv1.MarketPotentialReport{
		Customers: found.Customers, KnownCustomers: found.Known, PotentialMinor: int64(found.Potential), Fit: fit.GetId(),
	}
	for _, g := range found.Segments {
		body.Segments = append(body.Segments, &analyticsv1.PotentialSegment{
			Segment: g.Name, Customers: g.Customers, AliveShare: g.Alive.String(), CategorySpend: saidToProto(g.Spend),
			WalletShare: saidToProto(g.Wallet), OtherSuppliers: saidToProto(g.Others), PotentialMinor: minor(g.Potential),
		})
	}
	made.Body = &analyticsv1.Report_MarketPotential{MarketPotential: body}
	return made, nil
}

// aliveByStage takes who has lapsed, or is lost, for gone.
func aliveByStage(asOf calendar.Day) func(history.Customer) (float64, error) {
	stages := lifecycle.Defaults()
	return func(c history.Customer) (float64, error) {
		if s := stages.Of(c, asOf); s == lifecycle.Lapsed || s == lifecycle.Lost {
			return 0, nil
		}
		return 1, nil
	}
}

func saidToProto(s potential.Said) *analyticsv1.PotentialSaid {
	made := &analyticsv1.PotentialSaid{Answers: s.Answers, Mean: s.Mean.String()}
	switch {
	case s.Own:
		made.From = "segment"
	case s.Assumed:
		made.From = "assumed"
	case s.Mean.IsSet():
		made.From = "all"
	}
	return made
}

func marketPotentialFigures() []figure {
	return []figure{
		{"customers", "accounts with an order before the day", own, "customers", measured, "who buys elsewhere alone"},
		{"known_customers", "of segments whose potential is known", own, "customers", measured, ""},
		{"potential_minor", "Σ over segments of customers × (1 − share of wallet) × category spend × P(alive), a year", own, "known_customers", estimated,
			"how much of it can be won, nor at what cost: see priorities"},
		{"fit", "the fit in use, whose P(alive) is taken; without one who has lapsed by their own rhythm counts as gone", own, "", estimated, ""},
		{"segments", "segments of RFM by the default table; each part is the segment's own answers, else those of all, else as assumed in the request (from says which)", own, "customers", estimated,
			"what those spend elsewhere who did not answer: who answers is often nearer to the shop"},
	}
}
