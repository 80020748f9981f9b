package clearing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
)

// TestBooks: January was closed when partition 0 was read up to 10, March when it was read up to 20; February was passed over.
func TestBooks(t *testing.T) {
	month := func(text string) clearing.Period {
		p, err := clearing.ParsePeriod(text)
		require.NoError(t, err)
		return p
	}
	closed := func(text string, sequence uint64) clearing.Closed {
		return clearing.Closed{
			Settlement: clearing.Settlement{Period: month(text)}, Marks: []clearing.Mark{{Partition: 0, Epoch: 1, Sequence: sequence}},
		}
	}
	list := []clearing.Closed{closed("2026-01", 10), closed("2026-03", 20)}
	for _, c := range []struct {
		name, effective string
		partition       int
		sequence        uint64
		want            string
	}{
		{"in time", "2026-01", 0, 10, "2026-01"},
		{"late for January, read again after March was closed", "2026-01", 0, 11, "2026-02"},
		{"of February, between the two", "2026-02", 0, 11, "2026-02"},
		{"late for March", "2026-03", 0, 21, "2026-04"},
		{"late for January, after March", "2026-01", 0, 21, "2026-04"},
		{"of April", "2026-04", 0, 21, "2026-04"},
		{"of a partition that nobody had begun", "2026-01", 1, 1, "2026-04"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, clearing.Books(list, month(c.effective), c.partition, c.sequence).String())
		})
	}
}
