package calendar_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// TestADayHasPassedOnceNoClockWillShowItAgain: in Havana the clock goes from 01:00 back to 00:00, in Beirut from 00:00 back
// to 23:00 of the day before.
func TestADayHasPassedOnceNoClockWillShowItAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, zone, at string
		day            calendar.Day
		passed         bool
	}{
		{"a millisecond before midnight", "Europe/Berlin", "2026-01-10T22:59:59.999Z", calendar.Date(2026, 1, 10), false},
		{"midnight", "Europe/Berlin", "2026-01-10T23:00:00Z", calendar.Date(2026, 1, 10), true},
		{"long before", "UTC", "2025-01-10T23:00:00Z", calendar.Date(2026, 1, 10), false},
		{"a zone that never changes its clock", "UTC", "2026-01-11T00:00:00Z", calendar.Date(2026, 1, 10), true},
		{"the hour after midnight shows twice", "America/Havana", "2025-11-02T04:00:00Z", calendar.Date(2025, 11, 1), true},
		{"before the second 23:00", "Asia/Beirut", "2025-10-25T20:59:59Z", calendar.Date(2025, 10, 25), false},
		{"within the second 23:00", "Asia/Beirut", "2025-10-25T21:30:00Z", calendar.Date(2025, 10, 25), false},
		{"the second midnight", "Asia/Beirut", "2025-10-25T22:00:00Z", calendar.Date(2025, 10, 25), true},
		{"the first midnight, where the day will show again", "America/Sao_Paulo", "2018-02-18T02:00:00Z", calendar.Date(2018, 2, 17), false},
		{"the day before that, at the last noon", "America/Sao_Paulo", "2018-02-17T14:00:00Z", calendar.Date(2018, 2, 16), true},
		{"the last day of a leap year by rule", "America/New_York", "2040-12-31T06:00:00Z", calendar.Date(2040, 12, 30), true},
		{"that day itself", "America/New_York", "2041-01-01T04:59:59Z", calendar.Date(2040, 12, 31), false},
		{"and after it", "America/New_York", "2041-01-01T05:00:00Z", calendar.Date(2040, 12, 31), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			zone, err := time.LoadLocation(c.zone)
			require.NoError(t, err)
			at, err := time.Parse(time.RFC3339Nano, c.at)
			require.NoError(t, err)
			require.Equal(t, c.passed, c.day.Passed(at, zone))
		})
	}
}
