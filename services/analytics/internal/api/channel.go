package api

import (
	"cmp"
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/channel"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
)

func channelReport() report {
	return report{
		name: "channel", question: "How loyal are dealers: who leaves, who renews, for how long, and at which margin?", details: true,
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetChannel() != nil }, make: (*Server).channel, figures: channelFigures,
	}
}

func (s *Server) channel(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	months := cmp.Or(int(in.GetChannel().GetMonths()), channel.Months)
	if err := channel.Check(months); err != nil {
		return nil, under("channel", err)
	}
	var b *channel.Builder
	made, err := s.read(ctx, q, func(h reporting.Head) adder {
		b = channel.New(h.AsOf, months, in.GetChannel().GetType())
		return b
	})
	if err != nil {
		return nil, err
	}
	found := b.Report()
	body := &analyticsv1.ChannelReport{
		Dealers: found.Dealers, Current: found.Current, Former: found.Former, Unsigned: found.Unsigned, Unreadable: found.Unreadable,
		CurrentYears: channel.Years(found.CurrentDays, found.Current).String(), FormerYears: channel.Years(found.FormerDays, found.Former).String(),
		Margins: []*analyticsv1.ChannelMargin{marginToProto("lowest", found.Lowest), marginToProto("highest", found.Highest)},
	}
	for _, p := range found.Periods {
		body.Periods = append(body.Periods, &analyticsv1.ChannelPeriod{
			From: p.From.String(), To: p.To.String(), AtStart: p.AtStart, Joined: p.Joined, Left: p.Left, LeftOtherwise: p.LeftOther,
			VoluntaryChurnShare: p.Churn().String(), Renewed: p.Renewed, RenewedFreely: p.RenewedFreely, Ended: p.Ended,
			VoluntaryRenewalShare: p.Renewal().String(),
		})
	}
	made.Body = &analyticsv1.Report_Channel{Channel: body}
	return made, nil
}

func marginToProto(name string, m channel.Margin) *analyticsv1.ChannelMargin {
	return &analyticsv1.ChannelMargin{Margin: name, Dealers: m.N, Least: m.Least, Median: m.Median, Greatest: m.Greatest}
}

func channelFigures() []figure {
	return []figure{
		{"dealers", "accounts whose own events tell of a contract before the day", own, "dealers", measured, "dealers whose contracts nobody publishes"},
		{"current", "under contract at the end of the day before", own, "dealers", measured, "how much they buy"},
		{"former", "whose last contract has ended", own, "dealers", measured, ""},
		{"unsigned", "whose signing was never told: they are known from the first that was", own, "dealers", measured, ""},
		{"unreadable", "own events of dealers that hold a value which its field may not have", own, "", measured, ""},
		{"current_years", "mean of the days under contract of those under contract now ÷ 365.25", own, "current", measured, "how long they will stay: they have not left yet"},
		{"former_years", "the same of those who have left", own, "former", measured, ""},
		{"periods", "under contract at the start, joined, left of their own will and otherwise (of those at the start), contracts renewed and ended", own, "dealers", measured,
			"why they left; whether it was of their own will is as the event says"},
		{"periods.voluntary_churn_share", "left of their own will ÷ under contract at the start", own, "dealers", measured, ""},
		{"periods.voluntary_renewal_share", "renewed of their own will ÷ (renewed + ended)", own, "dealers", measured, "contracts that run on without being renewed"},
		{"margins", "what dealers under contract said last: the margin below which they would leave, and the margin elsewhere up to which they would stay", own, "current", measured,
			"what they would do: it is what they say"},
	}
}
