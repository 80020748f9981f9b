package scorecard_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/scorecard"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const asOf calendar.Day = 2000

func who(id string, deeds ...history.Deed) history.Customer {
	return history.Customer{ID: id, Deeds: deeds}
}

func said(day calendar.Day, data string) history.Deed {
	return history.Deed{Day: day, Type: "survey", Data: data}
}

// TestF21GapsOfTheFive: people is scored 4 and 1 by customers, so 2.5; by staff 5, so staff see it 2.5 better.
func TestF21GapsOfTheFive(t *testing.T) {
	p := scorecard.Defaults()
	target, err := money.ParseRatio("4.5")
	require.NoError(t, err)
	p.Goals["people"] = scorecard.Goal{Target: target, Owner: "head of sales"}
	require.NoError(t, p.Check())
	b := scorecard.New(asOf, p)
	for _, c := range []history.Customer{
		who("ann", said(asOf-366, `{"quality_people":2}`), said(asOf-365, `{"quality_people":3}`), said(asOf-300, `{"quality_people":4,"quality_price":9}`)),
		who("bob", said(asOf-731, `{"quality_people":1}`), said(asOf-91, `{"quality_people":1,"quality_place":5,"by":"customer"}`)),
		who("staff-1", said(asOf-90, `{"quality_people":5,"by":"staff"}`)),
		who("late", said(asOf, `{"quality_people":5}`)), who("nobody"),
	} {
		require.NoError(t, b.Add(c))
	}
	r := b.Report()
	require.EqualValues(t, 1, r.Unreadable)
	people := r.Lines[4]
	require.Equal(t, "head of sales", people.Owner)
	require.Equal(t, scorecard.Score{N: 2, Sum: 5}, people.Customers)
	require.Equal(t, scorecard.Score{N: 1, Sum: 2}, people.CustomersBefore, "366 days ago; what is 731 days old counts nowhere")
	require.Equal(t, "2.500000000", people.Customers.Mean().String())
	require.Equal(t, "2.000000000", people.Gap(people.Customers).String())
	require.Equal(t, "-0.500000000", people.Gap(people.Staff).String())
	require.Equal(t, "2.500000000", people.Blind().String())
	require.False(t, people.Due)
	require.True(t, r.Lines[2].Due, "place was scored 91 days ago")
	require.Equal(t, calendar.None, r.Lines[1].Last)
	require.True(t, r.Lines[1].Due)
	require.Empty(t, r.Lines[1].Gap(r.Lines[1].Customers).String()+r.Lines[1].Blind().String())
}

func TestGoalsThatAreRefused(t *testing.T) {
	one, err := money.NewRatio(1, 2)
	require.NoError(t, err)
	for name, g := range map[string]scorecard.Goal{
		"joy": scorecard.Defaults().Goals["price"], "price": {Target: one}, "place": {Target: scorecard.Defaults().Goals["price"].Target, Owner: strings.Repeat("x", 65)},
	} {
		p := scorecard.Defaults()
		p.Goals[name] = g
		refusal, ok := reason.Of(p.Check())
		require.True(t, ok, name)
		require.Equal(t, "goals", refusal.Field)
	}
	for _, p := range []scorecard.Params{{Days: 0, ReviewDays: 1}, {Days: 1, ReviewDays: 3661}} {
		require.Error(t, p.Check())
	}
}
