package cdnow_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/survival"
)

func TestF11Survival(t *testing.T) {
	b := survival.New(end, survival.Params{Silent: survival.SilentDays})
	feed(t, shop(t), b.Add)
	r := b.Report()
	days := []int{30, 90, 180, 270, 365, 450, 500}
	for _, c := range []struct {
		name             string
		curve            survival.Curve
		events, duration int64
		median           int
		s, deviation     []float64
	}{
		{
			name: "first repeat", curve: r.Repeat, events: 11516, duration: 7330622,
			s:         []float64{0.825414, 0.707807, 0.625499, 0.575986, 0.541366, 0.519431, 0.511704},
			deviation: []float64{0.002473, 0.002962, 0.003153, 0.003219, 0.003246, 0.003254, 0.003265},
		},
		{
			name: "loss", curve: r.Loss, events: 21788, duration: 5539745, median: 180,
			s:         []float64{1, 1, 0.374501, 0.217734, 0.124905, 0.091642, 0.074899},
			deviation: []float64{0, 0, 0.003153, 0.002688, 0.002153, 0.001879, 0.001763},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.EqualValues(t, customers, c.curve.Customers)
			require.Equal(t, c.events, c.curve.Events)
			require.Equal(t, c.duration, c.curve.Days)
			require.Equal(t, c.median, c.curve.Median)
			require.Equal(t, 545, c.curve.Longest, "from the first day to the last")
			for i, day := range days {
				at := c.curve.At(day)
				require.InDelta(t, c.s[i], float64(at.S), 1e-6, "S(%d)", day)
				require.InDelta(t, c.deviation[i], float64(at.Error), 1e-5, "standard error at %d", day)
			}
		})
	}
}
