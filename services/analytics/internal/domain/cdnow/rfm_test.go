package cdnow_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/rfm"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

func TestF5RFM(t *testing.T) {
	list := shop(t)
	b := rfm.New(end, calendar.None, rfm.Default())
	feed(t, list, b.Add)
	r, err := b.Report()
	require.NoError(t, err)
	require.EqualValues(t, customers, r.Customers)
	require.Equal(t, []rfm.Band{
		{Score: 5, Customers: 4719, Best: 1, Worst: 142}, {Score: 4, Customers: 4720, Best: 143, Worst: 433},
		{Score: 3, Customers: 4844, Best: 434, Worst: 486}, {Score: 2, Customers: 4748, Best: 487, Worst: 513},
		{Score: 1, Customers: 4539, Best: 514, Worst: 546},
	}, r.Scales.R.Bands)
	require.Equal(t, []rfm.Band{
		{Score: 5, Customers: 5366, Best: 217, Worst: 4}, {Score: 4, Customers: 6296, Best: 3, Worst: 2},
		{Score: 3, Customers: 11908, Best: 1, Worst: 1},
	}, r.Scales.F.Bands)
	require.Equal(t, []rfm.Band{
		{Score: 5, Customers: 4715, Best: 1399093, Worst: 13395}, {Score: 4, Customers: 4713, Best: 13389, Worst: 5993},
		{Score: 3, Customers: 4716, Best: 5992, Worst: 3135}, {Score: 2, Customers: 5033, Best: 3134, Worst: 1536},
		{Score: 1, Customers: 4393, Best: 1530, Worst: 0},
	}, r.Scales.M.Bands)
	require.Equal(t, []rfm.Held{
		{Name: "champions", Customers: 3394, Sum: 122574725}, {Name: "loyal", Customers: 6045, Sum: 73013636}, {Name: "promising"},
		{Name: "needs attention", Customers: 1366, Sum: 11834373}, {Name: "at risk", Customers: 857, Sum: 6614160},
		{Name: "lost", Customers: 4243, Sum: 12969643}, {Name: "hibernating", Customers: 7665, Sum: 23025026},
	}, r.Segments)
	require.Len(t, r.Cells, 57)
	for cell, n := range map[rfm.Scores]int64{
		{R: 5, F: 5, M: 5}: 2633, {R: 1, F: 3, M: 1}: 1528, {R: 2, F: 3, M: 1}: 1489, {R: 2, F: 3, M: 2}: 1447,
		{R: 1, F: 3, M: 2}: 1435, {R: 3, F: 3, M: 1}: 1359,
	} {
		require.Contains(t, r.Cells, rfm.Cell{Scores: cell, Customers: n})
	}
	require.Empty(t, r.Moves)

	var lines []string
	said := map[string]string{}
	for _, c := range list {
		m, some, err := rfm.MeasureOf(c, end)
		require.NoError(t, err)
		require.True(t, some)
		s := r.Scales.Scores(m)
		lines = append(lines, fmt.Sprintf("%s,%d,%d,%d", c.ID, s.R, s.F, s.M))
		said[c.ID] = fmt.Sprintf("%d, %d, %d → %d%d%d", m.Recency, m.Frequency, m.Monetary, s.R, s.F, s.M)
	}
	require.Equal(t, "1779e0e80c5bdd721c540147b0ec9e530dea6470afaf75fe84ab81388848ff73", digest(lines))
	for id, want := range map[string]string{
		"00001": "546, 1, 1177 → 131", "00003": "34, 6, 15646 → 555", "00004": "201, 4, 10050 → 454", "00021": "534, 2, 7511 → 144",
		"00111": "11, 16, 110704 → 555", "07592": "2, 201, 1399093 → 555", "14048": "1, 217, 897633 → 555", "23570": "462, 2, 9408 → 344",
	} {
		require.Equal(t, want, said[id], id)
	}
}

// TestF5MigrationsAddUp holds the moves between two dates against the reports of each date.
func TestF5MigrationsAddUp(t *testing.T) {
	list := shop(t)
	earlier := calendar.Date(1997, time.March, 1)
	both, first := rfm.New(end, earlier, rfm.Default()), rfm.New(earlier, calendar.None, rfm.Default())
	feed(t, list, both.Add)
	feed(t, list, first.Add)
	now, err := both.Report()
	require.NoError(t, err)
	then, err := first.Report()
	require.NoError(t, err)
	from, to := map[string]int64{}, map[string]int64{}
	for _, m := range now.Moves {
		from[m.From] += m.Customers
		to[m.To] += m.Customers
	}
	require.Equal(t, now.Customers-then.Customers, from[""], "who was not there yet")
	for i, s := range now.Segments {
		require.Equal(t, s.Customers, to[s.Name], s.Name)
		require.Equal(t, then.Segments[i].Customers, from[s.Name], s.Name)
	}
}
