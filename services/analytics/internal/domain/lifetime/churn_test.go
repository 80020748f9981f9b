package lifetime_test

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/lifetime"
)

func rat(t *testing.T, text string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(text)
	require.True(t, ok, text)
	return r
}

func TestF8EffectOfLessChurn(t *testing.T) {
	for _, c := range []struct {
		name                        string
		retention, points, discount string
		before, after, rise         string
		band                        lifetime.Band
	}{
		{"▶ from 80 to 85 %: the multiple from 2.667 to 3.4", "0.80", "0.05", "0.1", "2.667", "3.400", "0.275", lifetime.BandInside},
		{"▶ from 90 to 95 %", "0.90", "0.05", "0.1", "4.500", "6.333", "0.407", lifetime.BandInside},
		{"from 50 to 55 %: less than studies give", "0.50", "0.05", "0.1", "0.833", "1.000", "0.200", lifetime.BandBelow},
		{"everybody stays in the end: more than they give", "0.95", "0.05", "0.02", "13.571", "50.000", "2.684", lifetime.BandAbove},
		{"the lower end of the band is in it", "0.75", "0.05", "0.05", "2.500", "3.200", "0.280", lifetime.BandInside},
		{"ten points are not what the band is about", "0.80", "0.10", "0.1", "2.667", "4.500", "0.688", lifetime.BandIncomparable},
		{"no points change nothing", "0.80", "0", "0.1", "2.667", "2.667", "0.000", lifetime.BandIncomparable},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, ok := lifetime.EffectOf(rat(t, c.retention), rat(t, c.points), rat(t, c.discount))
			require.True(t, ok)
			require.Equal(t, c.before, e.Before.FloatString(3))
			require.Equal(t, c.after, e.After.FloatString(3))
			require.Equal(t, c.rise, e.Rise.FloatString(3))
			require.Equal(t, c.band, e.Band)
		})
	}
	_, ok := lifetime.EffectOf(rat(t, "0.95"), rat(t, "0.05"), rat(t, "0"))
	require.False(t, ok, "everybody stays and nothing is discounted: there is no such number")
	e, ok := lifetime.EffectOf(rat(t, "0"), rat(t, "0.05"), rat(t, "0.1"))
	require.True(t, ok)
	require.Nil(t, e.Rise, "no share of nothing")
}
