package review_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/review"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

var asOf = calendar.Date(2026, 1, 1)

func said(day calendar.Day, data string) history.Deed {
	return history.Deed{Day: day, Type: "review", Data: data}
}

func report(t require.TestingT, p review.Params, list ...history.Customer) review.Report {
	require.NoError(t, p.Check())
	b := review.New(asOf, p)
	for _, c := range list {
		require.NoError(t, b.Add(c))
	}
	return b.Report()
}

func TestF27TheVoiceOfReviews(t *testing.T) {
	r := report(t, review.Defaults(),
		history.Customer{ID: "ann", Deeds: []history.Deed{
			said(asOf-181, `{"review":"r1","stars":5,"topic":"tea"}`),
			said(asOf-180, `{"review":"r2","stars":1,"topic":"delivery"}`),
			said(asOf-178, `{"answer_to":"r2"}`), said(asOf-170, `{"answer_to":"r2"}`), said(asOf-170, `{"answer_to":"r9"}`),
			said(asOf-177, `{"case":"c1","about":"r2"}`),
			said(asOf-90, `{"review":"r3","stars":4,"topic":"delivery"}`), said(asOf-80, `{"review":"r3","stars":2}`),
			said(asOf, `{"review":"r4","stars":1}`),
		}},
		history.Customer{ID: "bob", Deeds: []history.Deed{
			said(asOf-1, `{"review":"r1","topic":"tea"}`), said(asOf-1, `{"answer_to":"r1"}`),
			said(asOf-1, `{"review":"r2","stars":1}`), said(asOf-1, `{"review":"r3","stars":9}`),
			{Day: asOf - 1, Type: "visit"},
		}},
	)
	require.Equal(t, review.Tally{Reviews: 6, Rated: 4, Stars: 9, Bad: 3, Answered: 2}, r.All)
	require.EqualValues(t, 1, r.Unreadable)
	require.Equal(t, "2.250000000", r.All.Mean().String())
	require.Equal(t, "0.750000000", r.All.BadShare().String())
	require.Equal(t, []int64{0, 2, 1}, []int64{r.MedianDays, r.LongestDays, r.WithinADay})
	require.EqualValues(t, 1, r.Cases)
	require.EqualValues(t, 2, r.Calls)
	require.Equal(t, []review.Call{
		{Account: "bob", Review: "r2", Day: asOf - 1, Stars: 1},
		{Account: "ann", Review: "r3", Topic: "delivery", Day: asOf - 90, Stars: 2},
	}, r.Listed)
	require.Equal(t, []string{"", "delivery", "tea"}, []string{r.Topics[0].Name, r.Topics[1].Name, r.Topics[2].Name})
	delivery := r.Topics[1]
	require.Equal(t, []int64{1, 1}, []int64{delivery.Recent.Reviews, delivery.Before.Reviews}, "90 days ago is recent, 180 are before them")
	require.Len(t, r.Months, 12)
	require.Equal(t, calendar.Date(2025, 1, 1), r.Months[0].Day)
	require.EqualValues(t, 3, r.Months[11].Reviews)
}

// TestAnAnswerComesAfterItsReview: one of an earlier day answers something else.
func TestAnAnswerComesAfterItsReview(t *testing.T) {
	r := report(t, review.Defaults(), history.Customer{ID: "ann", Deeds: []history.Deed{
		said(asOf-9, `{"answer_to":"r1"}`), said(asOf-8, `{"review":"r1","stars":3}`),
	}})
	require.Equal(t, review.Tally{Reviews: 1, Rated: 1, Stars: 3}, r.All)
}

func TestReviewsOfNobody(t *testing.T) {
	r := report(t, review.Defaults(), history.Customer{ID: "a"})
	require.Empty(t, r.All.Mean().String()+r.All.BadShare().String())
	require.Len(t, r.Months, 12)
	for field, p := range map[string]review.Params{
		"bad_up_to": {BadUpTo: 5, Days: 1, Months: 1}, "days": {BadUpTo: 1, Months: 1}, "months": {BadUpTo: 1, Days: 1, Months: 121},
	} {
		refusal, ok := reason.Of(p.Check())
		require.True(t, ok)
		require.Equal(t, field, refusal.Field)
	}
}

// TestTheLatestBadReviewsAreListed: however many there are, and in whichever order customers come.
func TestTheLatestBadReviewsAreListed(t *testing.T) {
	var list []history.Customer
	for i := range 2500 {
		list = append(list, history.Customer{ID: fmt.Sprintf("a%04d", i), Deeds: []history.Deed{said(asOf-2500+calendar.Day(i*7%2500), `{"review":"r","stars":1}`)}})
	}
	r := report(t, review.Defaults(), list...)
	require.EqualValues(t, 2500, r.Calls)
	require.Len(t, r.Listed, 1000)
	require.Equal(t, asOf-1, r.Listed[0].Day)
	require.Equal(t, asOf-1000, r.Listed[999].Day)
}

// TestTopicsHoldEveryReview: of all topics together there are as many as in all, and no month counts one twice.
func TestTopicsHoldEveryReview(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []history.Customer
		for i := range rapid.IntRange(0, 10).Draw(t, "customers") {
			c := history.Customer{ID: fmt.Sprint(i)}
			day := asOf - 700
			for range rapid.IntRange(0, 5).Draw(t, "reviews") {
				day += calendar.Day(rapid.IntRange(0, 150).Draw(t, "gap"))
				c.Deeds = append(c.Deeds, said(day, fmt.Sprintf(`{"review":"r%d","stars":%d,"topic":"t%d"}`,
					rapid.IntRange(0, 9).Draw(t, "id"), rapid.IntRange(0, 6).Draw(t, "stars"), rapid.IntRange(0, 2).Draw(t, "topic"))))
			}
			list = append(list, c)
		}
		r, of, months := report(t, review.Defaults(), list...), review.Tally{}, int64(0)
		for _, topic := range r.Topics {
			of.Reviews, of.Bad = of.Reviews+topic.All.Reviews, of.Bad+topic.All.Bad
			require.LessOrEqual(t, topic.Recent.Reviews+topic.Before.Reviews, topic.All.Reviews)
		}
		for _, m := range r.Months {
			months += m.Reviews
		}
		require.Equal(t, r.All.Reviews, of.Reviews)
		require.Equal(t, r.All.Bad, of.Bad)
		require.LessOrEqual(t, months, r.All.Reviews)
		require.Equal(t, r.All.Bad, r.Cases+r.Calls)
	})
}
