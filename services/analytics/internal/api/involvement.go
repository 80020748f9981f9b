package api

import (
	"cmp"
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/involvement"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
)

func involvementReport() report {
	return report{
		name: "involvement", question: "How far do customers take part beside buying, and how many of each level are kept?", details: true,
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetInvolvement() != nil }, make: (*Server).involvement,
		figures: involvementFigures,
	}
}

func involvementFromProto(in *analyticsv1.InvolvementParameters) (involvement.Params, error) {
	p := involvement.Defaults()
	p.MiddleFrom, p.HighFrom = cmp.Or(int64(in.GetMiddleFrom()), p.MiddleFrom), cmp.Or(int64(in.GetHighFrom()), p.HighFrom)
	p.Months, p.FollowDays = cmp.Or(int(in.GetMonths()), p.Months), cmp.Or(int(in.GetFollowDays()), p.FollowDays)
	if len(in.GetKinds()) > 0 {
		p.Kinds = nil
	}
	for _, k := range in.GetKinds() {
		p.Kinds = append(p.Kinds, involvement.Kind{Name: k.GetName(), Types: k.GetTypes(), Most: k.GetMost(), Weight: k.GetWeight()})
	}
	return p, under("involvement", p.Check())
}

func (s *Server) involvement(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	params, err := involvementFromProto(in.GetInvolvement())
	if err != nil {
		return nil, err
	}
	var b *involvement.Builder
	made, err := s.read(ctx, q, func(h reporting.Head) adder {
		b = involvement.New(h.AsOf, params)
		return b
	})
	if err != nil {
		return nil, err
	}
	found := b.Report()
	body := &analyticsv1.InvolvementReport{
		From: found.From.String(), FollowFrom: found.Follow.String(), Customers: found.Customers, Kept: found.Kept,
		KeptShare: history.ShareOf(found.Kept, found.Customers).String(), MeanIndex: history.ShareOf(found.IndexOf, found.Customers).String(),
	}
	for _, l := range found.Levels {
		low, high := l.Kept95().Texts()
		body.Levels = append(body.Levels, &analyticsv1.InvolvementLevel{
			Level: l.Level.String(), Customers: l.Customers, Share: history.ShareOf(l.Customers, found.Customers).String(),
			MeanIndex: history.ShareOf(l.IndexOf, l.Customers).String(), Kept: l.Kept, KeptShare: history.ShareOf(l.Kept, l.Customers).String(),
			Low: low, High: high,
		})
	}
	for _, k := range found.Kinds {
		body.Kinds = append(body.Kinds, &analyticsv1.InvolvementDone{
			Kind: k.Kind, Customers: k.Customers, Events: k.Acts, Kept: k.Kept, KeptShare: history.ShareOf(k.Kept, k.Customers).String(),
		})
	}
	made.Body = &analyticsv1.Report_Involvement{Involvement: body}
	return made, nil
}

func involvementFigures() []figure {
	return []figure{
		{"from", "first day of the months over which the index is taken", own, "", measured, ""},
		{"follow_from", "first day behind them: from then on it is seen who buys again", own, "", measured, ""},
		{"customers", "accounts with an order in the time of the index", own, "customers", measured, ""},
		{"kept", "of them, with an order behind it", own, "customers", measured, "that the others are lost: their next order may be due later"},
		{"kept_share", "kept ÷ customers", own, "customers", measured, ""},
		{"mean_index", "mean of 100 × Σ weight × min(events, most) ÷ most, over Σ weights, each rounded down but never to 0", own, "customers", measured,
			"how much they enjoyed it; what is done where nobody publishes it"},
		{"levels", "by the index: none is 0, low below the middle one, and so on", own, "customers", measured,
			"that taking part keeps them: who is fond of a shop does both. Only a control group tells"},
		{"levels.low", "lower end of the 95 % interval of the kept share", "Wilson 1927", "customers", estimated, ""},
		{"levels.high", "its upper end", "Wilson 1927", "customers", estimated, ""},
		{"kinds", "own events of each kind in the time of the index, who did them, and who of these was kept", own, "customers", measured, "as for the levels"},
	}
}
