package rfm_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/rfm"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// bought is a customer with orders of 10.00 on these days.
func bought(id string, days ...calendar.Day) history.Customer {
	c := history.Customer{ID: id}
	for _, d := range days {
		c.Orders = append(c.Orders, history.Order{Day: d, Base: 1000})
	}
	return c
}

func report(t require.TestingT, list []history.Customer, asOf, compare calendar.Day) rfm.Report {
	b := rfm.New(asOf, compare, rfm.Default())
	for _, c := range list {
		require.NoError(t, b.Add(c))
	}
	r, err := b.Report()
	require.NoError(t, err)
	return r
}

func TestTiesShareTheBetterScore(t *testing.T) {
	// Three bought once, one twice, one four times: who bought once shares score 4 − there is no 3, 2 or 1.
	list := []history.Customer{
		bought("a", 10), bought("b", 10), bought("c", 10), bought("d", 1, 10), bought("e", 1, 2, 3, 10),
	}
	r := report(t, list, 11, calendar.None)
	require.Equal(t, []rfm.Band{{Score: 5, Customers: 5, Best: 1, Worst: 1}}, r.Scales.R.Bands)
	require.Equal(t, []rfm.Band{
		{Score: 5, Customers: 1, Best: 4, Worst: 4}, {Score: 4, Customers: 1, Best: 2, Worst: 2}, {Score: 3, Customers: 3, Best: 1, Worst: 1},
	}, r.Scales.F.Bands)
	require.Equal(t, []rfm.Cell{
		{Scores: rfm.Scores{R: 5, F: 5, M: 5}, Customers: 1}, {Scores: rfm.Scores{R: 5, F: 4, M: 4}, Customers: 1},
		{Scores: rfm.Scores{R: 5, F: 3, M: 3}, Customers: 3},
	}, r.Cells)
}

func TestNobodyIsThere(t *testing.T) {
	r := report(t, nil, 11, 5)
	require.Zero(t, r.Customers)
	require.Empty(t, r.Scales.R.Bands)
	require.Empty(t, r.Cells)
	require.Empty(t, r.Moves)
	require.Len(t, r.Segments, len(rfm.Default()))
	require.Equal(t, rfm.Worst, r.Scales.M.Score(1000))
}

func TestDefaultSegments(t *testing.T) {
	for _, c := range []struct {
		scores rfm.Scores
		want   string
	}{
		{rfm.Scores{R: 5, F: 5, M: 5}, "champions"},
		{rfm.Scores{R: 5, F: 5, M: 4}, "champions"},
		{rfm.Scores{R: 5, F: 5, M: 3}, "loyal"},
		{rfm.Scores{R: 4, F: 5, M: 5}, "loyal"},
		{rfm.Scores{R: 4, F: 4, M: 1}, "loyal"},
		{rfm.Scores{R: 4, F: 3, M: 5}, "promising"},
		{rfm.Scores{R: 3, F: 4, M: 1}, "needs attention"},
		{rfm.Scores{R: 3, F: 3, M: 5}, "hibernating"},
		{rfm.Scores{R: 2, F: 4, M: 1}, "at risk"},
		{rfm.Scores{R: 1, F: 5, M: 5}, "at risk"},
		{rfm.Scores{R: 1, F: 3, M: 5}, "lost"},
		{rfm.Scores{R: 2, F: 1, M: 1}, "hibernating"},
	} {
		require.Equal(t, c.want, rfm.Place(rfm.Default(), c.scores), "%v", c.scores)
	}
	require.NoError(t, rfm.Check(rfm.Default()))
}

func TestMovesBetweenTwoDates(t *testing.T) {
	r := report(t, []history.Customer{
		bought("new", 95), bought("faithful", 1, 40, 90), bought("gone", 2, 3, 4),
	}, 100, 50)
	require.Equal(t, []rfm.Move{
		{From: "", To: "promising", Customers: 1}, // the newcomer has the best recency, but ordered least
		{From: "promising", To: "loyal", Customers: 1},
		{From: "needs attention", To: "at risk", Customers: 1},
	}, r.Moves)
}

func TestMeasures(t *testing.T) {
	m, some, err := rfm.MeasureOf(bought("a", 3, 9, 9, 20), 10)
	require.NoError(t, err)
	require.True(t, some)
	require.Equal(t, rfm.Measure{Recency: 1, Frequency: 3, Monetary: 3000}, m)
	_, some, err = rfm.MeasureOf(bought("a", 10), 10)
	require.NoError(t, err)
	require.False(t, some, "the day itself does not count")
}

func TestASumThatDoesNotFitIsRefused(t *testing.T) {
	most := func(id string) history.Customer {
		return history.Customer{ID: id, Orders: []history.Order{{Day: 1, Base: money.Minor(1<<63 - 1)}}}
	}
	b := rfm.New(2, calendar.None, rfm.Default())
	require.NoError(t, b.Add(most("a")))
	require.NoError(t, b.Add(most("b")))
	_, err := b.Report()
	require.ErrorIs(t, err, reason.AmountOutOfRange)
}

func TestTablesOfSegmentsThatMakeNoSense(t *testing.T) {
	all := rfm.Range{From: rfm.Worst, To: rfm.Best}
	rest := rfm.Segment{Name: "rest", R: all, F: all, M: all}
	for _, c := range []struct {
		name  string
		table []rfm.Segment
	}{
		{name: "empty"},
		{name: "too long", table: make([]rfm.Segment, 33)},
		{name: "no name", table: []rfm.Segment{{R: all, F: all, M: all}}},
		{name: "a name twice", table: []rfm.Segment{rest, rest}},
		{name: "a score of 6", table: []rfm.Segment{{Name: "best", R: rfm.Range{From: 5, To: 6}, F: all, M: all}, rest}},
		{name: "a score of 0", table: []rfm.Segment{{Name: "worst", R: all, F: rfm.Range{From: 0, To: 1}, M: all}, rest}},
		{name: "from above to", table: []rfm.Segment{{Name: "none", R: all, F: all, M: rfm.Range{From: 4, To: 2}}, rest}},
		{name: "somebody is left over", table: []rfm.Segment{{Name: "best", R: rfm.Range{From: 4, To: 5}, F: all, M: all}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			refusal, ok := reason.Of(rfm.Check(c.table))
			require.True(t, ok)
			require.Equal(t, reason.InvalidArgument, refusal.Reason)
			require.Equal(t, "segments", refusal.Field)
		})
	}
	require.NoError(t, rfm.Check([]rfm.Segment{rest}))
}
