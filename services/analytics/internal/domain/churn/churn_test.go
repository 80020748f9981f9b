package churn_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/churn"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

func TestF12TheReferenceMix(t *testing.T) {
	sum, mix := int64(0), []int64{}
	for _, c := range churn.References() {
		sum += c.Reference
		mix = append(mix, c.Reference)
	}
	require.Equal(t, []int64{1, 3, 5, 9, 14, 68}, mix)
	require.EqualValues(t, 100, sum)
	require.Equal(t, "0.680000000", churn.References()[5].Share().String())
	require.Equal(t, 40, churn.PoorServiceReference)
}

func TestF12CausesOfTheLost(t *testing.T) {
	b := churn.New(400, 180)
	add := func(last calendar.Day, said ...history.Deed) {
		require.NoError(t, b.Add(history.Customer{ID: "x", Orders: []history.Order{{Day: 1}, {Day: last}}, Deeds: said}))
	}
	at := func(day calendar.Day, data string) history.Deed {
		return history.Deed{Day: day, Type: "survey", Data: data}
	}
	add(300, at(301, `{"churn_cause":"neglected"}`))                     // silent for 100 days: not lost
	add(220, at(230, `{"churn_cause":"neglected"}`))                     // 180 days: not yet
	add(219, at(230, `{"churn_cause":"neglected","poor_service":true}`)) // lost
	add(100, at(150, `{"churn_cause":"competitor"}`), at(160, `{"churn_cause":"product or service"}`), at(170, `{"stars":1}`))
	add(100, at(50, `{"churn_cause":"died"}`))                          // before the last purchase: it was not so
	add(100, at(150, `{"churn_cause":"boredom"}`), at(151, `nonsense`)) // no cause that there is
	add(100, at(150, `{"churn_cause":"competitor"}`))
	add(100)
	require.NoError(t, b.Add(history.Customer{ID: "nobody", Deeds: []history.Deed{at(1, `{"churn_cause":"died"}`)}}))
	r := b.Report()
	require.EqualValues(t, 8, r.Customers)
	require.EqualValues(t, 6, r.Lost)
	require.EqualValues(t, 3, r.Known)
	require.EqualValues(t, 2, r.Poor)
	var counted []int64
	for _, c := range r.Causes {
		counted = append(counted, c.Customers)
	}
	require.Equal(t, []int64{0, 0, 0, 1, 1, 1}, counted)
}
