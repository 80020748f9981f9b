package spend_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/spend"
)

func TestAMonthEndsWhereTheProgrammeIs(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	for _, c := range []struct {
		at, end string
		zone    *time.Location
	}{
		{"1998-07-01T00:00:00Z", "1998-08-01T00:00:00Z", time.UTC},
		{"1998-06-30T23:59:59Z", "1998-07-01T00:00:00Z", time.UTC},
		{"2026-02-15T12:00:00Z", "2026-02-28T23:00:00Z", berlin},
		{"2026-06-30T22:00:00Z", "2026-07-31T22:00:00Z", berlin},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		require.NoError(t, err)
		require.Equal(t, c.end, spend.MonthEnd(&program.Program{Zone: c.zone}, at).Format(time.RFC3339), "%s in %s", c.at, c.zone)
	}
}
