package report

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/summary"
)

func TestStepIsTheLeastRoundOneThatReaches(t *testing.T) {
	for _, c := range []struct{ top, n, want int64 }{
		{0, 5, 1}, {1, 5, 1}, {5, 5, 1}, {6, 5, 2}, {10, 5, 2}, {11, 5, 5}, {26, 5, 10}, {385_345, 5, 100_000},
		{1_985_751, 5, 500_000}, {drawnMax, 5, 200_000_000_000_000_000}, {drawnMax, 4, 500_000_000_000_000_000},
	} {
		require.Equal(t, c.want, step(c.top, c.n), "step(%d, %d)", c.top, c.n)
	}
	rapid.Check(t, func(t *rapid.T) {
		top, n := rapid.Int64Range(0, drawnMax).Draw(t, "top"), rapid.Int64Range(2, 9).Draw(t, "n")
		by := step(top, n)
		require.GreaterOrEqual(t, by, (top+n-1)/n, "%d steps of %d do not reach", n, by)
		require.LessOrEqual(t, by, max(1, (top+n-1)/n*5/2+2), "coarser than need be")
	})
}

func TestCompact(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 999: "999", 1_000: "1k", 1_500: "1.5k", 400_000: "400k", 1_000_000: "1M", 2_500_000: "2.5M",
		1_000_000_000: "1bn", 20_000_000_000_000: "20,000bn",
	} {
		require.Equal(t, want, compact(n))
	}
}

func TestPercent(t *testing.T) {
	for _, c := range []struct {
		part, whole int64
		want        string
	}{
		{0, 10, ""}, {5, 0, ""}, {-5, 10, ""}, {10, 10, "100%"}, {1, 3, "33%"}, {2, 3, "67%"}, {1, 200, "1%"},
		{1, 201, "less than 1%"}, {math.MaxInt64, math.MaxInt64, "100%"}, {15, 10, "150%"},
	} {
		require.Equal(t, c.want, summary.Percent(c.part, c.whole), "%d of %d", c.part, c.whole)
	}
}

func TestShadesRiseFromTheLowestTierToTheHighest(t *testing.T) {
	for n, want := range map[int][]string{
		1: {"t3"}, 2: {"t0", "t6"}, 3: {"t0", "t3", "t6"}, 4: {"t0", "t2", "t4", "t6"},
		7: {"t0", "t1", "t2", "t3", "t4", "t5", "t6"},
	} {
		for i := range n {
			require.Equal(t, want[i], shade(i, n), "tier %d of %d", i, n)
		}
	}
	require.Equal(t, "t6", shade(11, 12), "more tiers than shades")
}

func TestTierLabelsKeepApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var labels []tierLabel
		for i := range rapid.IntRange(1, 10).Draw(t, "tiers") {
			labels = append(labels, tierLabel{tier: fmt.Sprint(i), anchor: px(rapid.Float64Range(14, 240).Draw(t, "anchor"))})
		}
		last := px(-100)
		for _, m := range tierLabels(labels, 400, 420, 246) {
			if m.Class != "name" {
				continue
			}
			require.GreaterOrEqual(t, float64(m.Y-last), 17.9, "labels overlap")
			require.LessOrEqual(t, m.Y, px(251), "a label below the plot")
			require.GreaterOrEqual(t, m.Y, px(10), "a label above the plot")
			last = m.Y
		}
	})
}

func TestMonthLabelsFit(t *testing.T) {
	for _, c := range []struct {
		months int
		first  string
		texts  int
	}{
		{1, "Jan", 2}, {12, "Jan", 13}, {18, "Jan", 20}, {40, "J", 44}, {120, "2000", 10},
	} {
		var list []Month
		for d := calendar.Date(2000, 1, 1); len(list) < c.months; d = d.NextMonth() {
			list = append(list, Month{Month: d})
		}
		marks := months{list: list, left: 46, width: 546}.labels(270)
		require.Equal(t, c.first, marks[0].Text, "%d months", c.months)
		require.Len(t, marks, c.texts, "%d months", c.months)
	}
}

func TestLengthsAreWrittenShort(t *testing.T) {
	require.Equal(t, "12.3", px(12.3456).String())
	require.Equal(t, "12", px(11.999).String())
	require.Equal(t, "0", px(-0.01).String(), "no minus before nothing")
}

func TestSpellOfAStory(t *testing.T) {
	jan := calendar.Date(1997, 1, 1)
	for want, to := range map[string]calendar.Day{
		"A month": jan.AddDays(3), "2 months": jan.AddMonths(2), "A year": jan.AddMonths(12), "18 months": jan.AddMonths(18),
	} {
		require.Equal(t, want, Story{From: jan, To: to}.spell())
	}
}

func TestStoryEndsAfterItsLastEntry(t *testing.T) {
	d := func(m, day int) calendar.Day { return calendar.Date(2026, 0, 1).AddMonths(m).AddDays(day - 1) }
	st := Story{From: calendar.None, To: calendar.None, Entries: []Entry{{Day: d(1, 10)}, {Day: d(3, 20)}}}
	from, to := st.span()
	require.Equal(t, []calendar.Day{d(1, 1), d(4, 1)}, []calendar.Day{from, to})
	st.From, st.To = d(2, 2), d(2, 2)
	from, to = st.span()
	require.Equal(t, []calendar.Day{d(2, 2), d(2, 3)}, []calendar.Day{from, to}, "never empty")
}
