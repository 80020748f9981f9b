package rfm_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/rfm"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

func drawShop(t *rapid.T) []history.Customer {
	var list []history.Customer
	for i := range rapid.IntRange(0, 40).Draw(t, "customers") {
		c := history.Customer{ID: fmt.Sprint(i)}
		day := calendar.Day(0)
		for range rapid.IntRange(1, 6).Draw(t, "orders") {
			day += calendar.Day(rapid.IntRange(0, 30).Draw(t, "gap"))
			c.Orders = append(c.Orders, history.Order{Day: day, Base: rapid.SampledFrom([]money.Minor{0, 1, 7, 7, 90}).Draw(t, "base")})
		}
		list = append(list, c)
	}
	return list
}

// score asks each of the others whether they are strictly better.
func score(all []rfm.Measure, better func(rfm.Measure) bool) int {
	b := 0
	for _, other := range all {
		if better(other) {
			b++
		}
	}
	return 5 - 5*b/len(all)
}

func scoresOf(all []rfm.Measure, m rfm.Measure) rfm.Scores {
	return rfm.Scores{
		R: score(all, func(o rfm.Measure) bool { return o.Recency < m.Recency }),
		F: score(all, func(o rfm.Measure) bool { return o.Frequency > m.Frequency }),
		M: score(all, func(o rfm.Measure) bool { return o.Monetary > m.Monetary }),
	}
}

// standing is the segment of each customer by the words of the definition.
func standing(t *rapid.T, list []history.Customer, asOf calendar.Day) (map[string]string, map[string]rfm.Scores) {
	var all []rfm.Measure
	measures := map[string]rfm.Measure{}
	for _, c := range list {
		m, some, err := rfm.MeasureOf(c, asOf)
		require.NoError(t, err)
		if some {
			all = append(all, m)
			measures[c.ID] = m
		}
	}
	segments, scores := map[string]string{}, map[string]rfm.Scores{}
	for id, m := range measures {
		scores[id] = scoresOf(all, m)
		segments[id] = rfm.Place(rfm.Default(), scores[id])
	}
	return segments, scores
}

func TestScoresSegmentsAndMovesAgreeWithTheirTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := drawShop(t)
		asOf := calendar.Day(rapid.IntRange(1, 120).Draw(t, "as of"))
		compare := calendar.Day(rapid.IntRange(0, int(asOf)).Draw(t, "compare"))
		r := report(t, list, asOf, compare)
		segments, scores := standing(t, list, asOf)
		before, _ := standing(t, list, compare)
		require.EqualValues(t, len(segments), r.Customers)
		cells, held, moves := map[rfm.Scores]int64{}, map[string]int64{}, map[rfm.Move]int64{}
		for _, c := range list {
			segment, some := segments[c.ID]
			if !some {
				continue
			}
			m, _, err := rfm.MeasureOf(c, asOf)
			require.NoError(t, err)
			require.Equal(t, scores[c.ID], r.Scales.Scores(m), "customer %s", c.ID)
			cells[scores[c.ID]]++
			held[segment]++
			moves[rfm.Move{From: before[c.ID], To: segment}]++
		}
		require.Len(t, r.Cells, len(cells))
		for _, cell := range r.Cells {
			require.Equal(t, cells[cell.Scores], cell.Customers)
		}
		for _, s := range r.Segments {
			require.Equal(t, held[s.Name], s.Customers, s.Name)
		}
		require.Len(t, r.Moves, len(moves))
		for _, m := range r.Moves {
			require.Equal(t, moves[rfm.Move{From: m.From, To: m.To}], m.Customers, "%+v", m)
		}
	})
}

// TestTheOrderOfCustomersIsNothingToTheScores feeds them backwards.
func TestTheOrderOfCustomersIsNothingToTheScores(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := drawShop(t)
		forward := report(t, list, 100, 40)
		for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
			list[i], list[j] = list[j], list[i]
		}
		require.Equal(t, forward, report(t, list, 100, 40))
	})
}
