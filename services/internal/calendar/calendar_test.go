package calendar_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func day(t testing.TB, text string) calendar.Day {
	t.Helper()
	d, err := calendar.Parse(text)
	require.NoError(t, err)
	return d
}

// anyDay covers the years 1600 to 2400: every kind of leap year, and long before 1970.
var anyDay = rapid.Map(rapid.Int32Range(-135_140, 157_054), func(n int32) calendar.Day { return calendar.Day(n) })

func TestParseAndString(t *testing.T) {
	for _, row := range []struct {
		text string
		want calendar.Day
	}{
		{"1970-01-01", 0},
		{"1970-01-02", 1},
		{"1969-12-31", -1},
		{"1997-01-01", 9862},
		{"2000-02-29", 11016},
		{"0001-01-01", -719162},
		{"9999-12-31", 2932896},
	} {
		t.Run(row.text, func(t *testing.T) {
			require.Equal(t, row.want, day(t, row.text))
			require.Equal(t, row.text, row.want.String())
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":                     "",
		"a day that is not there":     "2025-02-29",
		"a month that is not there":   "2025-13-01",
		"day zero":                    "2025-01-00",
		"a short year":                "25-01-01",
		"a short month":               "2025-1-01",
		"a short day":                 "2025-01-1",
		"a blank around it":           " 2025-01-01",
		"a time behind it":            "2025-01-01T00:00:00Z",
		"digits without dashes":       "20250101",
		"the day first":               "01.01.2025",
		"a sign":                      "-025-01-01",
		"digits of another alphabet":  "٢٠٢٥-٠١-٠١",
		"a five-digit year":           "12025-01-01",
		"something else, and at that": "next Tuesday, if it does not rain, or else the day after that one",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := calendar.Parse(text)
			require.ErrorIs(t, err, reason.InvalidField)
		})
	}
}

func TestNoneStaysNone(t *testing.T) {
	none := calendar.None
	require.EqualValues(t, math.MinInt32, none)
	require.Empty(t, none.String())
	require.Equal(t, none, none.AddDays(-1))
	require.Equal(t, none, none.AddMonths(12))
	require.Equal(t, none, none.FirstOfMonth())
	require.Equal(t, none, none.NextMonth())
	require.Equal(t, time.Sunday, none.Weekday())
	require.True(t, none.Start(time.UTC).IsZero())
}

func TestDateCarriesValuesOutOfRange(t *testing.T) {
	require.Equal(t, day(t, "2025-03-05"), calendar.Date(2025, time.March, 5))
	require.Equal(t, day(t, "2025-11-01"), calendar.Date(2025, time.October, 32))
	require.Equal(t, day(t, "2026-02-01"), calendar.Date(2025, 14, 1))
	require.Equal(t, day(t, "2024-02-29"), calendar.Date(2024, time.March, 0))
}

func TestAddMonths(t *testing.T) {
	for _, row := range []struct {
		name, from string
		months     int
		want       string
	}{
		{"an ordinary day", "2025-03-05", 1, "2025-04-05"},
		{"back over the turn of the year", "2025-01-10", -1, "2024-12-10"},
		{"the 31st into a month of 30 days", "2025-03-31", 1, "2025-04-30"},
		{"the 31st into February", "2025-01-31", 1, "2025-02-28"},
		{"the 31st into a leap February", "2024-01-31", 1, "2024-02-29"},
		{"back into February", "2025-03-30", -1, "2025-02-28"},
		{"a leap day and a year", "2024-02-29", 12, "2025-02-28"},
		{"a leap day and a year back", "2024-02-29", -12, "2023-02-28"},
		{"a leap day and four years", "2024-02-29", 48, "2028-02-29"},
		{"the end of February stays the 28th", "2025-02-28", 1, "2025-03-28"},
		{"a hundred years without a leap day", "2000-02-29", 1200, "2100-02-28"},
		{"no month", "2025-05-31", 0, "2025-05-31"},
		{"across 1970", "1970-01-31", -2, "1969-11-30"},
	} {
		t.Run(row.name, func(t *testing.T) {
			require.Equal(t, row.want, day(t, row.from).AddMonths(row.months).String())
		})
	}
}

func TestAddMonthsAgreesWithItsTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, n := anyDay.Draw(t, "day"), rapid.IntRange(-600, 600).Draw(t, "months")
		from := d.Start(time.UTC)
		// The twin tries the same day of the month, then the one before, until the month has it.
		first := time.Date(from.Year(), from.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
		want := first.AddDate(0, 0, from.Day()-1)
		for want.Month() != first.Month() {
			want = want.AddDate(0, 0, -1)
		}
		got := d.AddMonths(n)
		require.Equal(t, want.Format(time.DateOnly), got.String())
		require.LessOrEqual(t, got, (d + 1).AddMonths(n), "a later day gives no earlier result")
	})
}

func TestMonths(t *testing.T) {
	require.Equal(t, "1997-12-01", day(t, "1997-12-31").FirstOfMonth().String())
	require.Equal(t, "1998-01-01", day(t, "1997-12-31").NextMonth().String())
	require.Equal(t, "1998-02-01", day(t, "1998-01-01").NextMonth().String(), "a first is followed by the next first")
	rapid.Check(t, func(t *rapid.T) {
		d := anyDay.Draw(t, "day")
		first, next := d.FirstOfMonth(), d.NextMonth()
		require.True(t, first <= d && d < next)
		require.Equal(t, "01", first.String()[8:])
		require.Equal(t, "01", next.String()[8:])
		require.Equal(t, first.String()[:7], d.String()[:7])
		require.Equal(t, next, first.AddMonths(1))
	})
}

func TestDaysCountWithoutGaps(t *testing.T) {
	require.Equal(t, time.Thursday, calendar.Day(0).Weekday())
	require.Equal(t, time.Wednesday, calendar.Day(-1).Weekday())
	rapid.Check(t, func(t *rapid.T) {
		d := anyDay.Draw(t, "day")
		start := d.Start(time.UTC)
		require.Equal(t, start.AddDate(0, 0, 1).Format(time.DateOnly), d.AddDays(1).String())
		require.Equal(t, d, d.AddDays(1000).AddDays(-1000))
		require.Equal(t, start.Weekday(), d.Weekday())
		require.Equal(t, d, calendar.Date(start.Date()))
		back, err := calendar.Parse(d.String())
		require.NoError(t, err)
		require.Equal(t, d, back)
	})
}

func TestMillisCuts(t *testing.T) {
	zone := time.FixedZone("", 2*60*60)
	for name, row := range map[string]struct{ in, want string }{
		"nanoseconds go":        {"2025-03-05T12:00:00.123456789+02:00", "2025-03-05T10:00:00.123Z"},
		"no rounding up":        {"2025-12-31T23:59:59.9999Z", "2025-12-31T23:59:59.999Z"},
		"milliseconds stay":     {"2025-03-05T12:00:00.001Z", "2025-03-05T12:00:00.001Z"},
		"before 1970 down too":  {"1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"},
		"another zone, one day": {"2025-01-01T00:30:00+02:00", "2024-12-31T22:30:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			in, err := time.Parse(time.RFC3339Nano, row.in)
			require.NoError(t, err)
			got := calendar.Millis(in.In(zone))
			require.Equal(t, row.want, got.Format(time.RFC3339Nano))
			require.Equal(t, time.UTC, got.Location())
		})
	}
}
