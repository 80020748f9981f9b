package town

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAMeanIsThatOfItsNumbers by hand: of 2, 4 and 9 it is 5, and the differences -3, -1 and 4 squared have the mean 26 ÷ 3.
func TestAMeanIsThatOfItsNumbers(t *testing.T) {
	var m Mean
	for _, n := range []float64{2, 4, 9} {
		m.add(n)
	}
	require.EqualValues(t, 3, m.N)
	require.InDelta(t, 5, m.Of, 1e-12)
	require.InDelta(t, 26.0/3, m.Deviation*m.Deviation, 1e-12)
}
