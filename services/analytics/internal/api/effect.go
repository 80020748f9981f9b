package api

import (
	"cmp"
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/effect"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const (
	// effectDays is how long a campaign is of which no start is told.
	effectDays = 30
	// effectCampaign is the campaign that nobody ran.
	effectCampaign = "none"
)

func effectFromProto(in *analyticsv1.EffectParameters) (effect.Params, error) {
	p := effect.Defaults()
	p.Campaign = cmp.Or(in.GetCampaign(), effectCampaign)
	p.Cost, p.Wanted = money.Minor(in.GetCostMinor()), money.Minor(in.GetWantedMinor())
	p.Look, p.Looks = cmp.Or(int(in.GetLook()), p.Look), cmp.Or(int(in.GetLooks()), p.Looks)
	p.Treated, p.HeldOut, p.Seed = in.GetTreatedAccounts(), in.GetHeldOutAccounts(), cmp.Or(in.GetSeed(), p.Seed)
	if in != nil && in.PreDays != nil {
		p.PreDays = int(in.GetPreDays())
	}
	for _, s := range []struct {
		field, text string
		share       *money.Ratio
	}{
		{"effect.held_out_share", in.GetHeldOutShare(), &p.Share}, {"effect.margin_share", in.GetMarginShare(), &p.Margin},
		{"effect.confidence_share", in.GetConfidenceShare(), &p.Confidence}, {"effect.power_share", in.GetPowerShare(), &p.Power},
	} {
		if err := share(s.text, s.field, s.share); err != nil {
			return p, err
		}
	}
	var err error
	if p.Start, err = day(in.GetStart(), "effect.start"); err != nil {
		return p, err
	}
	checked := p
	if checked.Start == calendar.None {
		checked.Start = 0 // will be told by the day of the report
	}
	return p, under("effect", checked.Check())
}

func (s *Server) effect(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	params, err := effectFromProto(in.GetEffect())
	if err != nil {
		return nil, err
	}
	var b *effect.Builder
	head, err := s.reporter.Read(ctx, q, func(h reporting.Head) func(history.Customer) error {
		var refused error
		if b, params, refused = effectBuilder(h.AsOf, params); refused != nil {
			return func(history.Customer) error { return refused }
		}
		return b.Add
	})
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, reason.New(reason.InvalidArgument, "effect.start", "%s is behind all that was read", params.Start)
	}
	made := headToProto(head)
	made.Body = &analyticsv1.Report_Effect{Effect: effectToProto(b.Report(), params)}
	return made, nil
}

// effectBuilder begins a report up to the day before asOf; a campaign of which no start is told begins some days before.
func effectBuilder(asOf calendar.Day, p effect.Params) (*effect.Builder, effect.Params, error) {
	if p.Start == calendar.None {
		p.Start = asOf.AddDays(-effectDays)
	}
	if p.Start > asOf {
		return nil, p, reason.New(reason.InvalidArgument, "effect.start", "%s is not before %s, up to which the campaign is measured", p.Start, asOf)
	}
	return effect.New(asOf, p), p, nil
}

// EffectOf makes the report over customers that are given.
func EffectOf(in *analyticsv1.EffectParameters, asOf calendar.Day, customers []history.Customer) (*analyticsv1.EffectReport, error) {
	params, err := effectFromProto(in)
	if err != nil {
		return nil, err
	}
	b, params, err := effectBuilder(asOf, params)
	if err != nil {
		return nil, err
	}
	for _, c := range customers {
		if err := b.Add(c); err != nil {
			return nil, err
		}
	}
	return effectToProto(b.Report(), params), nil
}
