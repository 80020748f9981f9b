package api

import (
	"cmp"
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/review"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
)

func reviewsReport() report {
	return report{
		name: "reviews", question: "What do reviews say, about what, which way does it go, and which of them call for a case?", details: true,
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetReviews() != nil }, make: (*Server).reviews, figures: reviewsFigures,
	}
}

func (s *Server) reviews(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	asked, params := in.GetReviews(), review.Defaults()
	params.BadUpTo = cmp.Or(int64(asked.GetBadUpTo()), params.BadUpTo)
	params.Days, params.Months = cmp.Or(int(asked.GetDays()), params.Days), cmp.Or(int(asked.GetMonths()), params.Months)
	if err := params.Check(); err != nil {
		return nil, under("reviews", err)
	}
	var b *review.Builder
	made, err := s.read(ctx, q, func(h reporting.Head) adder {
		b = review.New(h.AsOf, params)
		return b
	})
	if err != nil {
		return nil, err
	}
	found := b.Report()
	body := &analyticsv1.ReviewsReport{
		All: tallyToProto(found.All), Unreadable: found.Unreadable, MedianAnswerDays: found.MedianDays, LongestAnswerDays: found.LongestDays,
		WithinADay: found.WithinADay, Cases: found.Cases, Calls: found.Calls,
	}
	for _, t := range found.Topics {
		body.Topics = append(body.Topics, &analyticsv1.ReviewTopic{
			Topic: t.Name, All: tallyToProto(t.All), Recent: tallyToProto(t.Recent), Before: tallyToProto(t.Before),
		})
	}
	for _, m := range found.Months {
		body.Months = append(body.Months, &analyticsv1.ReviewMonth{Month: month(m.Day), Of: tallyToProto(m.Tally)})
	}
	for _, c := range found.Listed {
		body.Calling = append(body.Calling, &analyticsv1.ReviewCall{
			Account: c.Account, Review: c.Review, Day: c.Day.String(), Stars: c.Stars, Topic: c.Topic, Answered: c.Answered,
		})
	}
	made.Body = &analyticsv1.Report_Reviews{Reviews: body}
	return made, nil
}

func tallyToProto(t review.Tally) *analyticsv1.ReviewTally {
	return &analyticsv1.ReviewTally{
		Reviews: t.Reviews, Rated: t.Rated, MeanStars: t.Mean().String(), Bad: t.Bad, BadShare: t.BadShare().String(), Answered: t.Answered,
	}
}

func reviewsFigures() []figure {
	return []figure{
		{"all", "reviews before the day, each once, with its latest stars; bad is who has as many as asked for or fewer", own, "all.reviews", measured,
			"what those think who write none: the very pleased and the very cross write most"},
		{"unreadable", "own events that hold a value which its field may not have", own, "", measured, ""},
		{"median_answer_days", "days from the review to its first answer, of the answered; the lower of two middle ones", own, "all.answered", measured,
			"how long those wait who have no answer yet; hours within a day"},
		{"longest_answer_days", "the longest of them", own, "all.answered", measured, ""},
		{"within_a_day", "answered on the day of the review or the next", own, "all.answered", measured, ""},
		{"cases", "bad ones that a case names", own, "all.bad", measured, ""},
		{"calls", "bad ones that none does: each calls for a case", own, "all.bad", measured, ""},
		{"topics", "by the topic that the review names, ever, in the recent days, and in as many before them", own, "all.reviews", measured,
			"what is said: no text is read; few reviews of a topic swing by chance"},
		{"months", "by month, empty ones too", own, "all.reviews", measured, ""},
		{"calling", "the latest of those that call for a case, at most 1,000", own, "all.bad", measured, ""},
	}
}
