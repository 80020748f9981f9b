package satisfaction_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/satisfaction"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const asOf calendar.Day = 1000

func said(day calendar.Day, data string) history.Deed {
	return history.Deed{Day: day, Type: "survey", Data: data}
}

// who is a customer with orders of 100 on some days.
func who(id string, days []calendar.Day, deeds ...history.Deed) history.Customer {
	c := history.Customer{ID: id, Deeds: deeds}
	for _, d := range days {
		c.Orders = append(c.Orders, history.Order{Day: d, Base: 100})
	}
	return c
}

// town: two loyal, one hostage, two mercenaries, one defector, one who never answered.
func town() []history.Customer {
	stays, once, left := []calendar.Day{100, 500, 900}, []calendar.Day{950}, []calendar.Day{100, 200}
	return []history.Customer{
		who("loyal-1", stays, said(10, `{"satisfaction":1}`), said(960, `{"satisfaction":5,"recommend":10,"repurchase":2}`)),
		who("loyal-2", stays, said(960, `{"satisfaction":4}`)),
		who("hostage", stays, said(960, `{"satisfaction":2,"repurchase":4}`), said(970, `{"case":"c1"}`)),
		who("mercenary-1", once, said(960, `{"satisfaction":5}`)),
		who("mercenary-2", left, said(150, `{"satisfaction":5}`), said(160, `{"satisfaction":4}`)),
		who("defector", left, said(150, `{"satisfaction":3}`), said(1000, `{"satisfaction":5}`), said(1001, `{"satisfaction":7}`)),
		who("silent", stays, said(1, `{"satisfaction":9}`)),
		{ID: "nobody", Deeds: []history.Deed{said(1, `{"satisfaction":5}`)}},
	}
}

func fields(t require.TestingT, p satisfaction.Params, list []history.Customer) satisfaction.FieldsReport {
	require.NoError(t, p.Check())
	b := satisfaction.NewFields(asOf, p)
	for _, c := range list {
		require.NoError(t, b.Add(c))
	}
	return b.Report()
}

func TestF17FourFields(t *testing.T) {
	r := fields(t, satisfaction.Defaults(), town())
	require.EqualValues(t, 7, r.Customers)
	require.EqualValues(t, 6, r.Answered)
	require.EqualValues(t, 1, r.Unreadable)
	require.Equal(t, []satisfaction.Field{
		{Name: "loyal", Satisfied: true, Loyal: true, Customers: 2, Revenue: 600},
		{Name: "hostage", Loyal: true, Customers: 1, Revenue: 300},
		{Name: "mercenary", Satisfied: true, Customers: 2, Revenue: 300},
		{Name: "defector", Customers: 1, Revenue: 200},
	}, r.Fields)
	require.EqualValues(t, 4, r.Satisfied)
	require.EqualValues(t, 2, r.SatisfiedLoyal, "satisfaction does not imply loyalty")
	require.EqualValues(t, 2, r.Other)
	require.EqualValues(t, 1, r.OtherLoyal)
	require.EqualValues(t, 2, r.BySatisfaction[3].Customers, "the latest answer of each counts")
	require.EqualValues(t, 2, r.BySatisfaction[3].Loss.Events)
	_, known := r.BySatisfaction[0].Kept()
	require.False(t, known, "nobody said 1 last")
	kept, known := r.BySatisfaction[3].Kept()
	require.True(t, known)
	require.Equal(t, "0.000000000", kept.S.String(), "both have a gap of more than 180 days within their first year")

	byIntent := fields(t, satisfaction.Params{LoyalBy: satisfaction.ByIntent, SilentDays: 180}, town())
	require.EqualValues(t, 2, byIntent.Answered, "who said nothing of buying again is not judged")
	require.EqualValues(t, 1, byIntent.Fields[1].Customers)
	require.EqualValues(t, 1, byIntent.Fields[2].Customers)
}

// TestF17DurationByInvolvement: what was done in the first 180 days counts, of those who came so long ago.
func TestF17DurationByInvolvement(t *testing.T) {
	r := fields(t, satisfaction.Defaults(), []history.Customer{
		who("early", []calendar.Day{100, 200}, history.Deed{Day: 100, Type: "referral"}, history.Deed{Day: 279, Type: "referral"}),
		who("late", []calendar.Day{100, 200}, history.Deed{Day: 280, Type: "referral"}),
		who("new", []calendar.Day{821}),
	})
	require.EqualValues(t, 1, r.ByInvolvement[2].Customers)
	require.EqualValues(t, 1, r.ByInvolvement[0].Customers)
	require.Equal(t, 280, r.ByInvolvement[2].Loss.Median)
}

func TestF18FourStages(t *testing.T) {
	b, err := satisfaction.NewStages(asOf, satisfaction.Defaults(), "dissatisfied")
	require.NoError(t, err)
	for _, c := range town() {
		require.NoError(t, b.Add(c))
	}
	r := b.Report()
	require.EqualValues(t, 7, r.Customers)
	var counted []int64
	for _, s := range r.Stages {
		counted = append(counted, s.Customers)
		require.NotEmpty(t, s.Service)
	}
	require.Equal(t, []int64{1, 1, 2, 2, 1}, counted)
	require.Equal(t, []satisfaction.Member{{ID: "hostage", Satisfaction: 2, Open: 1}}, r.Members)
	require.EqualValues(t, 1, r.Stages[0].Open)
	_, err = satisfaction.NewStages(asOf, satisfaction.Defaults(), "happy")
	refusal, ok := reason.Of(err)
	require.True(t, ok)
	require.Equal(t, "members_of", refusal.Field)
}

// TestF28SevenStatements: of 40 satisfied 30 are loyal, of 20 dissatisfied one is.
func TestF28SevenStatements(t *testing.T) {
	stays, left := []calendar.Day{100, 950}, []calendar.Day{100, 200}
	b := satisfaction.NewStatements(asOf, satisfaction.Defaults())
	add := func(n int, score int, loyal bool, more string) {
		days := left
		if loyal {
			days = stays
		}
		for i := range n {
			deeds := []history.Deed{said(150, fmt.Sprintf(`{"satisfaction":5%s}`, more)), said(160, fmt.Sprintf(`{"satisfaction":%d}`, score))}
			require.NoError(t, b.Add(who(fmt.Sprint(score, loyal, i), days, deeds...)))
		}
	}
	add(20, 5, true, `,"recommend":9`)
	add(10, 4, true, "")
	add(10, 4, false, `,"recommend":8`)
	add(19, 1, false, "")
	add(1, 2, true, "")
	r := b.Report()
	require.EqualValues(t, 60, r.Answered)
	mark, err := money.NewRatio(9, 10)
	require.NoError(t, err)
	want := []struct {
		this, that satisfaction.Count
		verdict    satisfaction.Verdict
	}{
		{satisfaction.Count{Fit: 19, Of: 20}, satisfaction.Count{}, satisfaction.Held},
		{satisfaction.Count{Fit: 30, Of: 40}, satisfaction.Count{}, satisfaction.Refuted},
		{satisfaction.Count{Fit: 30, Of: 31}, satisfaction.Count{}, satisfaction.Held},
		{satisfaction.Count{Fit: 30, Of: 40}, satisfaction.Count{Fit: 1, Of: 20}, satisfaction.Held},
		{satisfaction.Count{Fit: 20, Of: 20}, satisfaction.Count{Fit: 10, Of: 20}, satisfaction.Held},
		{satisfaction.Count{Fit: 20, Of: 40}, satisfaction.Count{Of: 20}, satisfaction.Held},
		{satisfaction.Count{Fit: 29, Of: 40}, satisfaction.Count{Of: 20}, satisfaction.Held},
	}
	require.Len(t, r.Statements, len(want))
	for i, s := range r.Statements {
		require.Equal(t, want[i].this, s.This, s.Text)
		require.Equal(t, want[i].that, s.That, s.Text)
		require.Equal(t, want[i].verdict, s.Verdict(mark, 20), s.Text)
	}
	require.Equal(t, satisfaction.TooFew, r.Statements[0].Verdict(mark, 21))
	require.Equal(t, satisfaction.TooFew, r.Statements[3].Verdict(mark, 21))
	chance := satisfaction.Statement{Other: "x", This: satisfaction.Count{Fit: 11, Of: 20}, That: satisfaction.Count{Fit: 10, Of: 20}}
	require.Equal(t, satisfaction.Undecided, chance.Verdict(mark, 20))
	chance.This, chance.That = satisfaction.Count{Fit: 1, Of: 20}, satisfaction.Count{Fit: 19, Of: 20}
	require.Equal(t, satisfaction.Refuted, chance.Verdict(mark, 20))
}

func TestSatisfactionThatIsRefused(t *testing.T) {
	for field, p := range map[string]satisfaction.Params{
		"loyal_by": {LoyalBy: "love", SilentDays: 180}, "silent_days": {LoyalBy: satisfaction.ByIntent},
	} {
		refusal, ok := reason.Of(p.Check())
		require.True(t, ok)
		require.Equal(t, field, refusal.Field)
	}
	require.NoError(t, satisfaction.CheckLeast(1))
	require.Error(t, satisfaction.CheckLeast(0))
}

// TestFieldsAndStagesHoldEverybody: whoever answered stands in one field, whoever bought at one stage; names and amounts
// change no count.
func TestFieldsAndStagesHoldEverybody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list, other []history.Customer
		for i := range rapid.IntRange(0, 20).Draw(t, "customers") {
			var days []calendar.Day
			for d := calendar.Day(0); len(days) < rapid.IntRange(0, 4).Draw(t, "orders"); {
				d += calendar.Day(rapid.IntRange(0, 400).Draw(t, "gap"))
				days = append(days, d)
			}
			c := who(fmt.Sprint(i), days)
			if n := rapid.IntRange(0, 6).Draw(t, "satisfaction"); n > 0 {
				c.Deeds = []history.Deed{said(500, fmt.Sprintf(`{"satisfaction":%d}`, n))}
			}
			list = append(list, c)
			twice := who(fmt.Sprint("x", i), days, c.Deeds...)
			for k := range twice.Orders {
				twice.Orders[k].Base *= 2
			}
			other = append([]history.Customer{twice}, other...)
		}
		a, b := fields(t, satisfaction.Defaults(), list), fields(t, satisfaction.Defaults(), other)
		sum, answered := int64(0), int64(0)
		for i, f := range a.Fields {
			sum += f.Customers
			require.Equal(t, f.Customers, b.Fields[i].Customers)
			require.Equal(t, 2*f.Revenue, b.Fields[i].Revenue)
		}
		for _, l := range a.BySatisfaction {
			answered += l.Customers
		}
		require.Equal(t, a.Answered, sum)
		require.Equal(t, a.Answered, answered)
		stages, err := satisfaction.NewStages(asOf, satisfaction.Defaults(), "")
		require.NoError(t, err)
		for _, c := range list {
			require.NoError(t, stages.Add(c))
		}
		sum = 0
		for _, s := range stages.Report().Stages {
			sum += s.Customers
		}
		require.Equal(t, a.Customers, sum)
	})
}
