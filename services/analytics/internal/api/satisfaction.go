package api

import (
	"cmp"
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/satisfaction"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
)

func satisfactionReport() report {
	return report{
		name: "satisfaction", question: "Who is satisfied and loyal, who only one of both, and how long do relations last?", details: true,
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetSatisfaction() != nil }, make: (*Server).satisfaction,
		figures: satisfactionFigures,
	}
}

// loyalty is what the parameters of three reports say of who is loyal.
type loyalty interface {
	GetLoyalBy() string
	GetSilentDays() int32
}

func loyaltyFromProto(in loyalty) (satisfaction.Params, error) {
	p := satisfaction.Defaults()
	p.LoyalBy, p.SilentDays = cmp.Or(in.GetLoyalBy(), p.LoyalBy), cmp.Or(int(in.GetSilentDays()), p.SilentDays)
	return p, p.Check()
}

func (s *Server) satisfaction(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	params, err := loyaltyFromProto(in.GetSatisfaction())
	if err != nil {
		return nil, under("satisfaction", err)
	}
	var b *satisfaction.FieldsBuilder
	made, err := s.read(ctx, q, func(h reporting.Head) adder {
		b = satisfaction.NewFields(h.AsOf, params)
		return b
	})
	if err != nil {
		return nil, err
	}
	found := b.Report()
	body := &analyticsv1.SatisfactionReport{
		LoyalBy: params.LoyalBy, SilentDays: int32(params.SilentDays), //nolint:gosec // checked
		Customers: found.Customers, Answered: found.Answered, Unreadable: found.Unreadable,
		SatisfiedLoyalShare: history.ShareOf(found.SatisfiedLoyal, found.Satisfied).String(),
		OthersLoyalShare:    history.ShareOf(found.OtherLoyal, found.Other).String(),
		BySatisfaction:      levelsToProto(found.BySatisfaction), ByInvolvement: levelsToProto(found.ByInvolvement),
	}
	for _, f := range found.Fields {
		body.Fields = append(body.Fields, &analyticsv1.LoyaltyField{
			Field: f.Name, Satisfied: f.Satisfied, Loyal: f.Loyal, Customers: f.Customers,
			Share: history.ShareOf(f.Customers, found.Answered).String(), RevenueMinor: int64(f.Revenue),
		})
	}
	made.Body = &analyticsv1.Report_Satisfaction{Satisfaction: body}
	return made, nil
}

func levelsToProto(levels []satisfaction.Level) []*analyticsv1.RelationLevel {
	var list []*analyticsv1.RelationLevel
	for _, l := range levels {
		p := &analyticsv1.RelationLevel{
			Level: l.Name, Customers: l.Customers, Loyal: l.Loyal, LoyalShare: history.ShareOf(l.Loyal, l.Customers).String(),
			Lost: l.Loss.Events, MedianDays: int32(l.Loss.Median), //nolint:gosec // days between two dates
		}
		if at, ok := l.Kept(); ok {
			p.KeptYearShare, p.KeptYearError = at.S.String(), at.Error.String()
		}
		list = append(list, p)
	}
	return list
}

func satisfactionFigures() []figure {
	const source = "four fields: Jones & Sasser 1995"
	const curve = "Kaplan & Meier 1958; error: Greenwood 1926"
	return []figure{
		{"loyal_by", "what loyalty is judged by: purchases (two purchase days or more, not silent for longer than the silent days), or intent (repurchase of 4 or 5)",
			own, "", assumed, "that who has to buy here is fond of us"},
		{"silent_days", "after how many days without a purchase a customer counts as lost", own, "", assumed, ""},
		{"customers", "accounts with an order before the day", own, "customers", measured, ""},
		{"answered", "of them, with an answer on satisfaction, and by intent on repurchase too; the latest counts", own, "customers", measured,
			"what those think who did not answer, nor whether an old answer still holds"},
		{"unreadable", "own events of customers that hold a value which its field may not have", own, "", measured, ""},
		{"fields", "the answered by satisfaction (4 and 5, or not) and loyalty: loyal, hostage, mercenary, defector", source, "answered", measured,
			"why a hostage stays: see loyalty-types"},
		{"satisfied_loyal_share", "of the satisfied, who is loyal: below 1, satisfaction does not imply loyalty", source, "answered", measured, "that satisfaction makes them so"},
		{"others_loyal_share", "of the others, who is loyal", source, "answered", measured, ""},
		{"by_satisfaction", "by the latest answer: who is loyal, who was lost once, and how long it takes", curve, "answered", estimated,
			"that satisfaction keeps them: the lost may have answered long before or after they left"},
		{"by_involvement", "the same by the index of involvement over the first 180 days (see involvement), of those who came so long ago", curve, "customers", estimated,
			"that taking part keeps them; who left within the 180 days had less time to take part"},
	}
}
