package calendar_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

func TestParseInstant(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ text, want string }{
		"whole":                           {"1998-07-01T00:00:00Z", "1998-07-01T00:00:00Z"},
		"without seconds":                 {"1998-07-01T00:00Z", "1998-07-01T00:00:00Z"},
		"in another zone":                 {"1998-07-01T02:00:00+02:00", "1998-07-01T00:00:00Z"},
		"in another zone without seconds": {"1998-06-30T20:30-03:30", "1998-07-01T00:00:00Z"},
		"with a fraction":                 {"1998-07-01T00:00:00.5Z", "1998-07-01T00:00:00.5Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := calendar.ParseInstant(row.text)
			require.NoError(t, err)
			require.Equal(t, row.want, got.Format(time.RFC3339Nano))
			require.Equal(t, time.UTC, got.Location())
			var flag calendar.Instant
			require.NoError(t, flag.UnmarshalText([]byte(row.text)))
			require.Equal(t, got, flag)
		})
	}
}

func TestParseInstantRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing":                   "",
		"a date alone":              "1998-07-01",
		"a time without a zone":     "1998-07-01T00:00",
		"an hour alone":             "1998-07-01T00Z",
		"seconds without a zone":    "1998-07-01T00:00:00",
		"a day that is not there":   "1998-06-31T00:00Z",
		"an hour that is not there": "1998-07-01T25:00Z",
		"a blank instead of a T":    "1998-07-01 00:00Z",
		"a blank behind it":         "1998-07-01T00:00Z ",
		"something else":            "yesterday",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := calendar.Instant{Time: time.Unix(1, 0)}
			err := at.UnmarshalText([]byte(text))
			require.ErrorContains(t, err, "write it as 1998-07-01T00:00Z")
			require.Equal(t, time.Unix(1, 0), at.Time, "what stood there stays")
		})
	}
}
