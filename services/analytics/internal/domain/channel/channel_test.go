package channel_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/channel"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

var asOf = calendar.Date(2026, 1, 1)

func told(day calendar.Day, what string, more string) history.Deed {
	return history.Deed{Day: day, Type: "contract", Data: fmt.Sprintf(`{"contract":%q%s}`, what, more)}
}

const freely = `,"voluntary":true`

func report(t require.TestingT, list ...[]history.Deed) channel.Report {
	require.NoError(t, channel.Check(channel.Months))
	b := channel.New(asOf, channel.Months, "")
	for i, deeds := range list {
		require.NoError(t, b.Add(history.Customer{ID: fmt.Sprint(i), Deeds: deeds}))
	}
	return b.Report()
}

func TestF15DealersByTheirContracts(t *testing.T) {
	d := calendar.Date
	r := report(t,
		[]history.Deed{
			told(d(2022, 1, 1), "signed", ""), told(d(2024, 1, 1), "renewed", ""), told(d(2025, 6, 1), "renewed", freely),
			{Day: d(2025, 7, 1), Type: "survey", Data: `{"margin_lowest":12,"margin_highest":30}`}, told(asOf, "ended", freely),
		},
		[]history.Deed{told(d(2023, 1, 1), "signed", ""), told(d(2025, 3, 1), "ended", freely), told(d(2025, 4, 1), "ended", "")},
		[]history.Deed{told(d(2023, 1, 1), "signed", ""), told(d(2025, 12, 31), "ended", "")},
		[]history.Deed{told(d(2025, 2, 1), "signed", ""), told(d(2025, 5, 1), "ended", freely), told(d(2025, 8, 1), "signed", `,"margin_lowest":20`)},
		[]history.Deed{told(d(2024, 7, 1), "renewed", ""), told(d(2025, 5, 1), "signed", `,"margin_lowest":8`), told(d(2025, 5, 2), "signed", `,"margin_lowest":101`)},
		[]history.Deed{{Day: d(2025, 1, 1), Type: "survey", Data: `{"margin_lowest":1}`}},
	)
	require.EqualValues(t, 5, r.Dealers)
	require.EqualValues(t, 3, r.Current)
	require.EqualValues(t, 1, r.Unsigned)
	require.EqualValues(t, 1, r.Unreadable)
	require.EqualValues(t, 2, r.Former)
	require.Equal(t, channel.Margin{N: 3, Least: 8, Median: 12, Greatest: 20}, r.Lowest, "who is no dealer is not asked")
	require.Equal(t, channel.Margin{N: 1, Least: 30, Median: 30, Greatest: 30}, r.Highest)
	last := r.Periods[4]
	require.Equal(t, d(2025, 1, 1), last.From)
	require.Equal(t, asOf, last.To)
	require.EqualValues(t, 4, last.AtStart)
	require.EqualValues(t, 2, last.Joined)
	require.EqualValues(t, 1, last.Left, "who joined and left within the period was not there when it began")
	require.EqualValues(t, 1, last.LeftOther)
	require.Equal(t, "0.250000000", last.Churn().String())
	require.EqualValues(t, 1, last.Renewed)
	require.EqualValues(t, 3, last.Ended)
	require.Equal(t, "0.250000000", last.Renewal().String())
	require.EqualValues(t, 2, r.Periods[3].Renewed, "two were renewed in 2024, neither freely")
	require.Equal(t, "0.000000000", r.Periods[3].Renewal().String())
	require.Empty(t, r.Periods[0].Churn().String())
	require.Equal(t, "4.000000000", channel.Years(1461, 1).String())
	require.Empty(t, channel.Years(0, 0).String())
	require.Error(t, channel.Check(0))
}

func TestNoDealers(t *testing.T) {
	r := report(t)
	require.Zero(t, r.Dealers)
	require.Len(t, r.Periods, 5)
	require.Equal(t, channel.Margin{}, r.Lowest)
}

// TestOnePeriodEndsAsTheNextBegins: who is there when a period begins was there before or joined, and had not left.
func TestOnePeriodEndsAsTheNextBegins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list [][]history.Deed
		for range rapid.IntRange(0, 12).Draw(t, "dealers") {
			day, deeds := asOf-2000, []history.Deed{}
			for range rapid.IntRange(0, 6).Draw(t, "events") {
				day += calendar.Day(rapid.IntRange(0, 400).Draw(t, "gap"))
				deeds = append(deeds, told(day, rapid.SampledFrom([]string{"signed", "renewed", "ended"}).Draw(t, "what"), ""))
			}
			list = append(list, deeds)
		}
		r := report(t, list...)
		require.Equal(t, r.Dealers, r.Current+r.Former)
		for _, p := range r.Periods {
			require.LessOrEqual(t, p.Left+p.LeftOther, p.AtStart)
			require.LessOrEqual(t, p.RenewedFreely, p.Renewed)
		}
		require.True(t, r.CurrentDays >= 0 && r.FormerDays >= 0)
	})
}
