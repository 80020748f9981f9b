package calendar_test

import (
	"testing"
	"time"
	_ "time/tzdata" // the same zones on every machine

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}

func TestDayOf(t *testing.T) {
	for _, row := range []struct{ name, at, zone, want string }{
		{"noon in UTC", "1997-01-01T12:00:00Z", "UTC", "1997-01-01"},
		{"the last millisecond of a day", "2025-03-31T23:59:59.999Z", "UTC", "2025-03-31"},
		{"midnight belongs to the new day", "2025-04-01T00:00:00Z", "UTC", "2025-04-01"},
		{"already tomorrow in Tokyo", "2025-03-31T15:00:00Z", "Asia/Tokyo", "2025-04-01"},
		{"not yet tomorrow in Tokyo", "2025-03-31T14:59:59.999Z", "Asia/Tokyo", "2025-03-31"},
		{"still yesterday in Honolulu", "2025-04-01T09:59:59Z", "Pacific/Honolulu", "2025-03-31"},
		{"an offset of a quarter hour", "2025-03-31T18:15:00Z", "Asia/Kathmandu", "2025-04-01"},
		{"New York in winter", "2025-01-01T04:59:59Z", "America/New_York", "2024-12-31"},
		{"New York in summer", "2025-07-01T04:00:00Z", "America/New_York", "2025-07-01"},
		{"just before 1970", "1969-12-31T23:59:59.999Z", "UTC", "1969-12-31"},
		{"an instant with an offset of its own", "2025-04-01T01:00:00+02:00", "UTC", "2025-03-31"},
	} {
		t.Run(row.name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339Nano, row.at)
			require.NoError(t, err)
			require.Equal(t, row.want, calendar.DayOf(at, zone(t, row.zone)).String())
		})
	}
}

func TestStart(t *testing.T) {
	for _, row := range []struct{ name, day, zone, want string }{
		{"UTC", "2025-04-01", "UTC", "2025-04-01T00:00:00Z"},
		{"the first review of CDNOW that lowers", "1998-02-01", "UTC", "1998-02-01T00:00:00Z"},
		{"New York in winter", "2025-01-01", "America/New_York", "2025-01-01T05:00:00Z"},
		{"a day whose clock jumps after midnight", "2025-03-09", "America/New_York", "2025-03-09T05:00:00Z"},
		{"the day after it", "2025-03-10", "America/New_York", "2025-03-10T04:00:00Z"},
		{"a day whose clock jumps over midnight", "2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00Z"},
		{"Cairo jumps over midnight again", "2023-04-28", "Africa/Cairo", "2023-04-27T22:00:00Z"},
		{"a clock set back at midnight itself", "2018-02-18", "America/Sao_Paulo", "2018-02-18T03:00:00Z"},
		{"midnight twice, set back from one o'clock", "2023-11-05", "America/Havana", "2023-11-05T04:00:00Z"},
		{"midnight twice, set back over it", "2006-10-29", "America/St_Johns", "2006-10-29T02:30:00Z"},
		{"a day that Samoa left out begins with the next", "2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00Z"},
		{"the day after that", "2011-12-31", "Pacific/Apia", "2011-12-30T10:00:00Z"},
		{"the furthest east", "2025-01-01", "Pacific/Kiritimati", "2024-12-31T10:00:00Z"},
		{"the furthest west", "2025-01-01", "Pacific/Pago_Pago", "2025-01-01T11:00:00Z"},
		{"local mean time with odd seconds", "1850-01-01", "Europe/Paris", "1849-12-31T23:50:39Z"},
		{"the last day of a leap year by rule", "2040-12-31", "Europe/Berlin", "2040-12-30T23:00:00Z"},
		{"the day after it", "2041-01-01", "Europe/Berlin", "2040-12-31T23:00:00Z"},
		{"the last day of a leap year in New York", "2040-12-31", "America/New_York", "2040-12-31T05:00:00Z"},
		{"the day after that", "2041-01-01", "America/New_York", "2041-01-01T05:00:00Z"},
		{"a leap year in the south, in summer", "2393-01-01", "Australia/Lord_Howe", "2392-12-31T13:00:00Z"},
		{"the largest offset there ever was", "1800-01-01", "America/Juneau", "1799-12-31T08:57:41Z"},
	} {
		t.Run(row.name, func(t *testing.T) {
			start := day(t, row.day).Start(zone(t, row.zone))
			require.Equal(t, row.want, start.Format(time.RFC3339Nano))
		})
	}
}

// Start must be the first instant with that civil day or a later one, whatever the zone does.
func TestStartIsTheFirstInstantOfItsDay(t *testing.T) {
	names := []string{
		"UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "America/Havana", "America/St_Johns", "Africa/Cairo",
		"Asia/Kathmandu", "Asia/Beirut", "Asia/Gaza", "Asia/Tehran", "Pacific/Apia", "Pacific/Kwajalein", "Asia/Manila",
		"America/Juneau", "Australia/Lord_Howe", "Africa/Monrovia", "Antarctica/Troll", "America/Scoresbysund",
	}
	zones := map[string]*time.Location{}
	for _, name := range names {
		zones[name] = zone(t, name)
	}
	rapid.Check(t, func(t *rapid.T) {
		z, d := zones[rapid.SampledFrom(names).Draw(t, "zone")], anyDay.Draw(t, "day")
		start := d.Start(z)
		require.Equal(t, time.UTC, start.Location())
		require.GreaterOrEqual(t, calendar.DayOf(start, z), d)
		require.Less(t, calendar.DayOf(start.Add(-time.Millisecond), z), d)
		for back := time.Duration(0); back < 48*time.Hour; back += 15 * time.Minute {
			require.Less(t, calendar.DayOf(start.Add(-time.Second-back), z), d, "%v earlier", back)
		}
		require.GreaterOrEqual(t, calendar.DayOf(start.Add(26*time.Hour), z), d)
		require.False(t, d.AddDays(1).Start(z).Before(start))
	})
}

// The last days of leap years, which Go's zones by rule end a day too early.
func TestStartAtTheEndOfLeapYears(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "Europe/London", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Asia/Beirut"} {
		z := zone(t, name)
		for year := 2036; year < 2440; year += 4 {
			for d := calendar.Date(year, time.December, 29); d <= calendar.Date(year+1, time.January, 3); d++ {
				start := d.Start(z)
				require.Equal(t, d, calendar.DayOf(start, z), "%s %s", name, d)
				require.Equal(t, d-1, calendar.DayOf(start.Add(-time.Millisecond), z), "%s %s", name, d)
				require.True(t, (d-1).Passed(start, z), "%s %s", name, d)
				require.False(t, d.Passed(start, z), "%s %s", name, d)
			}
		}
	}
}

// Every change of a zone's clock from 1990 to 2037 is tried, on its day and on the days around it.
func TestStartAroundEveryChangeOfTheClock(t *testing.T) {
	for _, name := range []string{"America/Sao_Paulo", "America/Havana", "America/St_Johns", "Africa/Cairo", "Asia/Gaza", "Pacific/Apia", "Europe/Berlin"} {
		z := zone(t, name)
		until := time.Date(2038, 1, 1, 0, 0, 0, 0, time.UTC)
		at := time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
		for at.Before(until) {
			_, end := at.In(z).ZoneBounds()
			if end.IsZero() {
				break
			}
			around := calendar.DayOf(end, z)
			for d := around - 1; d <= around+1; d++ {
				start := d.Start(z)
				require.GreaterOrEqual(t, calendar.DayOf(start, z), d, "%s %s", name, d)
				require.Less(t, calendar.DayOf(start.Add(-time.Millisecond), z), d, "%s %s", name, d)
			}
			at = end
		}
	}
}
