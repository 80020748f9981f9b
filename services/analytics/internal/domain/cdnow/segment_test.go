package cdnow_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/pareto"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/ruler"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/segment"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// TestSegmentsAreTheReportsOwn: a segment by class or scores has the customers and the money of the report.
func TestSegmentsAreTheReportsOwn(t *testing.T) {
	list := shop(t)
	m := ruler.New(end, pareto.Defaults())
	feed(t, list, m.Add)
	rulers, err := m.Rulers()
	require.NoError(t, err)
	for _, c := range []struct {
		condition string
		customers int
		sum       money.Minor
	}{
		{`class == "A"`, 7695, 200026506},
		{`class == "B"`, 8044, 37503710},
		{`rfm == "champions"`, 3394, 122574725},
		{`recency_score == 5 && frequency_score == 5 && monetary_score >= 4`, 3394, 122574725},
		{`rfm == "at risk"`, 857, 6614160},
		{"purchase_days >= 2", 11516, -1},
		{"orders >= 2", 11662, -1},
		{`first_day < "1997-02-01"`, 7846, -1},
		{"spend_minor == 0", 68, 0},
		{"recency_days <= 142", 4719, -1},
		{"true", customers, 250031563},
	} {
		condition, err := segment.Parse(c.condition)
		require.NoError(t, err)
		members, sum := 0, money.Minor(0)
		for _, someone := range list {
			measured, _, err := segment.Measure(rulers, someone, end)
			require.NoError(t, err)
			in, err := condition.Holds(&measured)
			require.NoError(t, err)
			if in {
				members++
				sum += measured.Spend()
			}
		}
		require.Equal(t, c.customers, members, c.condition)
		if c.sum >= 0 {
			require.Equal(t, c.sum, sum, c.condition)
		}
	}
}
